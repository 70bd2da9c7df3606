//! Paying out: `POST /transferrecipient`, `POST /transfer` and what follows it.
//!
//! Guarantees that the same account is the same recipient, that a reference names one transfer for ever, that a
//! transfer and its fee leave the balance together and come back together, and that a transfer goes on by
//! itself as its recipient's account number says (see `magic`). Approval by URL is not modelled. Callers: `api`,
//! `control`, the agenda.

mod book;
mod bulk;
mod calls;
mod facts;
mod magic;
mod otp;
mod recipient;
mod rules;
mod wire;

pub(super) use book::Payouts;
pub(super) use bulk::bulk;
pub(super) use calls::{fetch, initiate, list, verify};
pub use facts::{RecipientCreated, TransferMoved, TransferStarted, TransferStatus};
pub(super) use otp::{disable_otp, enable_otp, finalize, finalize_disable_otp, resend};
pub(super) use recipient::create as create_recipient;
pub(super) use rules::{go_on, move_to};
