//! One change, handed to its topic; and the limits, which are of no topic.

use super::{
    Defect,
    state::{Done, State},
};
use marketplace_core::commit::{Change, LimitKey, Refusal};

impl State {
    /// Applies a change, or says why not. What it did before it stopped is for the caller to undo.
    pub(super) fn apply(&mut self, change: &Change) -> Done {
        match change.clone() {
            Change::InsertUser(user) => self.insert_user(user),
            Change::UpdateUser { seen, to } => self.update_user(seen, to),
            Change::InsertProduct(product) => self.insert_product(product),
            Change::UpdateProduct { seen, to } => self.update_product(seen, to),
            Change::InsertFile { file, version, upload } => self.insert_file(file, version, upload),
            Change::AdvanceUpload { id, seen, to, refusal, expires_at } => {
                self.advance_upload(id, (seen, to), refusal, expires_at)
            }
            Change::RemoveFile { id, at } => self.remove_file(id, at),
            Change::InsertOrder(order) => self.insert_order(order),
            Change::AdvanceOrder { id, seen, to, at } => self.advance_order(id, seen, to, at),
            Change::InsertAttempt(attempt) => self.insert_attempt(attempt),
            Change::AdvanceAttempt { seen, to } => self.advance_attempt(seen, to),
            Change::Post(entry) => self.post(&entry),
            Change::InsertHold(hold) => self.insert_hold(hold),
            Change::ReleaseHold { id, at } => self.release_hold(id, at),
            Change::Grant(entitlement) => self.grant(entitlement),
            Change::Revoke { id, seen, reason, at } => self.revoke(id, seen, reason, at),
            Change::IssueLink(link) => self.issue_link(link),
            Change::ClaimLink { id, at, session } => self.claim_link(id, at, session),
            Change::Take { limit, units, cap } => self.take(&limit, units, cap),
            Change::Enqueue(job) => self.enqueue_in_set(job),
            Change::InsertNotice(notice) => self.insert_notice(notice),
            Change::CloseNotice { key, outcome, at } => self.close_notice(&key, outcome, at),
            Change::InsertRefund(refund) => self.insert_refund(refund),
            Change::AdvanceRefund { seen, to } => self.advance_refund(seen, to),
            Change::OpenReview(review) => self.open_review(review),
            Change::CloseReview { id, closing } => self.close_review(id, closing),
        }
    }

    fn take(&mut self, limit: &LimitKey, units: i64, cap: i64) -> Done {
        let before = self.limits.get(limit.as_str()).copied().unwrap_or(0);
        // A count that does not fit is above any cap. Giving back is never refused.
        let after = before.checked_add(units).ok_or(Refusal::LimitReached)?.max(0);
        if units > 0 && after > cap && !self.has(Defect::IgnoresLimits) {
            return Err(Refusal::LimitReached.into());
        }
        self.limits.put(limit.as_str().to_owned(), after);
        Ok(())
    }
}
