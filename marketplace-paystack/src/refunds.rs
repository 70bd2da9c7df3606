//! Giving money back.
//!
//! Guarantees: a refund that carries our id is never begun a second time by this adapter once Paystack lists
//! it: Paystack has no key for refunds, so our id travels in `merchant_note`, and is looked for before
//! anything is sent; the payment is named by Paystack's own number, the only name under which its refunds are
//! listed; the amount is always said, because a missing one asks for all, also after a part was given back;
//! the currency, too.
//!
//! Does not: wait until a refund is found that was begun a moment ago. After an unknown outcome the caller
//! waits, and calls again. A list with a row that cannot be read is no list here: the row could be ours.
//!
//! Called by: refunds of the core.

use crate::{
    client::Paystack,
    failure::{Effect, before_command, not_sent},
    listing::{Page, begun},
    scale::{self, Fraction},
    wire::{self, Field},
};
use async_trait::async_trait;
use marketplace_core::{
    id::RefundId,
    payment::{
        CreateRefund, GatewayError, GatewayErrorKind, PaymentLocator, RefundSnapshot, RefundState, Refunds,
    },
    time::Timestamp,
};
use serde::Serialize;
use serde_json::Value;

/// Pages of one payment's refunds that are read at the most. More would mean that the filter is not obeyed.
const MOST_PAGES: usize = 20;

/// The body of `POST /refund`.
#[derive(Debug, Serialize)]
struct NewRefund<'a> {
    /// Paystack's number of the transaction.
    transaction: &'a str,
    /// Subunits, as an integer.
    amount: u64,
    currency: &'static str,
    /// For the payer. Paystack writes one of its own where there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    customer_note: &'a str,
    /// Holds our id, and comes back.
    merchant_note: String,
}

#[async_trait]
impl Refunds for Paystack {
    #[tracing::instrument(target = "marketplace::paystack", name = "refund.create", skip_all, fields(refund.id = %refund.id, payment.reference = %refund.payment.reference))]
    async fn create(&self, refund: CreateRefund) -> Result<RefundSnapshot, GatewayError> {
        let CreateRefund { id, payment, amount, reason } = refund;
        let transaction = number(&payment)?;
        let subunits = scale::to_wire(amount).filter(|subunits| *subunits > 0);
        let body = NewRefund {
            transaction: &transaction,
            amount: subunits.ok_or_else(|| not_sent("the amount has no form on the wire"))?,
            currency: amount.currency().code(),
            customer_note: &reason,
            merchant_note: note(id),
        };
        if let Some(earlier) = self.refund_with(id, &transaction).await.map_err(before_command)? {
            return Ok(earlier);
        }
        match self.post(Effect::Writes, &["refund"], &body).await {
            Ok(data) => begun_refund(&data, id),
            Err(refusal) if refusal.kind == GatewayErrorKind::WrongState => {
                // What was given back already may be an earlier call of ours that was not listed a moment ago.
                let earlier = self.refund_with(id, &transaction).await;
                earlier.map_err(unknown)?.ok_or(refusal)
            }
            Err(error) => Err(error),
        }
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "refund.fetch", skip_all, fields(refund.gateway_id = wire::shown(gateway_id)))]
    async fn fetch(&self, gateway_id: &str) -> Result<RefundSnapshot, GatewayError> {
        let data = self.get(&["refund", gateway_id], &[]).await?;
        snapshot(&data).map_err(|field| Effect::Reads.unread(field))
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "refund.find", skip_all, fields(payment.reference = %payment.reference))]
    async fn find(&self, payment: &PaymentLocator) -> Result<Vec<RefundSnapshot>, GatewayError> {
        self.refunds_of(&number(payment)?).await
    }
}

impl Paystack {
    /// Our refund, if Paystack lists it.
    async fn refund_with(
        &self,
        id: RefundId,
        transaction: &str,
    ) -> Result<Option<RefundSnapshot>, GatewayError> {
        let refunds = self.refunds_of(transaction).await?;
        Ok(refunds.into_iter().find(|refund| refund.id == Some(id)))
    }

