//! Entitlements, links and downloads.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    state::{Done, State, fresh, missing, unique},
    store::pause,
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    catalog::StoredFile,
    commit::Refusal,
    delivery::{
        DownloadSession, Entitlement, EntitlementState, Entitlements, Link, Links, NewVisit, Redemption,
        RevokeReason, Visit, Visits,
    },
    error::StoreError,
    id::{EntitlementId, FileVersionId, LinkId, OrderId, TokenHash, UserId},
    page::Page,
    time::Timestamp,
};

impl State {
    pub(super) fn grant(&mut self, entitlement: Entitlement) -> Done {
        unique(self.entitlements.has(&entitlement.id) || self.entitled_lines.has(&entitlement.line))?;
        self.require_product(entitlement.product)?;
        if self.order_lines.get(&entitlement.line) != Some(&entitlement.order) {
            return Err(missing(format_args!("{} of {}", entitlement.line, entitlement.order)));
        }
        self.entitled_lines.put(entitlement.line, entitlement.id);
        self.entitlements.put(entitlement.id, entitlement);
        Ok(())
    }

    pub(super) fn revoke(
        &mut self,
        id: EntitlementId,
        seen: Version,
        reason: RevokeReason,
        at: Timestamp,
    ) -> Done {
        let mut entitlement = self.entitlements.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(entitlement.version == seen || self.has(Defect::IgnoresVersions))?;
        entitlement.state = EntitlementState::Revoked;
        entitlement.revoked_at = Some(at);
        entitlement.revoke_reason = Some(reason);
        entitlement.version = seen.next();
        self.entitlements.put(id, entitlement);
        Ok(())
    }

    pub(super) fn issue_link(&mut self, link: Link) -> Done {
        unique(self.links.has(&link.id) || self.links_by_token.has(&link.token))?;
        self.require_entitlement(link.entitlement)?;
        self.require_file(link.file)?;
        self.links_by_token.put(link.token, link.id);
        self.links.put(link.id, link);
        Ok(())
    }

    pub(super) fn claim_link(&mut self, id: LinkId, at: Timestamp, session: DownloadSession) -> Done {
        let link = self.links.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(link.claimed_at.is_none())?;
        unique(self.downloads.has(&session.id) || self.downloads_by_token.has(&session.token))?;
        self.require_entitlement(session.entitlement)?;
        if !self.versions.has(&session.version) {
            return Err(missing(session.version));
        }
        self.links.put(id, Link { claimed_at: Some(at), ..link });
        self.downloads_by_token.put(session.token, session.id);
        self.downloads.put(session.id, session);
        Ok(())
    }

    fn require_entitlement(&self, id: EntitlementId) -> Done {
        if self.entitlements.has(&id) { Ok(()) } else { Err(missing(id)) }
    }
}

#[async_trait]
impl Entitlements for MemoryStore {
    async fn entitlement(&self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
        self.call(|state| Ok(state.entitlements.get(&id).cloned())).await
    }

    async fn entitlements_of_order(&self, order: OrderId) -> Result<Vec<Entitlement>, StoreError> {
        self.call(|state| {
            let own = state.entitlements.values().filter(|entitlement| entitlement.order == order);
            Ok(own.cloned().collect())
        })
        .await
    }

    async fn entitlements_of_user(&self, user: UserId, page: Page) -> Result<Vec<Entitlement>, StoreError> {
        self.call(|state| {
            let own =
                state.entitlements.values().filter(|entitlement| entitlement.user == Some(user)).cloned();
            Ok(page_of(state, own, page, |entitlement| entitlement.id.uuid()))
        })
        .await
    }
}

#[async_trait]
impl Links for MemoryStore {
    async fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError> {
        self.call(|state| Ok(state.links.get(&id).cloned())).await
    }

    async fn link_by_token(&self, token: &TokenHash) -> Result<Option<Link>, StoreError> {
        self.call(|state| {
            let id = state.links_by_token.get(token);
            Ok(id.and_then(|id| state.links.get(id)).cloned())
        })
        .await
    }

    async fn redemption(&self, token: &TokenHash) -> Result<Option<Redemption>, StoreError> {
        self.call(|state| {
            let link = state.links_by_token.get(token).and_then(|id| state.links.get(id));
            Ok(link.and_then(|link| {
                let file = state.files.get(&link.file).and_then(|file| state.stored_file(file))?;
                let entitlement = state.entitlements.get(&link.entitlement).cloned()?;
                Some(Redemption { link: link.clone(), entitlement, file })
            }))
        })
        .await
    }

    async fn download_session(&self, token: &TokenHash) -> Result<Option<DownloadSession>, StoreError> {
        self.call(|state| {
            let id = state.downloads_by_token.get(token);
            Ok(id.and_then(|id| state.downloads.get(id)).cloned())
        })
        .await
    }

    async fn links_of(&self, order: OrderId, limit: u32) -> Result<Vec<Link>, StoreError> {
        self.call(|state| {
            let of_order = |link: &&Link| {
                state.entitlements.get(&link.entitlement).is_some_and(|right| right.order == order)
            };
            Ok(state.links.values().rev().filter(of_order).take(limit as usize).cloned().collect())
        })
        .await
    }

    async fn file_version(&self, id: FileVersionId) -> Result<Option<StoredFile>, StoreError> {
        self.call(|state| Ok(state.stored_version(id))).await
    }
}

impl State {
    /// The row that a visit is counted in, as it will be.
    fn counted(&self, visit: &NewVisit) -> Visit {
        let key = (visit.link, visit.kind, visit.agent, visit.result);
        let NewVisit { link, kind, agent, result, at } = *visit;
        let fresh = Visit { link, kind, agent, result, count: 1, first_at: at, last_at: at };
        let Some(known) = self.visits.get(&key) else { return fresh };
        if self.has(Defect::TrustsOrderOfVisits) {
            return Visit { count: known.count + 1, last_at: at, ..*known };
        }
        let (first_at, last_at) = (known.first_at.min(at), known.last_at.max(at));
        Visit { count: known.count + 1, first_at, last_at, ..*known }
    }
}

#[async_trait]
impl Visits for MemoryStore {
    async fn note_visit(&self, visit: NewVisit) -> Result<(), StoreError> {
        let seen = self
            .call(|state| {
                if !state.links.has(&visit.link) {
                    return Err(StoreError::defect(format_args!("there is no {}", visit.link)));
                }
                let row = state.counted(&visit);
                if state.has(Defect::LosesVisits) {
                    return Ok(Some(row));
                }
                state.visits.put((visit.link, visit.kind, visit.agent, visit.result), row);
                state.keep();
                Ok(None)
            })
            .await?;
        if let Some(stale) = seen {
            pause().await;
            self.locked(|state| {
                state.visits.put((visit.link, visit.kind, visit.agent, visit.result), stale);
                state.keep();
            });
        }
        Ok(())
    }

    async fn visits_of(&self, links: &[LinkId]) -> Result<Vec<Visit>, StoreError> {
        self.call(|state| {
            let of_links = state.visits.values().filter(|visit| links.contains(&visit.link));
            if state.has(Defect::SplitsVisits) {
                let single = |visit: &Visit| Visit { count: 1, ..*visit };
                return Ok(of_links.flat_map(|visit| (0..visit.count).map(move |_| single(visit))).collect());
            }
            Ok(of_links.copied().collect())
        })
        .await
    }
}
