//! The transaction object inside of refunds and disputes.
//!
//! Guarantees what the samples of those places show, which is less than the transaction itself. Callers:
//! `refund` and `dispute`.

use serde_json::{Value, json};

use super::parts::{DOMAIN, customer, time};
use crate::sandbox::instruments;
use crate::sandbox::record::Initialized;
use crate::sandbox::state::{Status, Transaction};

/// Which object of a dispute the transaction stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Place {
    List,
    Object,
    Webhook,
}

struct Taken<'a> {
    amount: u64,
    currency: &'a str,
    fees: Option<u64>,
    channel: &'static str,
    paid_at: Option<String>,
    requested: u64,
}

fn taken(transaction: &Transaction) -> Taken<'_> {
    let opened = &transaction.opened;
    match &transaction.status {
        Status::Success(paid) => Taken {
            amount: paid.amount,
            currency: &paid.currency,
            fees: Some(paid.fees),
            channel: instruments::of(paid.instrument.as_deref()).channel,
            paid_at: Some(time(paid.at)),
            requested: paid.requested_amount,
        },
        Status::Open | Status::Failed { .. } => Taken {
            amount: opened.amount,
            currency: &opened.currency,
            fees: None,
            channel: "card",
            paid_at: None,
            requested: opened.amount,
        },
    }
}

/// Inside of a refund that was just created.
pub(in crate::sandbox) fn in_refund(transaction: &Transaction) -> Value {
    let (opened, taken) = (&transaction.opened, taken(transaction));
    json!({
        "id": opened.id, "domain": DOMAIN, "reference": opened.reference, "amount": taken.amount,
        "paid_at": taken.paid_at, "channel": taken.channel, "currency": taken.currency,
        "authorization": {"exp_month": null, "exp_year": null, "account_name": null},
        "customer": {"international_format_phone": null}, "plan": {}, "subaccount": {"currency": null},
        "split": {}, "order_id": null, "paidAt": taken.paid_at, "pos_transaction_data": null,
        "source": null, "fees_breakdown": null
    })
}

/// Inside of a dispute.
pub(in crate::sandbox) fn in_dispute(transaction: &Transaction, status: &str, place: Place) -> Value {
    let (opened, taken) = (&transaction.opened, taken(transaction));
    let customer =
        if place == Place::List { Value::Null } else { json!({"international_format_phone": null}) };
    let mut object = json!({
        "id": opened.id, "domain": DOMAIN, "status": status, "reference": opened.reference,
        "amount": taken.amount, "message": null, "gateway_response": "Approved", "paid_at": taken.paid_at,
        "created_at": time(opened.at), "channel": taken.channel, "currency": taken.currency,
        "ip_address": null, "metadata": opened.metadata, "log": null, "fees": taken.fees, "fees_split": null,
        "authorization": {}, "customer": customer, "plan": {}, "subaccount": {}, "split": {},
        "order_id": null, "paidAt": taken.paid_at
    });
    let mut add = |name: &str, value: Value| {
        if let Some(object) = object.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
    };
    if place != Place::Webhook {
        add("createdAt", json!(time(opened.at)));
    }
    if place != Place::List {
        add("requested_amount", json!(taken.requested));
    }
    if place != Place::Object {
        add("pos_transaction_data", Value::Null);
    }
    object
}

/// The payer, as a dispute tells them.
pub(in crate::sandbox) fn customer_of(opened: &Initialized) -> Value {
    json!(customer(opened, None))
}