    /// Every refund of a transaction, oldest first.
    async fn refunds_of(&self, transaction: &str) -> Result<Vec<RefundSnapshot>, GatewayError> {
        let mut found: Vec<(Option<Timestamp>, RefundSnapshot)> = Vec::new();
        let mut page = Page::FIRST;
        for _ in 0..MOST_PAGES {
            let (rows, next) = self.page(&["refund"], page, &[("transaction", transaction)]).await?;
            for row in &rows {
                let refund = snapshot(row).map_err(|field| Effect::Reads.unread(field))?;
                // A row of another payment is there only if the filter is not obeyed, and a known one only if
                // the list has moved on meanwhile.
                let ours = refund.payment.as_deref().is_none_or(|payment| payment == transaction);
                if ours && found.iter().all(|(_, known)| known.gateway_id != refund.gateway_id) {
                    found.push((begun(row), refund));
                }
            }
            let Some(next) = next else {
                found.sort_by_key(|(begun, refund)| (*begun, refund.gateway_id.parse::<u64>().ok()));
                return Ok(found.into_iter().map(|(_, refund)| refund).collect());
            };
            page = next;
        }
        Err(Effect::Reads.unread("meta.pageCount"))
    }
}

/// What is left unsaid by a look that fails: the refusal may be about our own refund.
fn unknown(error: GatewayError) -> GatewayError {
    GatewayError { kind: GatewayErrorKind::UnknownOutcome, ..error }
}

/// Paystack's number of a payment, as Paystack writes it: rows are told apart by it.
fn number(payment: &PaymentLocator) -> Result<String, GatewayError> {
    let plain = payment.gateway_id.as_deref().filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let number: Option<u64> = plain.and_then(|id| id.parse().ok());
    number
        .map(|number| number.to_string())
        .ok_or_else(|| not_sent("paystack's number of the payment is not known"))
}

fn note(id: RefundId) -> String {
    format!("refund {id}")
}

/// Our id in a note, which others may have written.
fn id_in(note: &str) -> Option<RefundId> {
    let words = note.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.into_iter().find_map(|word| word.parse().ok())
}

/// The refund that an accepted call began.
fn begun_refund(data: &Value, id: RefundId) -> Result<RefundSnapshot, GatewayError> {
    let refund = snapshot(data).map_err(|field| Effect::Writes.unread(field))?;
    match refund.id {
        Some(other) if other != id => Err(Effect::Writes.unread("merchant_note")),
        // It answers our call, also where it does not repeat our note.
        _ => Ok(RefundSnapshot { id: Some(id), ..refund }),
    }
}

/// The neutral form of a refund, or the field that cannot be read. The transaction is a number, or the whole
/// object.
fn snapshot(data: &Value) -> Result<RefundSnapshot, &'static str> {
    let transaction = data.get("transaction").unwrap_or(&Value::Null);
    let currency = wire::currency(data).or_else(|| wire::currency(transaction));
    let Field::Is(amount) = wire::money(data, "amount", currency, Fraction::Refused) else {
        return Err("amount");
    };
    let payment = match wire::number(data, "transaction") {
        Field::Is(number) => Some(number.to_string()),
        Field::Absent => None,
        Field::Unreadable => wire::id(transaction),
    };
    Ok(RefundSnapshot {
        gateway_id: wire::id(data).ok_or("id")?,
        id: wire::text(data, "merchant_note").and_then(id_in),
        payment,
        mode: wire::mode(data).or_else(|| wire::mode(transaction)).ok_or("domain")?,
        amount,
        state: state(wire::text(data, "status").ok_or("status")?),
    })
}

