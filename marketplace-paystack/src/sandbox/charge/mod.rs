//! Charging a payer without the payment page: `POST /charge` and what follows it, and saved cards.
//!
//! Guarantees that a charge asks what its test instrument is published to ask, one thing after the other; that a
//! wrong answer ends it for ever, with status 400 and the state in the body; that what is refused before it began
//! creates nothing, so that its reference stays free; that whatever pays or fails here is a transaction like any
//! other, webhook included; and that what payers type is not kept. Cards are taken, although Paystack takes them
//! from certified businesses only. QR codes and Capitec Pay are refused. Callers: `api`, `page`, the agenda.

mod accounts;
mod book;
mod calls;
mod channel;
mod facts;
mod rules;
mod saved;
mod wire;

pub(super) use accounts::ACCOUNTS;
pub(super) use book::Charge;
pub(super) use calls::{check, create, submit};
pub use facts::{ChargeMoved, ChargeStarted, ChargeStatus};
pub(super) use rules::go_on;
pub(super) use saved::{charge as saved, deactivate};
