//! What is left of a change in a store: nothing, the whole, or something that must not be.

use super::stage::{Outcome, Stage};
use marketplace_core::{
    Version,
    catalog::StoredFile,
    commit::{Change, LimitKey, Refusal},
    delivery::EntitlementState,
    job::JobState,
    ledger::JournalEntry,
    order::OrderState,
    page::Page,
};
use std::fmt::Debug;

/// What is left of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Whole,
    /// Neither; what was read instead.
    Other(String),
}

impl Effect {
    /// Nothing, if the row is not there; the whole, if it is as it was written.
    fn of_row<T: PartialEq + Debug>(found: Option<T>, written: &T) -> Self {
        match found {
            None => Self::Nothing,
            Some(row) if row == *written => Self::Whole,
            Some(row) => Self::Other(format!("wrote {written:?}, read {row:?}")),
        }
    }

    /// By a row that is there in any case: untouched or changed.
    fn of_change<T: Debug>(
        found: Option<T>,
        untouched: impl FnOnce(&T) -> bool,
        changed: impl FnOnce(&T) -> bool,
    ) -> Self {
        match found {
            Some(row) if untouched(&row) => Self::Nothing,
            Some(row) if changed(&row) => Self::Whole,
            other => Self::Other(format!("read {other:?}")),
        }
    }

    /// Two parts of one effect: both, or none.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => Self::Nothing,
            (Self::Whole, Self::Whole) => Self::Whole,
            (one, other) => Self::Other(format!("one part is {one:?}, the other is {other:?}")),
        }
    }
}

impl Stage {
    /// What is left of a change that was prepared by [`super::variant::Variant::prepare`].
    pub(crate) async fn effect_of(&self, change: &Change) -> Effect {
        let store = &*self.store;
        match change {
            Change::InsertUser(user) => {
                let by_id = Effect::of_row(store.user(user.id).await.expect("users are read"), user);
                let by_email = store.user_by_email(&user.email).await.expect("users are read");
                by_id.and(Effect::of_row(by_email, user))
            }
            Change::UpdateUser { seen, to } => {
                let row = store.user(to.id).await.expect("users are read");
                Effect::of_change(row, |row| row.version == *seen, |row| row == to)
            }
            Change::InsertProduct(product) => {
                let by_id = store.product(product.id).await.expect("products are read");
                let by_slug = store.product_by_slug(&product.slug).await.expect("products are read");
                Effect::of_row(by_id, product).and(Effect::of_row(by_slug, product))
            }
            Change::UpdateProduct { seen, to } => {
                let row = store.product(to.id).await.expect("products are read");
                Effect::of_change(row, |row| row.version == *seen, |row| row == to)
            }
            Change::InsertFile { file, version, .. } => {
                let written = StoredFile { file: file.clone(), version: version.clone() };
                let by_file = store.file(file.id).await.expect("files are read");
                let by_version = store.file_version(version.id).await.expect("versions are read");
                Effect::of_row(by_file, &written).and(Effect::of_row(by_version, &written))
            }
            Change::AdvanceUpload { id, seen, to, refusal, expires_at } => {
                let row = store.upload(*id).await.expect("uploads are read");
                Effect::of_change(
                    row,
                    |row| row.state == *seen,
                    |row| (row.state, row.refusal, row.expires_at) == (*to, *refusal, *expires_at),
                )
            }
            Change::RemoveFile { id, at } => {
                let row = store.file(*id).await.expect("files are read");
                Effect::of_change(
                    row,
                    |row| row.file.removed_at.is_none(),
                    |row| row.file.removed_at == Some(*at),
                )
            }
            Change::InsertOrder(order) => {
                let by_id = store.order(order.id).await.expect("orders are read");
                let by_token = store.order_by_token(&order.token).await.expect("orders are read");
                Effect::of_row(by_id, order).and(Effect::of_row(by_token, order))
            }
            Change::AdvanceOrder { id, seen, to, at } => {
                let paid_at = (*to == OrderState::Paid).then_some(*at);
                let row = store.order(*id).await.expect("orders are read");
                let advanced = |row: &marketplace_core::order::Order| {
                    row.version == seen.next() && row.state == *to && row.paid_at == paid_at
                };
                Effect::of_change(row, |row| row.version == *seen, advanced)
            }
            Change::InsertAttempt(attempt) => {
                let row = store.attempt(&attempt.reference).await.expect("attempts are read");
                Effect::of_row(row, attempt)
            }
            Change::AdvanceAttempt { seen, to } => {
                let row = store.attempt(&to.reference).await.expect("attempts are read");
                Effect::of_change(row, |row| row.version == *seen, |row| row == to)
            }
            Change::Post(entry) => self.effect_of_entry(entry).await,
            Change::InsertHold(hold) => {
                Effect::of_row(store.hold(hold.id).await.expect("holds are read"), hold)
            }
            Change::ReleaseHold { id, at } => {
                let row = store.hold(*id).await.expect("holds are read");
                Effect::of_change(row, |row| row.released_at.is_none(), |row| row.released_at == Some(*at))
            }
            Change::Grant(entitlement) => {
                let row = store.entitlement(entitlement.id).await.expect("entitlements are read");
                Effect::of_row(row, entitlement)
            }
            Change::Revoke { id, seen, reason, at } => {
                let row = store.entitlement(*id).await.expect("entitlements are read");
                let revoked = |row: &marketplace_core::delivery::Entitlement| {
                    row.version == seen.next()
                        && row.state == EntitlementState::Revoked
                        && row.revoke_reason == Some(*reason)
                        && row.revoked_at == Some(*at)
                };
                Effect::of_change(row, |row| row.version == *seen, revoked)
            }
            Change::IssueLink(link) => {
                let by_id = store.link(link.id).await.expect("links are read");
                let by_token = store.link_by_token(&link.token).await.expect("links are read");
                Effect::of_row(by_id, link).and(Effect::of_row(by_token, link))
            }
            Change::ClaimLink { id, at, session } => {
                let link = store.link(*id).await.expect("links are read");
                let opened = store.download_session(&session.token).await.expect("downloads are read");
                Effect::of_change(link, |row| row.claimed_at.is_none(), |row| row.claimed_at == Some(*at))
                    .and(Effect::of_row(opened, session))
            }
            Change::Take { limit, units, .. } => self.effect_of_take(limit, *units).await,
            Change::Enqueue(job) => {
                let row = store.job(job.id).await.expect("jobs are read");
                match row {
                    Some(row) if (row.state, row.attempts) != (JobState::Ready, 0) => {
                        Effect::Other(format!("a new job is {row:?}"))
                    }
                    row => Effect::of_row(row.map(|row| row.new), job),
                }
            }
            Change::InsertNotice(notice) => {
                Effect::of_row(store.notice(&notice.key).await.expect("notices are read"), notice)
            }
            Change::CloseNotice { key, outcome, at } => {
                let row = store.notice(key).await.expect("notices are read");
                let closed = |row: &marketplace_core::payment::Notice| {
                    row.outcome == Some(*outcome) && row.closed_at == Some(*at)
                };
                Effect::of_change(row, |row| row.outcome.is_none() && row.closed_at.is_none(), closed)
            }
            Change::InsertRefund(refund) => {
                Effect::of_row(store.refund(refund.id).await.expect("refunds are read"), refund)
            }
            Change::AdvanceRefund { seen, to } => {
                let row = store.refund(to.id).await.expect("refunds are read");
                Effect::of_change(row, |row| row.version == *seen, |row| row == to)
            }
            Change::OpenReview(review) => {
                let rows = store.reviews(Page::first(Page::MAX)).await.expect("reviews are read");
                let same = |row: &&marketplace_core::payment::Review| {
                    row.reference == review.reference && row.reason == review.reason
                };
                match rows.iter().filter(same).count() {
                    0 | 1 => Effect::of_row(rows.iter().find(same).cloned(), review),
                    more => Effect::Other(format!("{more} reviews of one reference and reason")),
                }
            }
            Change::CloseReview { id, closing } => {
                let row = store.review(*id).await.expect("reviews are read");
                let closed = |row: &marketplace_core::payment::Review| row.closing.as_ref() == Some(closing);
                Effect::of_change(row, |row| row.closing.is_none(), closed)
            }
        }
    }

