//! The answers of `GET /transaction/verify/{reference}`, `GET /transaction/{id}` and `GET /transaction`.
//!
//! Guarantees every field in every state, null or empty where nothing is known yet, and that each of the three
//! has its own set of fields, as the samples have. Callers: `transaction`.

use serde_json::{Value, json};

use super::parts::{DOMAIN, card, customer, time};
use crate::sandbox::instruments;
use crate::sandbox::state::{Standing, Status, Transaction};

/// An address of the documentation range.
const PAYER: &str = "192.0.2.33";
const DECLINED: &str = "Declined";

/// What a transaction is called. `underscore` is the other spelling of one of the words.
pub(in crate::sandbox) fn word(standing: Standing, underscore: bool) -> &'static str {
    match standing {
        Standing::Open => "abandoned",
        Standing::Ongoing => "ongoing",
        Standing::Pending => "pending",
        Standing::Failed => "failed",
        Standing::Success => "success",
        Standing::ReversalPending if underscore => "reversal_pending",
        Standing::ReversalPending => "reversal-pending",
        Standing::Reversed => "reversed",
    }
}

/// What depends on how far it came.
struct Seen<'a> {
    amount: u64,
    requested: u64,
    currency: &'a str,
    fees: Option<u64>,
    paid_at: Option<String>,
    message: Option<&'a str>,
    gateway_response: &'a str,
    ip_address: Option<&'static str>,
    channel: &'static str,
    authorization: Value,
    log: Value,
}

fn seen(transaction: &Transaction) -> Seen<'_> {
    let opened = &transaction.opened;
    let open = Seen {
        amount: opened.amount,
        requested: opened.amount,
        currency: &opened.currency,
        fees: None,
        paid_at: None,
        message: None,
        gateway_response: "The transaction was not completed",
        ip_address: None,
        channel: transaction.charge.as_ref().map_or("card", |charge| charge.instrument().channel),
        authorization: json!({}),
        log: Value::Null,
    };
    match &transaction.status {
        Status::Open => open,
        Status::Failed { at, reason } => {
            let reason = reason.as_deref().unwrap_or(DECLINED);
            Seen {
                message: Some(reason),
                gateway_response: reason,
                ip_address: Some(PAYER),
                log: log(*at, Err(reason)),
                ..open
            }
        }
        Status::Success(paid) => Seen {
            amount: paid.amount,
            requested: paid.requested_amount,
            currency: &paid.currency,
            fees: Some(paid.fees),
            paid_at: Some(time(paid.at)),
            gateway_response: "Successful",
            ip_address: Some(PAYER),
            channel: instruments::of(paid.instrument.as_deref()).channel,
            authorization: json!(card(paid)),
            log: log(paid.at, Ok(())),
            ..open
        },
    }
}

fn log(at: i64, result: Result<(), &str>) -> Value {
    let success = result.is_ok();
    let message = result.err().unwrap_or("Successfully paid with card");
    json!({
        "start_time": at.div_euclid(1_000_000).saturating_sub(4), "time_spent": 4, "attempts": 1,
        "errors": u8::from(!success), "success": success, "mobile": false, "input": [],
        "history": [
            {"type": "action", "message": "Attempted to pay with card", "time": 3},
            {"type": if success { "success" } else { "error" }, "message": message, "time": 4}
        ]
    })
}

/// The answer of `verify`.
pub(in crate::sandbox) fn verified(transaction: &Transaction, status: &str) -> Value {
    let (opened, seen) = (&transaction.opened, seen(transaction));
    let created_at = time(opened.at);
    json!({
        "id": opened.id, "domain": DOMAIN, "status": status, "reference": opened.reference,
        "receipt_number": null, "amount": seen.amount, "message": seen.message,
        "gateway_response": seen.gateway_response, "paid_at": seen.paid_at, "created_at": created_at,
        "channel": seen.channel, "currency": seen.currency, "ip_address": seen.ip_address,
        "metadata": opened.metadata, "log": seen.log, "fees": seen.fees, "fees_split": null,
        "authorization": seen.authorization, "customer": customer(opened, None), "plan": null, "split": {},
        "order_id": null, "paidAt": seen.paid_at, "createdAt": created_at,
        "requested_amount": seen.requested, "pos_transaction_data": null, "source": null,
        "fees_breakdown": null, "connect": null, "transaction_date": created_at, "plan_object": {},
        "subaccount": {}
    })
}

/// The answer of `GET /transaction/{id}`.
pub(in crate::sandbox) fn fetched(transaction: &Transaction, status: &str) -> Value {
    let (opened, seen) = (&transaction.opened, seen(transaction));
    let created_at = time(opened.at);
    json!({
        "id": opened.id, "domain": DOMAIN, "status": status, "reference": opened.reference,
        "receipt_number": null, "amount": seen.amount, "message": seen.message,
        "gateway_response": seen.gateway_response, "helpdesk_link": null, "paid_at": seen.paid_at,
        "created_at": created_at, "channel": seen.channel, "currency": seen.currency,
        "ip_address": seen.ip_address, "metadata": opened.metadata, "log": seen.log, "fees": seen.fees,
        "fees_split": null, "authorization": seen.authorization, "customer": customer(opened, None),
        "plan": {}, "subaccount": {}, "split": {}, "order_id": null, "paidAt": seen.paid_at,
        "createdAt": created_at, "requested_amount": seen.requested, "pos_transaction_data": null,
        "source": {"type": "api", "source": "merchant_api", "identifier": null}, "fees_breakdown": null,
        "connect": null
    })
}

/// A row of `GET /transaction`.
pub(in crate::sandbox) fn listed(transaction: &Transaction, status: &str) -> Value {
    let (opened, seen) = (&transaction.opened, seen(transaction));
    let created_at = time(opened.at);
    let metadata = if opened.metadata == "" { &Value::Null } else { &opened.metadata };
    json!({
        "id": opened.id, "domain": DOMAIN, "status": status, "reference": opened.reference,
        "amount": seen.amount, "message": seen.message, "gateway_response": seen.gateway_response,
        "paid_at": seen.paid_at, "created_at": created_at, "channel": seen.channel,
        "currency": seen.currency, "ip_address": seen.ip_address, "metadata": metadata, "log": seen.log,
        "fees": seen.fees, "fees_split": null,
        "customer": {
            "id": opened.customer_id, "first_name": null, "last_name": null, "email": opened.email,
            "phone": null, "metadata": null, "customer_code": opened.customer_code, "risk_action": "default"
        },
        "authorization": seen.authorization, "plan": {}, "split": {}, "subaccount": {}, "order_id": null,
        "paidAt": seen.paid_at, "createdAt": created_at, "requested_amount": seen.requested,
        "source": {
            "source": "merchant_api", "type": "api", "identifier": null,
            "entry_point": opened.entry.as_str()
        },
        "connect": null, "pos_transaction_data": null
    })
}

/// The answer of `GET /transaction/timeline/{id_or_reference}`; null while nobody tried to pay.
pub(in crate::sandbox) fn timeline(transaction: &Transaction) -> Value {
    seen(transaction).log
}
