//! The answer of `verify`.
//!
//! Guarantees every field in every state, null or empty where nothing is known yet. Caller: `api`.

use serde::Serialize;
use serde_json::Value;

use super::parts::{Authorization, Customer, Empty, NULL, Null, card, customer, time};
use crate::sandbox::state::{Status, Transaction};

/// An address of the documentation range.
const PAYER: &str = "192.0.2.33";

/// The answer of `verify`.
#[derive(Serialize)]
pub(in crate::sandbox) struct Verified<'a> {
    id: u64,
    domain: &'static str,
    status: &'static str,
    reference: &'a str,
    receipt_number: Null,
    amount: u64,
    message: Option<&'static str>,
    gateway_response: &'static str,
    paid_at: Option<String>,
    created_at: String,
    channel: &'static str,
    currency: &'a str,
    ip_address: Option<&'static str>,
    metadata: &'a Value,
    log: Option<Log>,
    fees: Option<u64>,
    fees_split: Null,
    authorization: MaybeAuthorization<'a>,
    customer: Customer<'a>,
    plan: Null,
    split: Empty,
    order_id: Null,
    #[serde(rename = "paidAt")]
    paid_at_again: Option<String>,
    #[serde(rename = "createdAt")]
    created_at_again: String,
    requested_amount: u64,
    pos_transaction_data: Null,
    source: Null,
    fees_breakdown: Null,
    connect: Null,
    transaction_date: String,
    plan_object: Empty,
    subaccount: Empty,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MaybeAuthorization<'a> {
    None(Empty),
    Card(Authorization<'a>),
}

#[derive(Serialize)]
struct Log {
    start_time: i64,
    time_spent: u8,
    attempts: u8,
    errors: u8,
    success: bool,
    mobile: bool,
    input: [Null; 0],
    history: [Step; 2],
}

#[derive(Serialize)]
struct Step {
    r#type: &'static str,
    message: &'static str,
    time: u8,
}

fn log(at: i64, success: bool) -> Log {
    let message = if success { "Successfully paid with card" } else { "Declined" };
    Log {
        start_time: at.div_euclid(1_000_000).saturating_sub(4),
        time_spent: 4,
        attempts: 1,
        errors: u8::from(!success),
        success,
        mobile: false,
        input: [],
        history: [
            Step { r#type: "action", message: "Attempted to pay with card", time: 3 },
            Step { r#type: if success { "success" } else { "error" }, message, time: 4 },
        ],
    }
}

/// The object of a transaction in any state.
pub(in crate::sandbox) fn verified(transaction: &Transaction) -> Verified<'_> {
    let opened = &transaction.opened;
    let created_at = time(opened.at);
    let untouched = Verified {
        id: opened.id,
        domain: "test",
        status: "abandoned",
        reference: &opened.reference,
        receipt_number: NULL,
        amount: opened.amount,
        message: None,
        gateway_response: "The transaction was not completed",
        paid_at: None,
        created_at: created_at.clone(),
        channel: "card",
        currency: &opened.currency,
        ip_address: None,
        metadata: &opened.metadata,
        log: None,
        fees: None,
        fees_split: NULL,
        authorization: MaybeAuthorization::None(Empty {}),
        customer: customer(opened, None),
        plan: NULL,
        split: Empty {},
        order_id: NULL,
        paid_at_again: None,
        created_at_again: created_at.clone(),
        requested_amount: opened.amount,
        pos_transaction_data: NULL,
        source: NULL,
        fees_breakdown: NULL,
        connect: NULL,
        transaction_date: created_at,
        plan_object: Empty {},
        subaccount: Empty {},
    };
    match &transaction.status {
        Status::Open => untouched,
        Status::Failed { at } => Verified {
            status: "failed",
            message: Some("Declined"),
            gateway_response: "Declined",
            ip_address: Some(PAYER),
            log: Some(log(*at, false)),
            ..untouched
        },
        Status::Success(paid) => Verified {
            status: "success",
            amount: paid.amount,
            gateway_response: "Successful",
            paid_at: Some(time(paid.at)),
            currency: &paid.currency,
            ip_address: Some(PAYER),
            log: Some(log(paid.at, true)),
            fees: Some(paid.fees),
            authorization: MaybeAuthorization::Card(card(&paid.authorization_code)),
            paid_at_again: Some(time(paid.at)),
            requested_amount: paid.requested_amount,
            ..untouched
        },
    }
}
