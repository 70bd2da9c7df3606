//! Refunds: `POST /refund`, `GET /refund`, `GET /refund/{id}`, `POST /refund/retry_with_customer_details/{id}`.
//!
//! Guarantees the rules that were observed at Paystack: a payment can be given back in parts, never more than
//! was paid; without an amount the whole original amount is meant, also after a part; there is no key against
//! doing it twice; it goes on by itself, slowly, and how it ends depends on the test card that paid. Codes of
//! refusals that nobody published are a convention of the twin. Callers: `api`, `control`, `dispute`, the agenda.

mod book;
mod calls;
mod facts;
mod rules;
mod wire;

pub(super) use book::Refunds;
pub(super) use calls::{create, fetch, list, retry};
pub use facts::{RefundCreated, RefundMoved, RefundOrigin, RefundStatus};
pub(super) use rules::{Asked, by_dispute, create as begin, go_on, move_to};
