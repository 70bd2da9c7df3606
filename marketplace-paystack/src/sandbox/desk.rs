//! Where something is decided: what is known, and the records that will say what was decided.
//!
//! Guarantees that a decision changes nothing by itself: its records are committed together, or not at all, by
//! whoever opened the desk. A webhook that is owed is a record like any other, so nothing that happened is
//! without its webhook after a crash. Callers: [`Sandbox::decide`](super::Sandbox) and the agenda open it, the
//! rules of every topic write on it.

use super::behaviour::Behaviour;
use super::control::Controls;
use super::record::{Record, WebhookQueued};
use super::state::State;
use super::twin::Config;

pub(super) struct Desk<'a> {
    pub(super) state: &'a State,
    pub(super) config: &'a Config,
    pub(super) behaviour: &'a Behaviour,
    /// When it happens: now, or when it was due.
    pub(super) at: i64,
    controls: &'a mut Controls,
    records: Vec<Record>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        state: &'a State,
        config: &'a Config,
        behaviour: &'a Behaviour,
        controls: &'a mut Controls,
        at: i64,
    ) -> Self {
        Self { state, config, behaviour, at, controls, records: Vec::new() }
    }

    /// What was decided so far.
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn into_records(self) -> Vec<Record> {
        self.records
    }

    pub(super) fn record(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Owes the merchant a webhook, if the account has an address for them.
    pub(super) fn notify(&mut self, reference: &str, event: &str, body: &str) {
        if self.config.receiver.is_none() {
            return;
        }
        let body = self.config.mode.tell_hook(event, body);
        let (at, reference, event) = (self.at, reference.to_owned(), event.to_owned());
        let orders = self.controls.take_webhook_orders();
        if orders.copies == 0 {
            self.record(Record::WebhookDropped { at, reference, event });
            return;
        }
        for _ in 0..orders.copies {
            let webhook = self.next_webhook();
            self.record(Record::WebhookQueued(WebhookQueued {
                at,
                webhook,
                reference: reference.clone(),
                event: event.clone(),
                body: body.clone(),
                delay: orders.delay,
                damage: orders.damage,
            }));
        }
    }

    /// The number the next webhook gets.
    pub(super) fn next_webhook(&self) -> u64 {
        let last = self.records.iter().rev().find_map(|record| {
            if let Record::WebhookQueued(queued) = record { Some(queued.webhook) } else { None }
        });
        last.map_or_else(|| self.state.next_webhook(), |last| last.saturating_add(1))
    }
}
