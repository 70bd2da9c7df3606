//! The refunds so far.
//!
//! Guarantees nothing beyond what the records say. Callers: `state` writes, `rules` and `calls` read.

use std::collections::{BTreeMap, HashMap};

use super::facts::{RefundCreated, RefundMoved, RefundStatus};

/// A refund and where it stands.
pub(in crate::sandbox) struct Refund {
    pub(in crate::sandbox) created: RefundCreated,
    pub(in crate::sandbox) status: RefundStatus,
    pub(super) moved_at: i64,
    /// The merchant told an account for it.
    pub(super) told: bool,
}

/// All refunds, by id, which is the order in which they were created.
#[derive(Default)]
pub(in crate::sandbox) struct Refunds {
    all: BTreeMap<u64, Refund>,
    of: HashMap<u64, Vec<u64>>,
}

impl Refunds {
    pub(in crate::sandbox) fn created(&mut self, created: &RefundCreated) {
        self.of.entry(created.transaction).or_default().push(created.refund);
        let (status, moved_at) = (created.status, created.at);
        let refund = Refund { created: created.clone(), status, moved_at, told: false };
        self.all.insert(refund.created.refund, refund);
    }

    pub(in crate::sandbox) fn moved(&mut self, moved: &RefundMoved) {
        if let Some(refund) = self.all.get_mut(&moved.refund) {
            refund.status = moved.status;
            refund.moved_at = moved.at;
            refund.told |= moved.to_account.is_some();
        }
    }

    pub(in crate::sandbox) fn get(&self, id: u64) -> Option<&Refund> {
        self.all.get(&id)
    }

    /// Newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Refund> {
        self.all.values().rev()
    }

    /// Of one transaction, oldest first.
    pub(in crate::sandbox) fn of(&self, transaction: u64) -> impl Iterator<Item = &Refund> {
        let ids = self.of.get(&transaction).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id))
    }

    pub(super) fn last_id(&self) -> Option<u64> {
        self.all.last_key_value().map(|(id, _)| *id)
    }
}
