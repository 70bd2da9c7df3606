//! Paying out: `POST /transferrecipient`, `POST /transfer` and what follows it.
//!
//! Guarantees that the same account is the same recipient, that a reference names one transfer for ever, that a
//! transfer and its fee leave the balance together and come back together, and that a transfer goes on by
//! itself as its recipient's account number says (see `magic`). Bulk transfers, approval by URL and the calls
//! that switch one-time passwords are not modelled. Callers: `api`, `control`, the agenda.

mod book;
mod calls;
mod facts;
mod magic;
mod otp;
mod recipient;
mod rules;
mod wire;

pub(super) use book::Payouts;
pub(super) use calls::{fetch, initiate, list, verify};
pub use facts::{RecipientCreated, TransferMoved, TransferStarted, TransferStatus};
pub(super) use otp::{finalize, resend};
pub(super) use recipient::create as create_recipient;
pub(super) use rules::{go_on, move_to};
