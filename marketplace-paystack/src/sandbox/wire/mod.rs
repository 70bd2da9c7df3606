//! The transaction object, as it stands in `verify` and in the webhook.
//!
//! Guarantees the field names, the loose types and the differences between the two places that Paystack's
//! samples show: an empty object here, a null there, `metadata` as object, `""` or `0`, two spellings of one
//! time, a blank at the end of `card_type`. Fields stand in Paystack's order and not in the alphabet's, so a
//! client that parses and re-writes a webhook before checking its signature fails. Callers: `api` and
//! `transaction`.

mod charge_success;
mod parts;
mod verified;

pub(super) use charge_success::charge_success;
pub(super) use verified::verified;
