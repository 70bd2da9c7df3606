//! What a client sent: bodies and queries, read as loosely as Paystack reads them.
//!
//! Guarantees that a body that is no object and no form is refused, that numbers are whole and come as numbers
//! or as digits, and that `null` counts as missing. Decides no rule of an endpoint. Callers: every endpoint.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::http::TwinRequest;
use super::refusal::{self, Refusal, Refused};

/// Named values of a body or of a query.
pub(super) struct Fields(Map<String, Value>);

fn texts(pairs: Vec<(String, String)>) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

impl Fields {
    pub(super) fn of_body(request: &TwinRequest) -> Result<Self, Refusal> {
        if request.is_form() {
            return Ok(Self(texts(request.form())));
        }
        if request.body.is_empty() {
            return Ok(Self(Map::new()));
        }
        serde_json::from_slice(&request.body).map(Self).map_err(|_| refusal::MALFORMED_BODY)
    }

    pub(super) fn of(values: Map<String, Value>) -> Self {
        Self(values)
    }

    pub(super) fn of_query(request: &TwinRequest) -> Self {
        Self(texts(request.query()))
    }

    /// The object under this name.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        self.get(name)?.as_object().map(|inner| Self(inner.clone()))
    }

    /// The value, unless it is missing or null.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The value, unless it is missing, null or empty.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.raw(name).filter(|value| value.as_str() != Some(""))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A text, or the digits of a number.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The same, where it has to be there.
    pub(super) fn required(&self, name: &str) -> Result<String, Refused> {
        self.text(name).ok_or_else(|| refusal::MISSING.saying(format!("{name} is required")))
    }

    /// A number, or its digits.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text == "true" || text == "1",
            _ => false,
        }
    }

    /// An amount: a number or its decimal digits, as the two forms of the documentation.
    pub(super) fn amount(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_u64() {
                Some(amount) => Ok(Some(amount)),
                None if number.is_i64() => Err(refusal::AMOUNT_OUT_OF_RANGE),
                None => Err(refusal::AMOUNT_NOT_INTEGER),
            },
            Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map(Some).map_err(|_| refusal::AMOUNT_OUT_OF_RANGE)
            }
            Some(_) => Err(refusal::AMOUNT_NOT_INTEGER),
        }
    }

    /// A moment or a day, which is its first moment in UTC, in unix microseconds.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let moment = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
        moment.map(|moment| Some(moment.as_microsecond())).map_err(|_| refusal::INVALID_PARAMS)
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::sandbox::http::TwinRequest;

    #[test]
    fn moments_and_days_are_read() {
        let query = "a=2026-08-22T09:14:24.000Z&b=2026-08-22&c=soon&d=&e=2026-08-22T10:14:24%2B01:00";
        let request = TwinRequest { query: Some(query.into()), ..Default::default() };
        let fields = Fields::of_query(&request);
        assert_eq!(fields.time("a"), Ok(Some(1_787_390_064_000_000)));
        assert_eq!(fields.time("b"), Ok(Some(1_787_356_800_000_000)));
        assert!(fields.time("c").is_err());
        assert_eq!(fields.time("d"), Ok(None));
        assert_eq!(fields.time("e"), fields.time("a"));
        assert_eq!(fields.time("f"), Ok(None));
    }

    #[test]
    fn null_and_empty_are_told_apart_where_it_matters() {
        let body = br#"{"a": null, "b": "", "c": 7, "d": "7", "e": true, "f": {"x": 1}}"#;
        let request = TwinRequest { body: body.to_vec(), ..Default::default() };
        let fields = Fields::of_body(&request).unwrap();
        assert!(fields.raw("a").is_none() && fields.raw("b").is_some() && fields.get("b").is_none());
        assert_eq!((fields.text("c"), fields.text("d")), (Some("7".into()), Some("7".into())));
        assert_eq!((fields.number("c"), fields.number("d"), fields.number("e")), (Some(7), Some(7), None));
        assert!(fields.flag("e") && !fields.flag("c"));
        assert_eq!(fields.object("f").and_then(|inner| inner.number("x")), Some(1));
    }
}
