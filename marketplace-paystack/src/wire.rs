//! Paystack's JSON: the few fields that this adapter reads, each decoded by itself.
//!
//! Guarantees: a field that the adapter does not use cannot break an answer, whatever its type: Paystack
//! sends `metadata`, `authorization`, `customer`, `plan` and others as objects, texts, numbers, `0` or
//! `null`. Unknown fields are ignored. Numbers are integers, also where they come as texts.
//!
//! Called by: `failure` (envelope), `collect` and `notices` (transaction).

use crate::scale::{Fraction, from_wire};
use marketplace_core::{
    money::{Currency, Money},
    payment::Mode,
};
use serde::Serialize;
use serde_json::Value;

/// The body of `POST /transaction/initialize`.
#[derive(Debug, Serialize)]
pub(crate) struct Initialize<'a> {
    pub(crate) email: &'a str,
    /// Subunits, as an integer.
    pub(crate) amount: u64,
    pub(crate) currency: &'static str,
    pub(crate) reference: &'a str,
    pub(crate) callback_url: &'a str,
    pub(crate) metadata: Metadata<'a>,
}

/// What comes back untouched with the payment: our reference and nothing about the payer.
#[derive(Debug, Serialize)]
pub(crate) struct Metadata<'a> {
    pub(crate) reference: &'a str,
}

/// What every answer is wrapped in.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// The call was accepted. Says nothing of money.
    pub(crate) accepted: bool,
    pub(crate) message: Option<String>,
    /// Often absent.
    pub(crate) code: Option<String>,
    pub(crate) data: Value,
}

/// The envelope, if the bytes are one.
pub(crate) fn envelope(body: &[u8]) -> Option<Envelope> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let accepted = value.get("status")?.as_bool()?;
    let text = |name: &str| text(&value, name).map(str::to_owned);
    let (message, code) = (text("message"), text("code"));
    let data = value.get_mut("data").map(Value::take).unwrap_or_default();
    Some(Envelope { accepted, message, code, data })
}

/// A field that may be missing or of a type that nobody documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// Missing or `null`.
    Absent,
    /// Something else than expected.
    Unreadable,
    /// There, and read.
    Is(T),
}

/// A text that is not empty.
pub(crate) fn text<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    data.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Whether a text is a word of the protocol: a status, a code, an event, an id.
pub(crate) fn is_word(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    plain && (1..=60).contains(&text.len())
}

/// An id: a number beyond 32 bits, or a text.
pub(crate) fn id(data: &Value) -> Option<String> {
    match data.get("id")? {
        Value::Number(number) => number.as_u64().map(|id| id.to_string()),
        Value::String(text) if is_word(text) => Some(text.clone()),
        _ => None,
    }
}

fn subunits(data: &Value, name: &str) -> Field<u64> {
    let read = match data.get(name) {
        None | Some(Value::Null) => return Field::Absent,
        Some(Value::Number(number)) => number.as_u64(),
        // `parse` alone would take a leading plus.
        Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Some(_) => None,
    };
    read.map_or(Field::Unreadable, Field::Is)
}