    /// An entry is there with all its lines, and the balances of its creators, who have no other entry, are
    /// what the lines say; or neither.
    async fn effect_of_entry(&self, entry: &JournalEntry) -> Effect {
        let journal = self.store.unsealed(None, 1_000).await.expect("the journal is read");
        let mut effect = Effect::of_row(journal.into_iter().find(|row| row.id() == entry.id()), entry);
        for line in entry.lines() {
            let Some(creator) = line.account.owner() else { continue };
            let balances = self.store.balances_of(creator).await.expect("balances are read");
            let mut of_line = balances.iter().filter(|balance| {
                balance.kind == line.account.kind() && balance.amount.currency() == line.amount.currency()
            });
            effect = effect.and(Effect::of_row(of_line.next().map(|balance| balance.amount), &line.amount));
        }
        effect
    }

    /// A counter that started at zero counts the units once, or not at all.
    async fn effect_of_take(&self, limit: &LimitKey, units: i64) -> Effect {
        if self.counts_at_most(limit, 0).await {
            Effect::Nothing
        } else if self.counts_at_most(limit, units).await && !self.counts_at_most(limit, units - 1).await {
            Effect::Whole
        } else {
            Effect::Other(format!("{} counts something else than {units}", limit.as_str()))
        }
    }

    /// Whether a counter is at `most` or below. There is no reading port for counters, so this asks for one
    /// unit too many together with a change that is always refused: which refusal comes first tells.
    pub(crate) async fn counts_at_most(&self, limit: &LimitKey, most: i64) -> bool {
        let take = Change::Take { limit: limit.clone(), units: 1, cap: most + 1 };
        match self.try_apply(vec![take, self.stale()]).await {
            Outcome::Refused(Refusal::Stale) => true,
            Outcome::Refused(Refusal::LimitReached) => false,
            other => panic!("a limit and a stale row gave {other:?}"),
        }
    }

    /// Panics unless all of a change is there.
    pub(crate) async fn expect_whole(&self, change: &Change, when: &str) {
        assert_eq!(self.effect_of(change).await, Effect::Whole, "{when}: {change:?}");
    }

    /// Panics unless nothing of a change is there.
    pub(crate) async fn expect_nothing(&self, change: &Change, when: &str) {
        assert_eq!(self.effect_of(change).await, Effect::Nothing, "{when}: {change:?}");
    }
}

/// The version that a changed row has after its first change.
pub(crate) const SECOND: Version = Version::FIRST.next();