fn state(status: &str) -> RefundState {
    match status {
        "pending" => RefundState::Requested,
        "processing" => RefundState::Processing,
        "processed" => RefundState::Done,
        "failed" => RefundState::Failed,
        "needs-attention" | "needs_attention" => RefundState::NeedsDetails,
        other => {
            tracing::warn!(target: "marketplace::paystack", status = wire::shown(other), "unknown status of a refund, kept open");
            RefundState::Unrecognised
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::{
        money::{Currency, Money},
        payment::Mode,
    };
    use serde_json::json;

    const ID: &str = "rfd_0000000000000000000000000000002a";

    fn refund() -> Value {
        json!({
            "integration": 412_829, "transaction": 1_004_723_697, "dispute": null, "settlement": null, "domain": "test",
            "amount": 10_000, "deducted_amount": 10_000, "fully_deducted": true, "currency": "NGN", "channel": "migs",
            "status": "processed", "refunded_by": "owner", "refunded_at": "2026-08-22T09:15:02.000Z",
            "customer_note": "x", "merchant_note": format!("refund {ID}"), "id": 3_018_284
        })
    }

    fn with(changes: &Value) -> Value {
        let mut data = refund();
        data.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        data
    }

    #[test]
    fn a_refund() {
        let expected = RefundSnapshot {
            gateway_id: "3018284".to_owned(),
            id: ID.parse().ok(),
            payment: Some("1004723697".to_owned()),
            mode: Mode::Test,
            amount: Money::new(10_000, Currency::NGN),
            state: RefundState::Done,
        };
        assert_eq!(snapshot(&refund()), Ok(expected));
    }

    #[test]
    fn states_follow_the_table() {
        for (status, expected) in [
            ("pending", RefundState::Requested),
            ("processing", RefundState::Processing),
            ("processed", RefundState::Done),
            ("failed", RefundState::Failed),
            ("needs-attention", RefundState::NeedsDetails),
            ("needs_attention", RefundState::NeedsDetails),
            ("reversed", RefundState::Unrecognised),
            ("Processed", RefundState::Unrecognised),
        ] {
            assert_eq!(snapshot(&with(&json!({"status": status}))).unwrap().state, expected, "{status}");
        }
    }

    #[test]
    fn loose_types_do_not_matter() {
        for changes in [
            json!({"amount": "10000"}),
            json!({"id": "3018284"}),
            json!({"transaction": "1004723697"}),
            json!({"transaction": {"id": 1_004_723_697, "domain": "live", "currency": "GHS", "plan": {}}}),
            json!({"transaction": {"id": "1004723697"}}),
            json!({"currency": null, "transaction": {"id": 1_004_723_697, "currency": "NGN"}}),
            json!({"domain": null, "transaction": {"id": 1_004_723_697, "domain": "test"}}),
            json!({"fully_deducted": 1}),
            json!({"fully_deducted": null, "deducted_amount": "0"}),
            json!({"channel": null, "refunded_at": null, "settlement": {}}),
            json!({"customer": null, "customer_note": null, "session_id": 0}),
            json!({"a_new_field": [null]}),
        ] {
            assert_eq!(snapshot(&with(&changes)), snapshot(&refund()), "{changes}");
        }
    }

    #[test]
    fn our_id_is_found_in_any_note() {
        for note in [
            format!("refund {ID}"),
            ID.to_owned(),
            format!("Refund: {ID}."),
            format!("[{ID}]"),
            format!("rfd_ by ada, {ID}"),
        ] {
            assert_eq!(id_in(&note), ID.parse().ok(), "{note}");
        }
        for note in
            ["", "refund", "rfd_2a", "ọ rfd_", &ID.to_uppercase(), &format!("{ID}0"), &format!("x{ID}")]
        {
            assert_eq!(id_in(note), None, "{note}");
        }
        for odd in [json!({"merchant_note": null}), json!({"merchant_note": 7}), json!({"merchant_note": ""})]
        {
            assert_eq!(snapshot(&with(&odd)).unwrap().id, None, "{odd}");
        }
    }

    #[test]
    fn what_must_be_there_is_named_when_it_is_not() {
        for field in ["id", "status", "domain", "amount"] {
            for value in [json!(null), json!(""), json!({}), json!(-1), json!(1.5)] {
                assert_eq!(snapshot(&with(&json!({field: value}))), Err(field), "{field} {value}");
            }
        }
        assert_eq!(snapshot(&with(&json!({"currency": null}))), Err("amount"));
        assert_eq!(snapshot(&with(&json!({"currency": "XOF", "amount": 150}))), Err("amount"));
        assert_eq!(snapshot(&with(&json!({"transaction": null}))).unwrap().payment, None);
        assert_eq!(snapshot(&json!([])), Err("amount"));
        assert_eq!(snapshot(&Value::Null), Err("amount"));
    }
}
