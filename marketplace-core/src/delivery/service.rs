//! Links and claims, and what all of delivery needs.

use super::{
    DeliveryError, DownloadSession, Entitlement, EntitlementState, Entitlements, LibraryItem, Link, Links,
    Redemption, Witness,
};
use crate::{
    actor::Actor,
    catalog::{Products, StoredFile},
    commit::{Change, ChangeSet, Committer, Decision, DecisionKey, InputHash, Step, Subject},
    failpoint::failpoint,
    file::FileStore,
    id::{AppSecret, EntitlementId, FileId, IdGen, JobId, LinkId, Nonce, Purpose, SessionId, Token},
    job::{NewJob, kinds},
    limiter::{Allowance, RateClass, RateLimiter},
    market::Rules,
    order::{Order, Orders},
    time::{Clock, Timestamp},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// What a link's page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPage {
    /// The link.
    pub link: LinkId,
    /// The product's title.
    pub title: String,
    /// The file.
    pub file: StoredFile,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// A link that was just used up.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The link.
    pub link: LinkId,
    /// The token of the download's address `/f/{session}`.
    pub session: Token,
}

/// A link that was just issued, with the token to show once.
#[derive(Debug, Clone)]
pub struct FreshLink {
    /// The link.
    pub link: Link,
    /// The token of its address `/d/{token}`.
    pub token: Token,
}

/// The links of a whole order.
#[derive(Debug)]
pub(crate) struct Issued {
    /// Each link, with the purchase that it belongs to; there only its own file is listed.
    pub(crate) links: Vec<(FreshLink, LibraryItem)>,
    /// Whether any right of the order still stands.
    pub(crate) any_active: bool,
    /// When the links expire.
    pub(crate) expires_at: Timestamp,
}

/// What delivery needs.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Reads rights.
    pub entitlements: Arc<dyn Entitlements>,
    /// Reads links and sessions.
    pub links: Arc<dyn Links>,
    /// Reads products and files.
    pub products: Arc<dyn Products>,
    /// Reads orders.
    pub orders: Arc<dyn Orders>,
    /// Keeps one purchase's mailbox from being flooded.
    pub limiter: Arc<dyn RateLimiter>,
    /// Keeps bytes.
    pub files: Arc<dyn FileStore>,
    /// Commits decisions.
    pub committer: Committer,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and nonces.
    pub ids: Arc<dyn IdGen>,
    /// Derives tokens.
    pub secret: AppSecret,
    /// The lifetime of links.
    pub rules: Arc<Rules>,
    /// Notes what comes to links.
    pub witness: Witness,
}

/// How many new links of one purchase are mailed.
const FRESH: RateClass = RateClass { name: "fresh-link-mail", burst: 3, per: Duration::from_mins(10) };
/// The slowest line that a download session has patience for, in bytes a second.
const SLOWEST: u64 = 32 * 1024;

impl Delivery {
    /// A new one-time link to a file of a purchase. Every call makes another one.
    ///
    /// The caller has made sure that the asker owns the entitlement.
    pub async fn issue(
        &self,
        entitlement: EntitlementId,
        file: FileId,
        actor: Actor,
    ) -> Result<FreshLink, DeliveryError> {
        let right = self.entitlements.entitlement(entitlement).await?.ok_or(DeliveryError::NotFound)?;
        if right.state == EntitlementState::Revoked {
            return Err(DeliveryError::Revoked);
        }
        self.files_of(&right)
            .await?
            .into_iter()
            .find(|stored| stored.file.id == file)
            .ok_or(DeliveryError::NotFound)?;
        let fresh = self.draw(&right, file, self.clock.now());
        let set = issue(std::slice::from_ref(&fresh.link), actor);
        self.committer.send(&set).await?;
        Ok(fresh)
    }

    /// One link for every file of an order's rights, in one commit: for the purchase mail.
    pub(crate) async fn issue_all(&self, order: &Order) -> Result<Issued, DeliveryError> {
        let now = self.clock.now();
        let mut issued = Vec::new();
        let mut any_active = false;
        for right in self.entitlements.entitlements_of_order(order.id).await? {
            if right.state == EntitlementState::Revoked {
                continue;
            }
            any_active = true;
            let item = self.item(right).await?;
            for stored in &item.files {
                let files = vec![stored.clone()];
                issued.push((
                    self.draw(&item.entitlement, stored.file.id, now),
                    LibraryItem { files, ..item.clone() },
                ));
            }
        }
        if !issued.is_empty() {
            let links: Vec<Link> = issued.iter().map(|(fresh, _)| fresh.link.clone()).collect();
            self.committer.send(&issue(&links, Actor::System)).await?;
        }
        let expires_at = now.saturating_add(self.rules.link_ttl);
        Ok(Issued { links: issued, any_active, expires_at })
    }

    fn draw(&self, right: &Entitlement, file: FileId, now: Timestamp) -> FreshLink {
        let id = LinkId::generate(&*self.ids, now);
        let nonce = Nonce::generate(&*self.ids);
        let token = self.secret.derive(Purpose::Link, id.uuid(), &nonce);
        let link = Link {
            id,
            entitlement: right.id,
            file,
            nonce,
            token: token.hash(),
            created_at: now,
            expires_at: now.saturating_add(self.rules.link_ttl),
            claimed_at: None,
        };
        FreshLink { link, token }
    }

