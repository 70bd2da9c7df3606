//! The parts that both places share: card, customer, times.
//!
//! Guarantees Paystack's published test card as the only instrument. Callers: `verified`, `charge_success`.

use jiff::Timestamp;
use serde::Serialize;

use crate::sandbox::record::Initialized;

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
    pub(super) bin: &'static str,
    pub(super) last4: &'static str,
    pub(super) exp_month: &'static str,
    pub(super) exp_year: &'static str,
    pub(super) channel: &'static str,
    pub(super) card_type: &'static str,
    pub(super) bank: &'static str,
    pub(super) country_code: &'static str,
    pub(super) brand: &'static str,
    pub(super) reusable: bool,
    pub(super) signature: &'static str,
    pub(super) account_name: Null,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receiver_bank_account_number: Option<Null>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receiver_bank: Option<Null>,
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

/// Paystack's test card, which is the only instrument here.
pub(super) fn card(authorization_code: &str) -> Authorization<'_> {
    Authorization {
        authorization_code,
        bin: "408408",
        last4: "4081",
        exp_month: "12",
        exp_year: "2030",
        channel: "card",
        card_type: "visa ",
        bank: "TEST BANK",
        country_code: "NG",
        brand: "visa",
        reusable: true,
        signature: "SIG_yEXu7dLBeqG0kU7g95Ke",
        account_name: NULL,
        receiver_bank_account_number: None,
        receiver_bank: None,
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

/// Unix microseconds as Paystack prints them, in milliseconds.
pub(super) fn time(at: i64) -> String {
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
}
