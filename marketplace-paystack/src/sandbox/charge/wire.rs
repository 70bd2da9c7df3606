//! Charges as JSON.
//!
//! Guarantees the published form of each step, which says no more than what the payer is to do, and the forms of a
//! charge that went through: one by specification for a charge, one by the samples for a submitted answer, one for a
//! saved card. Callers: `calls`, `saved`.

use serde_json::{Value, json};

use super::accounts::{PAYBILL, USSD};
use super::book::Charge;
use super::facts::ChargeStatus;
use crate::sandbox::initialize;
use crate::sandbox::state::{Status, Transaction};
use crate::sandbox::twin::Config;
use crate::sandbox::wire::{time, verified};

/// The number of bills at Paystack.
const BILLER: &str = "4084333";

/// In whose words a charge that went through is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Charged,
    Submitted,
}

/// What a charge looks like now.
pub(super) fn stands(
    config: &Config,
    transaction: &Transaction,
    charge: Option<&Charge>,
    whole: Whole,
) -> Value {
    let reference = &transaction.opened.reference;
    match (&transaction.status, charge) {
        (Status::Success(_), _) => went_through(transaction, whole),
        (Status::Failed { reason, .. }, charge) => {
            let late = charge.is_some_and(|charge| charge.status == ChargeStatus::Timeout);
            let status = if late { ChargeStatus::Timeout.as_str() } else { "failed" };
            json!({
                "reference": reference, "status": status, "message": reason.as_deref().unwrap_or("Declined")
            })
        }
        (Status::Open, Some(charge)) => step(config, transaction, charge),
        (Status::Open, None) => json!({"reference": reference, "status": "pending"}),
    }
}

fn step(config: &Config, transaction: &Transaction, charge: &Charge) -> Value {
    let (opened, started) = (&transaction.opened, &charge.started);
    let destination = started.destination.as_deref().unwrap_or_default();
    let mut data = json!({"reference": opened.reference, "status": charge.status});
    let mut add = |name: &str, value: Value| {
        if let Some(data) = data.as_object_mut() {
            data.insert(name.to_owned(), value);
        }
    };
    let text = match (charge.status, started.instrument.as_str()) {
        (ChargeStatus::SendOtp, _) => "Please enter OTP (none will be sent to your phone)",
        (ChargeStatus::SendPhone, _) => "Kindly enter a mobile no (at least 10 digits)",
        (ChargeStatus::SendBirthday, _) => "Please enter your birthday",
        (ChargeStatus::SendAddress, _) => "Please enter your address",
        (ChargeStatus::PayOffline, USSD) => {
            add("ussd_code", json!(destination));
            let text = format!("Please dial {destination} on your mobile phone to complete the transaction");
            add("display_text", json!(text));
            ""
        }
        (ChargeStatus::PayOffline, PAYBILL) => {
            add("account_number", json!(BILLER));
            add("account_reference", json!(destination));
            "Please complete the payment with the account number and reference"
        }
        (ChargeStatus::PayOffline, _) => "Please complete authorization process on your mobile phone",
        (ChargeStatus::OpenUrl, _) => {
            add("url", json!(initialize::page_of(config, opened)));
            ""
        }
        (ChargeStatus::PendingBankTransfer, _) => {
            add("amount", json!(opened.amount));
            add("account_name", json!("PAYSTACK CHECKOUT"));
            add("account_number", json!(destination));
            add("bank", json!({"slug": "test-bank", "name": "Test Bank", "id": 24}));
            add("account_expires_at", json!(started.next_at.map(time)));
            "Please make a transfer to the account specified"
        }
        (ChargeStatus::Pending | ChargeStatus::SendPin | ChargeStatus::Timeout, _) => "",
    };
    if !text.is_empty() {
        add("display_text", json!(text));
    }
    data
}

fn went_through(transaction: &Transaction, whole: Whole) -> Value {
    let mut data = verified(transaction, "success");
    if let Some(data) = data.as_object_mut() {
        data.insert("log".to_owned(), Value::Null);
        if whole == Whole::Submitted {
            data.remove("receipt_number");
            data.remove("connect");
        }
    }
    data
}

/// A saved card that was charged, or refused by its bank.
pub(super) fn authorized(transaction: &Transaction) -> Value {
    let is_paid = matches!(transaction.status, Status::Success(_));
    let mut data = verified(transaction, if is_paid { "success" } else { "failed" });
    if let Some(data) = data.as_object_mut() {
        let kept = [
            "amount",
            "authorization",
            "channel",
            "currency",
            "customer",
            "domain",
            "fees",
            "gateway_response",
            "id",
            "ip_address",
            "log",
            "message",
            "metadata",
            "plan",
            "reference",
            "status",
            "transaction_date",
        ];
        data.retain(|name, _| kept.contains(&name.as_str()));
        data.insert("log".to_owned(), Value::Null);
        data.insert("ip_address".to_owned(), Value::Null);
        if let Some(customer) = data.get_mut("customer").and_then(Value::as_object_mut) {
            customer.remove("international_format_phone");
        }
    }
    data
}
