//! `POST /transaction/initialize`: what is accepted, and what a new transaction looks like.
//!
//! Guarantees that a refused call leaves no trace, and that a reference names one transaction for ever. The
//! checks run in a fixed order: body, e-mail, amount, currency, limits, reference, callback. `channels`,
//! `plan`, splits and unknown fields are ignored, as Paystack ignores misspelt ones. Caller: `api`.

use reqwest::Url;
use serde_json::{Map, Value};

use super::http::TwinRequest;
use super::ids::Ids;
use super::money::{self, Rules};
use super::record::Initialized;
use super::refusal::{self, Refusal};
use super::state::State;

/// A call that passed every check that needs no state.
pub(super) struct Order {
    email: String,
    amount: u64,
    currency: &'static str,
    reference: Option<String>,
    callback_url: Option<String>,
    metadata: Value,
}

/// Reads the call. `currencies` are the account's, the default one first.
pub(super) fn read(request: &TwinRequest, currencies: &[&'static Rules]) -> Result<Order, Refusal> {
    let mut fields = fields(request)?;
    let email = email(fields.get("email"))?;
    let amount = amount(fields.get("amount"))?;
    let rules = currency(fields.get("currency"), currencies)?;
    if !(rules.minimum..=money::MAXIMUM).contains(&amount) {
        return Err(refusal::AMOUNT_OUT_OF_RANGE);
    }
    Ok(Order {
        email,
        amount: rules.asked(amount),
        currency: rules.code,
        reference: reference(fields.get("reference"))?,
        callback_url: callback(fields.get("callback_url"))?,
        metadata: metadata(fields.remove("metadata")),
    })
}

fn fields(request: &TwinRequest) -> Result<Map<String, Value>, Refusal> {
    if request.is_form() {
        let text = |(name, value)| (name, Value::String(value));
        return Ok(request.form().into_iter().map(text).collect());
    }
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&request.body).map_err(|_| refusal::MALFORMED_BODY)
}

fn email(field: Option<&Value>) -> Result<String, Refusal> {
    match field {
        None | Some(Value::Null) => Err(refusal::EMAIL_MISSING),
        Some(Value::String(email)) if email.is_empty() => Err(refusal::EMAIL_MISSING),
        Some(Value::String(email)) if is_email(email) => Ok(email.clone()),
        Some(_) => Err(refusal::EMAIL_INVALID),
    }
}

/// Rough, but refuses what Paystack is known to refuse: no top-level domain, and `.local`.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let local_fits =
        !local.is_empty() && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '@');
    let label_fits =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let mut labels = domain.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let top_fits = top.chars().count() >= 2 && label_fits(top) && !top.eq_ignore_ascii_case("local");
    let others: Vec<_> = labels.collect();
    text.len() <= 254 && local_fits && top_fits && !others.is_empty() && others.into_iter().all(label_fits)
}

/// A number or its decimal digits, as the two forms of the documentation.
fn amount(field: Option<&Value>) -> Result<u64, Refusal> {
    match field {
        None | Some(Value::Null) => Err(refusal::AMOUNT_MISSING),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(amount) => Ok(amount),
            None if number.is_i64() => Err(refusal::AMOUNT_OUT_OF_RANGE),
            None => Err(refusal::AMOUNT_NOT_INTEGER),
        },
        Some(Value::String(text)) if text.is_empty() => Err(refusal::AMOUNT_MISSING),
        Some(Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map_err(|_| refusal::AMOUNT_OUT_OF_RANGE)
        }
        Some(_) => Err(refusal::AMOUNT_NOT_INTEGER),
    }
}

/// A missing currency silently becomes the account's default: a trap of the real API, kept on purpose.
fn currency(field: Option<&Value>, currencies: &[&'static Rules]) -> Result<&'static Rules, Refusal> {
    let found = match field {
        None | Some(Value::Null) => currencies.first(),
        Some(Value::String(code)) => currencies.iter().find(|rules| rules.code == code),
        Some(_) => None,
    };
    found.copied().ok_or(refusal::CURRENCY_UNSUPPORTED)
}

/// The documented alphabet, and `_`, which Paystack's own plugins send.
fn reference(field: Option<&Value>) -> Result<Option<String>, Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.=_".contains(&byte);
    match field {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.bytes().all(allowed) => Ok(Some(text.clone())),
        Some(_) => Err(refusal::REFERENCE_INVALID),
    }
}

fn callback(field: Option<&Value>) -> Result<Option<String>, Refusal> {
    match field {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if web_address(text).is_some() => Ok(Some(text.clone())),
        Some(_) => Err(refusal::CALLBACK_INVALID),
    }
}

/// Nothing but `http` and `https` ever becomes a link or a redirect.
pub(super) fn web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// An object stays one, a stringified one becomes one, and none is the empty string.
fn metadata(field: Option<Value>) -> Value {
    match field {
        None | Some(Value::Null) => Value::String(String::new()),
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => Value::Object(object),
            _ => Value::String(text),
        },
        Some(other) => other,
    }
}

/// The transaction this call creates.
pub(super) fn open(order: Order, state: &State, ids: &Ids, at: i64) -> Result<Initialized, Refusal> {
    let number = u64::try_from(state.transactions().len()).unwrap_or(u64::MAX);
    let reference = match order.reference {
        Some(reference) if state.by_reference(&reference).is_some() => {
            return Err(refusal::DUPLICATE_REFERENCE);
        }
        Some(reference) => reference,
        None => unused(ids, "reference", number, 10, |text| state.by_reference(text).is_some()),
    };
    let access_code = unused(ids, "access", number, 15, |text| state.by_access_code(text).is_some());
    let step = ids.below("id", number, 997).saturating_add(1);
    let (customer_id, customer_code) = customer(&order.email, state, ids, number);
    Ok(Initialized {
        at,
        id: state.transactions().last().map_or(FIRST_ID, |last| last.opened.id).saturating_add(step),
        access_code,
        reference,
        email: order.email,
        amount: order.amount,
        currency: order.currency.to_owned(),
        callback_url: order.callback_url,
        metadata: order.metadata,
        customer_id,
        customer_code,
    })
}

/// Above 2^32, so that nobody keeps an id in 32 bits.
const FIRST_ID: u64 = 4_300_000_000;

/// The first text of this kind that is not taken. A journal may hold texts of another seed.
fn unused(ids: &Ids, label: &str, number: u64, length: usize, taken: impl Fn(&str) -> bool) -> String {
    let mut text = ids.text(label, number, length);
    let mut round = 0_u64;
    while taken(&text) {
        round = round.saturating_add(1);
        text = ids.text(&format!("{label}/{round}"), number, length);
    }
    text
}

fn customer(email: &str, state: &State, ids: &Ids, number: u64) -> (u64, String) {
    let known = state.transactions().iter().find(|known| known.opened.email.eq_ignore_ascii_case(email));
    if let Some(known) = known {
        return (known.opened.customer_id, known.opened.customer_code.clone());
    }
    let id = ids.below("customer-id", number, 900_000_000).saturating_add(100_000_000);
    (id, format!("CUS_{}", ids.text("customer", number, 15)))
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn email_addresses() {
        for good in ["b@example.com", "a.b+c@x.co.uk", "ọlá@example.ng", "b@xn--p1ai.xn--p1ai"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in [
            "",
            "@",
            "a@",
            "@example.com",
            "a@b",
            "a@printer.local",
            "a b@x.com",
            "a@x..com",
            "a@@x.com",
            &long,
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
