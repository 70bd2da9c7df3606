//! The state, as the sum of the records.
//!
//! Guarantees that applying the same records in the same order gives the same state, at run time and at
//! replay. Does not decide anything: whether a record may happen is decided before it is written, on a `Desk`.
//! Records that name something unknown are kept but change nothing. Callers: `twin` applies, everything reads.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::agenda::{Agenda, Subject};
use super::charge::{Charge, ChargeStatus};
use super::dispute::Disputes;
use super::ledger::Ledger;
use super::record::{Initialized, Paid, Record, WebhookAttempted, WebhookQueued};
use super::refund::{RefundStatus, Refunds};
use super::transfer::Payouts;

pub(super) struct Transaction {
    pub(super) opened: Initialized,
    pub(super) status: Status,
    /// What it brought is in the balance.
    pub(super) settled: bool,
    /// How it is charged without the payment page.
    pub(super) charge: Option<Charge>,
}

pub(super) enum Status {
    /// `abandoned` on the wire, and still payable.
    Open,
    Success(Paid),
    Failed {
        at: i64,
        reason: Option<String>,
    },
}

/// What a transaction is called on the wire, refunds counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    /// The payer is asked something.
    Ongoing,
    /// Under way at the payer's bank.
    Pending,
    Failed,
    Success,
    /// Something is, or was, given back, and it is not all of it.
    ReversalPending,
    Reversed,
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
    by_id: HashMap<u64, usize>,
    hooks: BTreeMap<u64, Hook>,
    pub(super) deactivated: HashSet<String>,
    pub(super) refunds: Refunds,
    pub(super) payouts: Payouts,
    pub(super) disputes: Disputes,
    pub(super) ledger: Ledger,
    pub(super) agenda: Agenda,
}

impl State {
    pub(super) fn apply(&mut self, record: Record) {
        match &record {
            Record::Initialized(opened) => {
                let index = self.transactions.len();
                self.by_reference.insert(opened.reference.clone(), index);
                self.by_access_code.insert(opened.access_code.clone(), index);
                self.by_id.insert(opened.id, index);
                let (opened, status) = (opened.clone(), Status::Open);
                self.transactions.push(Transaction { opened, status, settled: false, charge: None });
            }
            Record::ChargeStarted(started) => {
                self.plan_charge(&started.reference, started.next_at);
                self.change(&started.reference, |known| known.charge = Some(Charge::new(started)));
            }
            Record::ChargeMoved(moved) => {
                self.plan_charge(&moved.reference, moved.next_at);
                self.change(&moved.reference, |known| {
                    if let Some(charge) = &mut known.charge {
                        charge.status = moved.status;
                    }
                });
            }
            Record::AuthorizationDeactivated { authorization_code, .. } => {
                self.deactivated.insert(authorization_code.clone());
            }
            Record::Paid(paid) => {
                self.plan_charge(&paid.reference, None);
                self.change(&paid.reference, |known| known.status = Status::Success(paid.clone()));
            }
            Record::Declined { at, reference, reason } => {
                self.plan_charge(reference, None);
                let failed = Status::Failed { at: *at, reason: reason.clone() };
                self.change(reference, |known| known.status = failed);
            }
            Record::Settled { reference, .. } => self.change(reference, |known| known.settled = true),
            Record::Abandoned { .. }
            | Record::BankTransferRejected { .. }
            | Record::WebhookDropped { .. } => {}
            Record::WebhookQueued(queued) => {
                let hook = Hook {
                    queued: queued.clone(),
                    attempts: 0,
                    first_attempt_at: None,
                    due_at: Some(queued.at.saturating_add(queued.delay)),
                    in_flight: false,
                };
                self.hooks.insert(queued.webhook, hook);
            }
            Record::WebhookAttempted(attempted) => self.attempted(attempted),
            Record::BalanceChanged(row) => self.ledger.apply(row),
            Record::RefundCreated(created) => {
                self.agenda.plan(Subject::Refund(created.refund), created.next_at);
                self.refunds.created(created);
            }
            Record::RefundMoved(moved) => {
                self.agenda.plan(Subject::Refund(moved.refund), moved.next_at);
                self.refunds.moved(moved);
            }
            Record::RecipientCreated(created) => self.payouts.known(created),
            Record::TransferStarted(started) => {
                self.agenda.plan(Subject::Transfer(started.transfer), started.next_at);
                self.payouts.started(started);
            }
            Record::TransferMoved(moved) => {
                self.agenda.plan(Subject::Transfer(moved.transfer), moved.next_at);
                self.payouts.moved(moved);
            }
            Record::DisputeOpened(opened) => {
                self.agenda.plan(Subject::Dispute(opened.dispute), Some(opened.next_at));
                self.disputes.opened(opened);
            }
            Record::DisputeReminded { dispute, next_at, .. } => {
                self.agenda.plan(Subject::Dispute(*dispute), Some(*next_at));
            }
            Record::DisputeMoved(moved) => {
                self.agenda.plan(Subject::Dispute(moved.dispute), moved.next_at);
                self.disputes.moved(moved);
            }
            Record::EvidenceAdded(evidence) => self.disputes.told(evidence),
            Record::UploadOffered(offered) => self.disputes.offered(offered),
            Record::Uploaded { file, .. } => self.disputes.uploaded(file),
        }
        self.records.push(record);
    }

    fn plan_charge(&mut self, reference: &str, next_at: Option<i64>) {
        if let Some(id) = self.by_reference(reference).map(|known| known.opened.id) {
            self.agenda.plan(Subject::Charge(id), next_at);
        }
    }

    fn change(&mut self, reference: &str, change: impl FnOnce(&mut Transaction)) {
        let index = self.by_reference.get(reference).copied();
        if let Some(transaction) = index.and_then(|index| self.transactions.get_mut(index)) {
            change(transaction);
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

    pub(super) fn by_id(&self, id: u64) -> Option<&Transaction> {
        self.by_id.get(&id).and_then(|index| self.transactions.get(*index))
    }

    /// The transaction that a client names by its reference or by its id.
    pub(super) fn named(&self, name: &str) -> Option<&Transaction> {
        self.by_reference(name).or_else(|| self.by_id(name.parse().ok()?))
    }

    /// What became of it. After any refund, and be it a part, Paystack calls it `reversal-pending` until all of
    /// it was given back; if every refund failed it is a success again.
    pub(super) fn standing(&self, transaction: &Transaction) -> Standing {
        self.standing_after(transaction, 0)
    }

    /// What will have become of it when this much more was given back.
    pub(super) fn standing_after(&self, transaction: &Transaction, given: u64) -> Standing {
        let paid = match &transaction.status {
            Status::Open => {
                let charged = transaction.charge.as_ref().map(|charge| charge.status);
                return match charged {
                    None => Standing::Open,
                    Some(ChargeStatus::Pending) => Standing::Pending,
                    Some(_) => Standing::Ongoing,
                };
            }
            Status::Failed { .. } => return Standing::Failed,
            Status::Success(paid) => paid,
        };
        let (mut any, mut processed) = (given > 0, given);
        for refund in self.refunds.of(transaction.opened.id) {
            any |= refund.status != RefundStatus::Failed;
            if refund.status == RefundStatus::Processed {
                processed = processed.saturating_add(refund.created.amount);
            }
        }
        if !any {
            Standing::Success
        } else if processed >= paid.amount {
            Standing::Reversed
        } else {
            Standing::ReversalPending
        }
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