    /// What the page of a link shows. Changes nothing, however often it is asked.
    pub async fn page(&self, token: &Token) -> Result<LinkPage, DeliveryError> {
        let Redemption { link, entitlement, file } = self.usable(token).await?;
        let product = self.products.product(entitlement.product).await?.ok_or(DeliveryError::Gone)?;
        Ok(LinkPage { link: link.id, title: product.title, file, expires_at: link.expires_at })
    }

    /// Uses a link up and opens its download. Of many claims at once one succeeds, the others are `Gone`. The
    /// object is looked at first, so a missing one does not use up the link.
    pub async fn claim(&self, token: &Token) -> Result<Opened, DeliveryError> {
        let at = self.clock.now();
        let session = SessionId::generate(&*self.ids, at);
        let nonce = Nonce::generate(&*self.ids);
        let opens = self.secret.derive(Purpose::Download, session.uuid(), &nonce);
        let round = || async {
            let Redemption { link, file: StoredFile { version, .. }, .. } = self.usable(token).await?;
            let size = version.size;
            match self.files.head(&version.object).await? {
                Some(meta) if meta.size == size => {}
                found => {
                    tracing::error!(file.version = %version.id, expected = size, found = ?found, "an object is missing or damaged");
                    return Err(DeliveryError::Broken);
                }
            }
            let session = DownloadSession {
                id: session,
                link: link.id,
                entitlement: link.entitlement,
                version: version.id,
                file: link.file,
                nonce,
                token: opens.hash(),
                created_at: at,
                expires_at: at.saturating_add(session_ttl(size)),
            };
            let head = Decision {
                // Every claim is a decision of its own: a second claimant is refused, not replayed.
                key: DecisionKey::new("claim", session.id),
                name: "claim-link",
                input: InputHash::of(&link.id),
                subject: Subject::of(link.entitlement),
                actor: Actor::Guest,
                at,
            };
            Ok(Step::Commit(
                ChangeSet::new(head, vec![Change::ClaimLink { id: link.id, at, session }]),
                link.id,
            ))
        };
        let (link, _) = self.committer.run(round).await?;
        failpoint!("claim.after-commit");
        Ok(Opened { link, session: opens })
    }

    /// Has a new link mailed to the purchase's address, for any link that ever was. Says nothing about it.
    pub async fn mail_fresh(&self, token: &Token) -> Result<(), DeliveryError> {
        let Some(link) = self.links.link_by_token(&token.hash()).await? else { return Ok(()) };
        let right = self.entitlements.entitlement(link.entitlement).await?;
        if right.is_none_or(|right| right.state == EntitlementState::Revoked) {
            return Ok(());
        }
        // Whoever holds an old link must not fill the buyer's mailbox with new ones.
        if self.limiter.take(&FRESH, &link.entitlement.to_string()).await != Allowance::Granted {
            return Ok(());
        }
        let at = self.clock.now();
        let id = JobId::generate(&*self.ids, at);
        let head = Decision {
            key: DecisionKey::new("mail-fresh-link", id),
            name: "mail-fresh-link",
            input: InputHash::of(&link.id),
            subject: Subject::of(link.entitlement),
            actor: Actor::Guest,
            at,
        };
        let job = NewJob {
            id,
            kind: kinds::MAIL_FRESH_LINK.to_owned(),
            payload: json!({ "entitlement": link.entitlement, "file": link.file }),
            subject: Subject::of(link.entitlement),
            // While one is on its way, a second click adds none.
            unique: Some(format!("{}:{}:{}", kinds::MAIL_FRESH_LINK, link.entitlement, link.file)),
            run_at: at,
            created_at: at,
        };
        self.committer.send(&ChangeSet::new(head, vec![Change::Enqueue(job)])).await?;
        Ok(())
    }

    async fn usable(&self, token: &Token) -> Result<Redemption, DeliveryError> {
        let found = self.links.redemption(&token.hash()).await?.ok_or(DeliveryError::Gone)?;
        let over = found.link.claimed_at.is_some() || self.clock.now() >= found.link.expires_at;
        if over || found.entitlement.state == EntitlementState::Revoked {
            return Err(DeliveryError::Gone);
        }
        Ok(found)
    }
}

/// Long enough for a slow line: an hour, or the size at 32 KB a second, at most a day.
fn session_ttl(size: u64) -> Duration {
    Duration::from_secs(size / SLOWEST).clamp(Duration::from_hours(1), Duration::from_hours(24))
}

fn issue(links: &[Link], actor: Actor) -> ChangeSet {
    let first = links.first();
    let key = first.map(|link| link.id.to_string()).unwrap_or_default();
    let ids: Vec<LinkId> = links.iter().map(|link| link.id).collect();
    let head = Decision {
        key: DecisionKey::new("issue-links", key),
        name: "issue-links",
        input: InputHash::of(&ids),
        subject: Subject::of(first.map(|link| link.entitlement.to_string()).unwrap_or_default()),
        actor,
        at: first.map_or(Timestamp::EPOCH, |link| link.created_at),
    };
    ChangeSet::new(head, links.iter().cloned().map(Change::IssueLink).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_as_long_as_a_slow_line_needs() {
        assert_eq!(session_ttl(0), Duration::from_hours(1));
        assert_eq!(session_ttl(SLOWEST * 7200), Duration::from_hours(2));
        assert_eq!(session_ttl(u64::MAX), Duration::from_hours(24));
    }
}
