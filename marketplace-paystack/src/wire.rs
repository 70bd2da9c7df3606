//! Paystack's JSON: the few fields that this adapter reads, each decoded by itself.
//!
//! Guarantees: a field that the adapter does not use cannot break an answer, whatever its type: Paystack
//! sends `metadata`, `authorization`, `customer`, `plan` and others as objects, texts, numbers, `0` or
//! `null`. Unknown fields are ignored. Numbers are integers of 64 bits, also where they come as texts;
//! switches may be numbers; times have two spellings of their names.
//!
//! Does not: know what an object means (`transaction`, `refunds`, `disputes`, `payouts`).
//!
//! Called by: `failure` (envelope), and whoever reads an object.

use crate::scale::{Fraction, from_wire};
use marketplace_core::{
    money::{Currency, Money},
    payment::Mode,
    time::Timestamp,
};
use serde_json::Value;

/// What every answer is wrapped in.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// The call was accepted. Says nothing of money.
    pub(crate) accepted: bool,
    pub(crate) message: Option<String>,
    /// Often absent.
    pub(crate) code: Option<String>,
    /// Which kind of refusal it is; often absent.
    pub(crate) kind: Option<String>,
    pub(crate) data: Value,
    /// How a list goes on.
    pub(crate) meta: Value,
}

/// The envelope, if the bytes are one.
pub(crate) fn envelope(body: &[u8]) -> Option<Envelope> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let accepted = value.get("status")?.as_bool()?;
    let text = |name: &str| text(&value, name).map(str::to_owned);
    let (message, code, kind) = (text("message"), text("code"), text("type"));
    let mut taken = |name: &str| value.get_mut(name).map(Value::take).unwrap_or_default();
    let (data, meta) = (taken("data"), taken("meta"));
    Some(Envelope { accepted, message, code, kind, data, meta })
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

impl<T> Field<T> {
    /// What was read, if anything was.
    pub(crate) fn read(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }
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

/// A word as it is, and nothing else: for logs, which must not take any text of anybody's.
pub(crate) fn shown(text: &str) -> &str {
    if is_word(text) { text } else { "no word" }
}

/// A whole number, also where it comes as a text.
pub(crate) fn number(data: &Value, name: &str) -> Field<u64> {
    let read = match data.get(name) {
        None | Some(Value::Null) => return Field::Absent,
        Some(Value::Number(number)) => number.as_u64(),
        // `parse` alone would take a leading plus.
        Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Some(_) => None,
    };
    read.map_or(Field::Unreadable, Field::Is)
}

/// A switch: a boolean, or zero or one in either form.
pub(crate) fn flag(data: &Value, name: &str) -> Option<bool> {
    match data.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::String(text) => match text.as_str() {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// A moment under the first of its names that can be read.
pub(crate) fn moment(data: &Value, names: &[&str]) -> Option<Timestamp> {
    names.iter().find_map(|name| text(data, name)?.parse().ok())
}

/// Test or live.
pub(crate) fn mode(data: &Value) -> Option<Mode> {
    text(data, "domain")?.parse().ok()
}

/// The currency of an object's amounts.
pub(crate) fn currency(data: &Value) -> Option<Currency> {
    text(data, "currency")?.parse().ok()
}

/// An amount in a currency; `fraction` says what becomes of a part of a minor unit.
pub(crate) fn money(
    data: &Value,
    name: &str,
    currency: Option<Currency>,
    fraction: Fraction,
) -> Field<Money> {
    match (number(data, name), currency) {
        (Field::Is(subunits), Some(currency)) => {
            from_wire(subunits, currency, fraction).map_or(Field::Unreadable, Field::Is)
        }
        (Field::Absent, _) => Field::Absent,
        (Field::Unreadable | Field::Is(_), _) => Field::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_envelope_needs_its_status_only() {
        let read = |body: &str| envelope(body.as_bytes());
        let short = read(r#"{"status":false,"message":"Invalid key"}"#).unwrap();
        assert_eq!(
            (short.accepted, short.message.as_deref(), short.code),
            (false, Some("Invalid key"), None)
        );
        assert_eq!((short.kind, short.data, short.meta), (None, Value::Null, Value::Null));
        let odd = read(r#"{"status":true,"message":7,"code":null,"type":0,"meta":[],"data":[1]}"#).unwrap();
        assert_eq!((odd.accepted, odd.message, odd.kind), (true, None, None));
        assert_eq!((odd.data, odd.meta), (json!([1]), json!([])));
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
            assert_eq!(number(&json!({"amount": value}), "amount"), expected, "{value}");
        }
        assert_eq!(number(&json!({}), "amount"), Field::Absent);
        assert_eq!(number(&json!([]), "amount"), Field::Absent);
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
    #[test]
    fn switches_come_as_booleans_numbers_or_texts() {
        for (value, expected) in [
            (json!(true), Some(true)),
            (json!(false), Some(false)),
            (json!(1), Some(true)),
            (json!(0), Some(false)),
            (json!("1"), Some(true)),
            (json!("0"), Some(false)),
            (json!("true"), Some(true)),
            (json!("false"), Some(false)),
            (json!(2), None),
            (json!(-1), None),
            (json!("yes"), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            assert_eq!(flag(&json!({"active": value}), "active"), expected, "{value}");
        }
        assert_eq!(flag(&json!({}), "active"), None);
    }

    #[test]
    fn times_have_two_names() {
        let at = "2026-08-22T09:14:24Z".parse().ok();
        for data in [
            json!({"created_at": "2026-08-22T09:14:24.000Z"}),
            json!({"createdAt": "2026-08-22T09:14:24.000Z"}),
            json!({"created_at": null, "createdAt": "2026-08-22T10:14:24+01:00"}),
            json!({"created_at": "soon", "createdAt": "2026-08-22T09:14:24Z"}),
        ] {
            assert_eq!(moment(&data, &["created_at", "createdAt"]), at, "{data}");
        }
        for data in [json!({}), json!({"created_at": 1_724_318_098}), json!({"created_at": ""}), json!([])] {
            assert_eq!(moment(&data, &["created_at", "createdAt"]), None, "{data}");
        }
    }

    #[test]
    fn modes_currencies_and_amounts() {
        let data = json!({"domain": "live", "currency": "XOF", "amount": "250000", "fees": 3360});
        assert_eq!((mode(&data), currency(&data)), (Some(Mode::Live), Some(Currency::XOF)));
        let francs = |minor| Money::new(minor, Currency::XOF);
        let read = |name, fraction| money(&data, name, currency(&data), fraction);
        assert_eq!(read("amount", Fraction::Refused), Field::Is(francs(2_500)));
        assert_eq!(read("fees", Fraction::Refused), Field::Unreadable);
        assert_eq!(read("fees", Fraction::Raised).read(), Some(francs(34)));
        assert_eq!(read("tax", Fraction::Raised), Field::Absent);
        assert_eq!(money(&data, "amount", None, Fraction::Refused), Field::Unreadable);
        let odd = json!({"domain": "", "currency": "naira"});
        assert_eq!((mode(&odd), currency(&odd)), (None, None));
    }

    #[test]
    fn logs_take_words_only() {
        assert_eq!(
            (shown("needs-attention"), shown("b@example.com"), shown("")),
            ("needs-attention", "no word", "no word")
        );
    }
}
