//! The state, as the sum of the records.
//!
//! Guarantees that applying the same records in the same order gives the same state, at run time and at
//! replay. Does not decide anything: whether a record may happen is decided before it is written (see
//! `transaction`). Records that name something unknown are kept but change nothing. Callers: `twin` applies,
//! everything reads.

use std::collections::{BTreeMap, HashMap};

use super::record::{Initialized, Paid, Record, WebhookAttempted, WebhookQueued};

pub(super) struct Transaction {
    pub(super) opened: Initialized,
    pub(super) status: Status,
}

pub(super) enum Status {
    /// `abandoned` on the wire, and still payable.
    Open,
    Success(Paid),
    Failed {
        at: i64,
    },
}

/// A webhook and how far its delivery has come.
pub(super) struct Hook {
    pub(super) queued: WebhookQueued,
    pub(super) attempts: u32,
    /// The schedule of retries counts from here.
    pub(super) first_attempt_at: Option<i64>,
    /// None once acknowledged or given up.
    pub(super) due_at: Option<i64>,
    /// An attempt is under way. Not a record: after a crash it is attempted again.
    pub(super) in_flight: bool,
}

#[derive(Default)]
pub(super) struct State {
    records: Vec<Record>,
    transactions: Vec<Transaction>,
    by_reference: HashMap<String, usize>,
    by_access_code: HashMap<String, usize>,
    hooks: BTreeMap<u64, Hook>,
}

impl State {
    pub(super) fn apply(&mut self, record: Record) {
        match &record {
            Record::Initialized(opened) => {
                let index = self.transactions.len();
                self.by_reference.insert(opened.reference.clone(), index);
                self.by_access_code.insert(opened.access_code.clone(), index);
                self.transactions.push(Transaction { opened: opened.clone(), status: Status::Open });
            }
            Record::Paid(paid) => self.set(&paid.reference, Status::Success(paid.clone())),
            Record::Declined { at, reference } => self.set(reference, Status::Failed { at: *at }),
            Record::Abandoned { .. } | Record::WebhookDropped { .. } => {}
            Record::WebhookQueued(queued) => {
                let hook = Hook {
                    queued: queued.clone(),
                    attempts: 0,
                    first_attempt_at: None,
                    due_at: Some(queued.at),
                    in_flight: false,
                };
                self.hooks.insert(queued.webhook, hook);
            }
            Record::WebhookAttempted(attempted) => self.attempted(attempted),
        }
        self.records.push(record);
    }

    fn set(&mut self, reference: &str, status: Status) {
        let index = self.by_reference.get(reference).copied();
        if let Some(transaction) = index.and_then(|index| self.transactions.get_mut(index)) {
            transaction.status = status;
        }
    }

    fn attempted(&mut self, attempted: &WebhookAttempted) {
        if let Some(hook) = self.hooks.get_mut(&attempted.webhook) {
            hook.attempts = attempted.attempt;
            hook.first_attempt_at = hook.first_attempt_at.or(Some(attempted.at));
            hook.due_at = attempted.next_at;
        }
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Transaction> {
        self.by_reference.get(reference).and_then(|index| self.transactions.get(*index))
    }

    pub(super) fn by_access_code(&self, access_code: &str) -> Option<&Transaction> {
        self.by_access_code.get(access_code).and_then(|index| self.transactions.get(*index))
    }

    pub(super) fn hooks(&self) -> impl DoubleEndedIterator<Item = &Hook> {
        self.hooks.values()
    }

    pub(super) fn hook(&self, webhook: u64) -> Option<&Hook> {
        self.hooks.get(&webhook)
    }

    pub(super) fn hook_mut(&mut self, webhook: u64) -> Option<&mut Hook> {
        self.hooks.get_mut(&webhook)
    }

    /// The number the next webhook gets.
    pub(super) fn next_webhook(&self) -> u64 {
        self.hooks.last_key_value().map_or(1, |(last, _)| last.saturating_add(1))
    }
}
