//! The Paystack twin, from outside: as a server would mount it and as a test suite would steer it.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a helper of tests that fails fails the test"
)]

mod api;
mod balance;
mod banks;
mod bench;
mod binary;
mod bulk;
mod charge_ways;
mod charges;
mod command;
mod control;
mod dispute_hooks;
mod disputes;
mod faults;
mod hooks;
mod independence;
mod integrations;
mod page;
mod page_steps;
mod receiver;
mod recipients;
mod refund_hooks;
mod refunds;
mod refusals;
mod restart;
mod restart_topics;
mod saved_cards;
mod settings;
mod shape;
mod transactions;
mod transfer_hooks;
mod transfers;
mod webhook;
