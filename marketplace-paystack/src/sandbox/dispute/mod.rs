//! Disputes: `GET /dispute`, `GET` and `PUT /dispute/{id}`, evidence, uploads, and how they end.
//!
//! Guarantees that only [`Control::open_dispute`](super::Control::open_dispute) opens one; that the merchant has
//! sixteen hours, is reminded every four, and has accepted when they are over; and that what is accepted is
//! given back. Declining hands it to the bank, which answers when
//! [`Control::decide_dispute`](super::Control::decide_dispute) says so. How a lost case is called after that, and
//! that evidence alone does not stop the clock, are conventions of the twin. Callers: `api`, `control`, the
//! agenda.

mod answers;
mod book;
mod calls;
mod facts;
mod rules;
mod uploads;
mod wire;

pub(super) use answers::{evidence, resolve, update};
pub(super) use book::Disputes;
pub(super) use calls::{fetch, list, of_transaction};
pub use facts::{
    DisputeCategory, DisputeMoved, DisputeOpened, DisputeStatus, EvidenceAdded, Resolution, UploadOffered,
};
pub(super) use rules::{decide, go_on, open};
pub(super) use uploads::{offer, receive};