/// The transaction object of verify and of `charge.success`.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    pub(crate) id: Option<String>,
    pub(crate) reference: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) mode: Option<Mode>,
    pub(crate) currency: Option<Currency>,
    amount: Field<u64>,
    requested_amount: Field<u64>,
    fees: Field<u64>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn of(data: &'a Value) -> Self {
        Self {
            id: id(data),
            reference: text(data, "reference"),
            status: text(data, "status"),
            mode: text(data, "domain").and_then(|word| word.parse().ok()),
            currency: text(data, "currency").and_then(|code| code.parse().ok()),
            amount: subunits(data, "amount"),
            requested_amount: subunits(data, "requested_amount"),
            fees: subunits(data, "fees"),
        }
    }

    /// What was asked of the payer.
    pub(crate) fn requested(&self) -> Field<Money> {
        self.money(self.requested_amount, Fraction::Refused)
    }

    /// What was taken. `fraction` says what becomes of a part of a minor unit.
    pub(crate) fn charged(&self, fraction: Fraction) -> Field<Money> {
        self.money(self.amount, fraction)
    }

    /// What Paystack keeps; a part of a minor unit counts as a whole one, because a cost that is booked too
    /// low leaves money in the books that never arrives.
    pub(crate) fn fee(&self) -> Field<Money> {
        self.money(self.fees, Fraction::Raised)
    }

    fn money(&self, subunits: Field<u64>, fraction: Fraction) -> Field<Money> {
        match (subunits, self.currency) {
            (Field::Is(subunits), Some(currency)) => {
                from_wire(subunits, currency, fraction).map_or(Field::Unreadable, Field::Is)
            }
            (Field::Absent, _) => Field::Absent,
            (Field::Unreadable | Field::Is(_), _) => Field::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn initialize_is_exactly_this() {
        let body = Initialize {
            email: "b@example.com",
            amount: 250_000,
            currency: "NGN",
            reference: "mkt-0123456789abcdef",
            callback_url: "https://shop.example/pay/return?x=1",
            metadata: Metadata { reference: "mkt-0123456789abcdef" },
        };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"email":"b@example.com","amount":250000,"currency":"NGN","reference":"mkt-0123456789abcdef","callback_url":"https://shop.example/pay/return?x=1","metadata":{"reference":"mkt-0123456789abcdef"}}"#
        );
    }

    #[test]
    fn the_envelope_needs_its_status_only() {
        let read = |body: &str| envelope(body.as_bytes());
        let short = read(r#"{"status":false,"message":"Invalid key"}"#).unwrap();
        assert_eq!(
            (short.accepted, short.message.as_deref(), short.code),
            (false, Some("Invalid key"), None)
        );
        let odd = read(r#"{"status":true,"message":7,"code":null,"meta":[],"data":[1]}"#).unwrap();
        assert_eq!((odd.accepted, odd.message, odd.data), (true, None, json!([1])));
        for wrong in
            ["", "null", "[]", "{}", r#"{"status":"true"}"#, r#"{"status":1}"#, "<html>", "\u{feff}{}"]
        {
            assert!(read(wrong).is_none(), "{wrong}");
        }
        assert!(envelope("[".repeat(100_000).as_bytes()).is_none(), "deep nesting is an error, not a crash");
        assert!(envelope(b"{\"status\":true,\"message\":\"\xff\"}").is_none());
    }

    #[test]
    fn numbers_come_as_numbers_or_texts() {
        for (value, expected) in [
            (json!(30050), Field::Is(30_050)),
            (json!("30050"), Field::Is(30_050)),
            (json!(0), Field::Is(0)),
            (json!(u64::MAX), Field::Is(u64::MAX)),
            (json!(null), Field::Absent),
            (json!(""), Field::Unreadable),
            (json!("+1"), Field::Unreadable),
            (json!("1.00"), Field::Unreadable),
            (json!(1.5), Field::Unreadable),
            (json!(-1), Field::Unreadable),
            (json!("99999999999999999999"), Field::Unreadable),
            (json!(true), Field::Unreadable),
            (json!({}), Field::Unreadable),
        ] {
            assert_eq!(subunits(&json!({"amount": value}), "amount"), expected, "{value}");
        }
        assert_eq!(subunits(&json!({}), "amount"), Field::Absent);
        assert_eq!(subunits(&json!([]), "amount"), Field::Absent);
    }

    #[test]
    fn ids_are_numbers_or_words() {
        for (value, expected) in [
            (json!(4_099_260_516_u64), Some("4099260516")),
            (json!("123456"), Some("123456")),
            (json!("a b"), None),
            (json!(""), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!(null), None),
            (json!({}), None),
        ] {
            assert_eq!(id(&json!({"id": value})).as_deref(), expected, "{value}");
        }
    }
}
