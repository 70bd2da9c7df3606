//! The transaction object, as it stands in answers and in webhooks, and what all objects share.
//!
//! Guarantees the field names, the loose types and the differences between the places that Paystack's samples
//! show: an empty object here, a null there, `metadata` as object, `""` or `0`, two spellings of one time, a
//! blank at the end of `card_type`. Webhooks begin with `event`, which the alphabet puts behind `data`, so a
//! client that parses and re-writes one before checking its signature fails. Callers: every endpoint and every
//! rule that owes a webhook.

mod charge_success;
mod parts;
mod places;
mod transaction;

pub(super) use charge_success::{charge_success, transfer_rejected};
pub(super) use parts::{DOMAIN, INTEGRATION, event, time};
pub(super) use places::{Place, customer_of, in_dispute, in_refund};
pub(super) use transaction::{fetched, listed, timeline, verified, word};
