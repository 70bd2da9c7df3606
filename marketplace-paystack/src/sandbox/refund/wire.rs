//! Refunds as JSON: created, fetched, listed, retried, and in webhooks.
//!
//! Guarantees the loose types of Paystack's samples: `transaction` is an object when a refund is created and a
//! number later, `fully_deducted` a flag here and `1` or null there, times have two spellings, and the amount of
//! a webhook is text unless the refund failed. Callers: `calls` and `rules`.

use serde_json::{Value, json};

use super::book::Refund;
use super::facts::{RefundCreated, RefundOrigin, RefundStatus};
use crate::sandbox::record::Initialized;
use crate::sandbox::wire::{DOMAIN, INTEGRATION, event, time};

const OWNER: &str = "owner";
const DAY: i64 = 86_400_000_000;

fn expected_at(created: &RefundCreated) -> String {
    time(created.at.saturating_add(DAY.saturating_mul(10)))
}

fn dispute(created: &RefundCreated) -> Option<u64> {
    if let RefundOrigin::Dispute(dispute) = created.origin { Some(dispute) } else { None }
}

impl Refund {
    fn deducted(&self) -> u64 {
        if self.status == RefundStatus::Processed { self.created.amount } else { 0 }
    }

    fn refunded_at(&self) -> Option<String> {
        (self.status == RefundStatus::Processed).then(|| time(self.moved_at))
    }

    fn channel(&self) -> Option<&'static str> {
        (self.status != RefundStatus::Pending).then_some("migs")
    }
}

/// The answer that creates it. `transaction` is the object of the payment.
pub(super) fn created(refund: &Refund, transaction: &Value) -> Value {
    let created = &refund.created;
    let at = time(created.at);
    json!({
        "transaction": transaction, "integration": INTEGRATION, "deducted_amount": 0, "channel": null,
        "merchant_note": created.merchant_note, "customer_note": created.customer_note,
        "status": created.status, "refunded_by": OWNER, "expected_at": expected_at(created),
        "currency": created.currency, "domain": DOMAIN, "amount": created.amount, "fully_deducted": false,
        "id": created.refund, "createdAt": at, "updatedAt": at
    })
}

/// The object of `GET /refund/{id}`.
pub(super) fn fetched(refund: &Refund) -> Value {
    let created = &refund.created;
    json!({
        "integration": INTEGRATION, "transaction": created.transaction, "dispute": dispute(created),
        "settlement": null, "domain": DOMAIN, "amount": created.amount, "deducted_amount": refund.deducted(),
        "fully_deducted": refund.deducted() > 0, "currency": created.currency, "channel": refund.channel(),
        "status": refund.status, "refunded_by": OWNER, "refunded_at": refund.refunded_at(),
        "expected_at": expected_at(created), "customer_note": created.customer_note,
        "merchant_note": created.merchant_note, "id": created.refund, "createdAt": time(created.at),
        "updatedAt": time(refund.moved_at)
    })
}

/// A row of `GET /refund`.
pub(super) fn listed(refund: &Refund) -> Value {
    let created = &refund.created;
    let fully_deducted = (refund.deducted() > 0).then_some(1);
    json!({
        "id": created.refund, "integration": INTEGRATION, "domain": DOMAIN,
        "transaction": created.transaction, "dispute": dispute(created), "amount": created.amount,
        "deducted_amount": refund.deducted(), "currency": created.currency, "channel": refund.channel(),
        "fully_deducted": fully_deducted, "refunded_by": OWNER, "refunded_at": refund.refunded_at(),
        "expected_at": expected_at(created), "settlement": null, "customer_note": created.customer_note,
        "merchant_note": created.merchant_note, "created_at": time(created.at),
        "updated_at": time(refund.moved_at), "status": refund.status
    })
}

/// The answer of a retry.
pub(super) fn retried(refund: &Refund) -> Value {
    let created = &refund.created;
    json!({
        "integration": INTEGRATION, "transaction": created.transaction, "dispute": dispute(created),
        "settlement": null, "id": created.refund, "domain": DOMAIN, "currency": created.currency,
        "amount": created.amount, "status": refund.status, "refunded_at": refund.refunded_at(),
        "expected_at": expected_at(created), "channel": refund.channel(), "refunded_by": OWNER,
        "customer_note": created.customer_note, "merchant_note": created.merchant_note,
        "deducted_amount": refund.deducted(), "fully_deducted": refund.deducted() > 0,
        "bank_reference": null, "reason": "PROCESSING", "customer": null, "initiated_by": OWNER,
        "reversed_at": null, "session_id": null
    })
}

/// The text of the webhook. The short form has neither id nor notes.
pub(super) fn notice(
    created: &RefundCreated,
    status: RefundStatus,
    opened: &Initialized,
    short: bool,
) -> String {
    let asks = status == RefundStatus::NeedsAttention;
    let (amount, reference) = match status {
        RefundStatus::Failed => (json!(created.amount), Some(format!("TRF_{}", created.refund))),
        RefundStatus::Processed => {
            (json!(created.amount.to_string()), Some(format!("132{}", created.refund)))
        }
        _ => (json!(created.amount.to_string()), None),
    };
    let mut data = json!({
        "status": status, "transaction_reference": created.reference, "refund_reference": reference,
        "amount": amount, "currency": created.currency,
        "customer": {"first_name": null, "last_name": null, "email": opened.email},
        "integration": INTEGRATION, "domain": DOMAIN
    });
    let mut add = |name: &str, value: Value| {
        if let Some(data) = data.as_object_mut() {
            data.insert(name.to_owned(), value);
        }
    };
    if !asks {
        add("processor", json!("instant-transfer"));
    }
    if asks || !short {
        let id = if asks { json!(created.refund.to_string()) } else { json!(created.refund) };
        add("id", id);
        add("customer_note", json!(created.customer_note));
        add("merchant_note", json!(created.merchant_note));
    }
    event(&format!("refund.{}", status.as_str()), data)
}
