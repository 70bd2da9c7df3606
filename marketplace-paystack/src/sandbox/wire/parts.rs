//! The parts that several places share: card, customer, times, the frame of a webhook.
//!
//! Guarantees the published form of each. Callers: everything that writes JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::instruments;
use crate::sandbox::record::{Initialized, Paid};

/// The twin takes test keys only.
pub(in crate::sandbox) const DOMAIN: &str = "test";
/// The number of the account.
pub(in crate::sandbox) const INTEGRATION: u64 = 463_433;

/// Always null.
pub(super) type Null = Option<()>;
pub(super) const NULL: Null = None;

/// Always `{}`.
#[derive(Serialize)]
pub(super) struct Empty {}

#[expect(clippy::struct_field_names, reason = "the names are Paystack's")]
#[derive(Serialize)]
pub(super) struct Authorization<'a> {
    pub(super) authorization_code: &'a str,
    pub(super) bin: String,
    pub(super) last4: String,
    pub(super) exp_month: &'static str,
    pub(super) exp_year: &'static str,
    pub(super) channel: &'static str,
    pub(super) card_type: String,
    pub(super) bank: &'static str,
    pub(super) country_code: &'static str,
    pub(super) brand: &'static str,
    pub(super) reusable: bool,
    pub(super) signature: Option<&'static str>,
    pub(super) account_name: Null,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receiver_bank_account_number: Option<Null>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receiver_bank: Option<Null>,
    /// Who sent a bank transfer; in webhooks only.
    #[serde(flatten)]
    pub(super) sender: Option<Sender>,
}

#[expect(clippy::struct_field_names, reason = "the names are Paystack's")]
#[derive(Serialize)]
pub(super) struct Sender {
    pub(super) sender_country: &'static str,
    pub(super) sender_bank: &'static str,
    pub(super) sender_bank_account_number: &'static str,
    pub(super) sender_name: &'static str,
    pub(super) narration: &'static str,
}

#[expect(clippy::struct_field_names, reason = "the names are Paystack's")]
#[derive(Serialize)]
pub(super) struct Customer<'a> {
    pub(super) id: u64,
    pub(super) first_name: Null,
    pub(super) last_name: Null,
    pub(super) email: &'a str,
    pub(super) customer_code: &'a str,
    pub(super) phone: Null,
    pub(super) metadata: Option<Empty>,
    pub(super) risk_action: &'static str,
    pub(super) international_format_phone: Null,
}

/// The card or account that paid.
pub(super) fn card(paid: &Paid) -> Authorization<'_> {
    let instrument = instruments::of(paid.instrument.as_deref());
    Authorization {
        authorization_code: &paid.authorization_code,
        bin: instrument.bin(),
        last4: instrument.last4(),
        exp_month: "12",
        exp_year: instrument.exp_year(),
        channel: instrument.channel,
        card_type: instrument.card_type(),
        bank: instrument.bank,
        country_code: instrument.country,
        brand: instrument.brand,
        reusable: instrument.reusable,
        signature: Some(instrument.signature).filter(|signature| !signature.is_empty()),
        account_name: NULL,
        receiver_bank_account_number: None,
        receiver_bank: None,
        sender: None,
    }
}

pub(super) fn customer(opened: &Initialized, metadata: Option<Empty>) -> Customer<'_> {
    Customer {
        id: opened.customer_id,
        first_name: NULL,
        last_name: NULL,
        email: &opened.email,
        customer_code: &opened.customer_code,
        phone: NULL,
        metadata,
        risk_action: "default",
        international_format_phone: NULL,
    }
}

#[derive(Serialize)]
struct Event<'a> {
    event: &'a str,
    data: Value,
}

/// The exact text of a webhook.
pub(in crate::sandbox) fn event(event: &str, data: Value) -> String {
    // A map with text keys can always be written.
    serde_json::to_string(&Event { event, data }).unwrap_or_default()
}

/// Unix microseconds as Paystack prints them, in milliseconds.
pub(in crate::sandbox) fn time(at: i64) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_printed_in_milliseconds() {
        assert_eq!(super::time(1_787_390_102_000_000), "2026-08-22T09:15:02.000Z");
        assert_eq!(super::time(1_787_390_102_123_999), "2026-08-22T09:15:02.123Z");
        assert_eq!(super::time(i64::MAX), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn an_event_stands_before_its_data() {
        assert_eq!(super::event("a.b", serde_json::json!({"z": 1})), r#"{"event":"a.b","data":{"z":1}}"#);
    }
}
