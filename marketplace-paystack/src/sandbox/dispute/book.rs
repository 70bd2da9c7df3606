//! The disputes so far.
//!
//! Guarantees nothing beyond what the records say. Callers: `state` writes, the rest of the topic reads.

use std::collections::{BTreeMap, HashMap};

use super::facts::{DisputeMoved, DisputeOpened, DisputeStatus, EvidenceAdded, Resolution, UploadOffered};

/// A dispute and where it stands.
#[derive(Clone)]
pub(in crate::sandbox) struct Dispute {
    pub(super) opened: DisputeOpened,
    pub(super) status: DisputeStatus,
    pub(super) resolution: Option<Resolution>,
    pub(super) refund_amount: u64,
    pub(super) attachment: Option<String>,
    pub(super) evidence: Option<u64>,
    pub(super) resolved_at: Option<i64>,
    /// What happened to it since it was opened.
    pub(super) moves: Vec<DisputeMoved>,
}

impl Dispute {
    pub(super) fn new(opened: &DisputeOpened) -> Self {
        Self {
            opened: opened.clone(),
            status: DisputeStatus::AwaitingMerchantFeedback,
            resolution: None,
            refund_amount: opened.refund_amount,
            attachment: None,
            evidence: None,
            resolved_at: None,
            moves: Vec::new(),
        }
    }

    /// As it is after this.
    pub(super) fn after(mut self, moved: &DisputeMoved) -> Self {
        self.apply(moved);
        self
    }

    fn apply(&mut self, moved: &DisputeMoved) {
        self.status = moved.status;
        self.resolution = moved.resolution;
        self.refund_amount = moved.refund_amount;
        self.attachment = moved.attachment.clone().or(self.attachment.take());
        self.evidence = moved.evidence.or(self.evidence);
        self.resolved_at = (moved.status == DisputeStatus::Resolved).then_some(moved.at);
        self.moves.push(moved.clone());
    }

    pub(super) fn updated_at(&self) -> i64 {
        self.moves.last().map_or(self.opened.at, |last| last.at)
    }
}

/// All disputes, by id, which is the order in which they were opened.
#[derive(Default)]
pub(in crate::sandbox) struct Disputes {
    all: BTreeMap<u64, Dispute>,
    evidence: Vec<EvidenceAdded>,
    uploads: HashMap<String, (UploadOffered, bool)>,
}

impl Disputes {
    pub(in crate::sandbox) fn opened(&mut self, opened: &DisputeOpened) {
        self.all.insert(opened.dispute, Dispute::new(opened));
    }

    pub(in crate::sandbox) fn moved(&mut self, moved: &DisputeMoved) {
        if let Some(dispute) = self.all.get_mut(&moved.dispute) {
            dispute.apply(moved);
        }
    }

    pub(in crate::sandbox) fn told(&mut self, evidence: &EvidenceAdded) {
        self.evidence.push(evidence.clone());
    }

    pub(in crate::sandbox) fn offered(&mut self, offered: &UploadOffered) {
        self.uploads.insert(offered.file.clone(), (offered.clone(), false));
    }

    pub(in crate::sandbox) fn uploaded(&mut self, file: &str) {
        if let Some((_, arrived)) = self.uploads.get_mut(file) {
            *arrived = true;
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&Dispute> {
        self.all.get(&id)
    }

    /// Newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Dispute> {
        self.all.values().rev()
    }

    pub(super) fn last_id(&self) -> Option<u64> {
        self.all.last_key_value().map(|(id, _)| *id)
    }

    /// The evidence of a dispute with this id.
    pub(super) fn evidence(&self, dispute: u64, id: u64) -> Option<&EvidenceAdded> {
        self.evidence.iter().find(|known| known.dispute == dispute && known.evidence == id)
    }

    pub(super) fn last_evidence(&self) -> Option<u64> {
        self.evidence.last().map(|last| last.evidence)
    }

    /// An upload, and whether its file has arrived.
    pub(in crate::sandbox) fn upload(&self, file: &str) -> Option<&(UploadOffered, bool)> {
        self.uploads.get(file)
    }

    pub(super) fn uploads(&self) -> usize {
        self.uploads.len()
    }
}
