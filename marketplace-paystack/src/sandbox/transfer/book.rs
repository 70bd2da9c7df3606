//! The recipients and transfers so far.
//!
//! Guarantees nothing beyond what the records say. Callers: `state` writes, `rules`, `recipient` and `calls`
//! read.

use std::collections::{BTreeMap, HashMap};

use super::facts::{RecipientCreated, TransferMoved, TransferStarted, TransferStatus};

/// A transfer and where it stands.
pub(in crate::sandbox) struct Transfer {
    pub(in crate::sandbox) started: TransferStarted,
    pub(in crate::sandbox) status: TransferStatus,
    pub(super) moved_at: i64,
}

/// All recipients and transfers, by id, which is the order in which they were made.
#[derive(Default)]
pub(in crate::sandbox) struct Payouts {
    recipients: BTreeMap<u64, RecipientCreated>,
    transfers: BTreeMap<u64, Transfer>,
    by_reference: HashMap<String, u64>,
}

impl Payouts {
    pub(in crate::sandbox) fn known(&mut self, created: &RecipientCreated) {
        self.recipients.insert(created.recipient, created.clone());
    }

    pub(in crate::sandbox) fn started(&mut self, started: &TransferStarted) {
        self.by_reference.insert(started.reference.clone(), started.transfer);
        let (status, moved_at) = (started.status, started.at);
        self.transfers.insert(started.transfer, Transfer { started: started.clone(), status, moved_at });
    }

    pub(in crate::sandbox) fn moved(&mut self, moved: &TransferMoved) {
        if let Some(transfer) = self.transfers.get_mut(&moved.transfer) {
            (transfer.status, transfer.moved_at) = (moved.status, moved.at);
        }
    }

    pub(super) fn recipient(&self, id: u64) -> Option<&RecipientCreated> {
        self.recipients.get(&id)
    }

    pub(super) fn recipients(&self) -> impl DoubleEndedIterator<Item = &RecipientCreated> {
        self.recipients.values()
    }

    pub(super) fn transfer(&self, id: u64) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    pub(super) fn transfers(&self) -> impl DoubleEndedIterator<Item = &Transfer> {
        self.transfers.values()
    }

    pub(in crate::sandbox) fn by_reference(&self, reference: &str) -> Option<&Transfer> {
        self.by_reference.get(reference).and_then(|id| self.transfers.get(id))
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Transfer> {
        self.transfers.values().find(|known| known.started.code == code)
    }
}
