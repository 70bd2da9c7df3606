//! `POST /transaction/initialize`: what is accepted, and what a new transaction looks like.
//!
//! Guarantees that a refused call leaves no trace, and that a reference names one transaction for ever. The
//! checks run in a fixed order: body, e-mail, amount, currency, limits, reference, callback. `channels`,
//! `plan`, splits and unknown fields are ignored, as Paystack ignores misspelt ones. Caller: `api`.

use reqwest::Url;
use serde_json::{Value, json};

use super::answer;
use super::api::Call;
use super::desk::Desk;
use super::fields::Fields;
use super::http::TwinResponse;
use super::ids::Ids;
use super::money::{self, Rules};
use super::record::{EntryPoint, Initialized, Record};
use super::refusal::{self, Refusal, Refused};
use super::state::State;
use super::twin::Config;

/// A call that passed every check that needs no state.
pub(super) struct Order {
    email: String,
    pub(super) amount: u64,
    pub(super) currency: &'static str,
    reference: Option<String>,
    callback_url: Option<String>,
    metadata: Value,
}

impl Order {
    pub(super) fn email(&self) -> &str {
        &self.email
    }
}

pub(super) fn start(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let config = call.sandbox.config();
    let order = read(&mut Fields::of_body(call.request)?, &config.currencies)?;
    let opened = call.sandbox.decide(|desk| {
        let opened = open(desk, order, EntryPoint::TransactionInitialize)?;
        desk.record(Record::Initialized(opened.clone()));
        Ok::<_, Refused>(opened)
    })?;
    let data = json!({
        "authorization_url": page_of(config, &opened),
        "access_code": opened.access_code,
        "reference": opened.reference
    });
    Ok(answer::ok("Authorization URL created", data))
}

/// Where the payer pays.
pub(super) fn page_of(config: &Config, opened: &Initialized) -> String {
    let base = config.public_url.as_str().trim_end_matches('/');
    format!("{base}/{}", opened.access_code)
}

/// Reads the call. `currencies` are the account's, the default one first.
pub(super) fn read(fields: &mut Fields, currencies: &[&'static Rules]) -> Result<Order, Refusal> {
    let email = email(fields.get("email"))?;
    let amount = fields.amount("amount")?.ok_or(refusal::AMOUNT_MISSING)?;
    let rules = currency(fields.raw("currency"), currencies)?;
    if !(rules.minimum..=money::MAXIMUM).contains(&amount) {
        return Err(refusal::AMOUNT_OUT_OF_RANGE);
    }
    Ok(Order {
        email,
        amount: rules.asked(amount),
        currency: rules.code,
        reference: reference(fields.get("reference"))?,
        callback_url: callback(fields.get("callback_url"))?,
        metadata: metadata(fields.take("metadata")),
    })
}

fn email(field: Option<&Value>) -> Result<String, Refusal> {
    match field {
        None => Err(refusal::EMAIL_MISSING),
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

/// A missing currency silently becomes the account's default: a trap of the real API, kept on purpose.
fn currency(field: Option<&Value>, currencies: &[&'static Rules]) -> Result<&'static Rules, Refusal> {
    let found = match field {
        None => currencies.first(),
        Some(Value::String(code)) => currencies.iter().find(|rules| rules.code == code),
        Some(_) => None,
    };
    found.copied().ok_or(refusal::CURRENCY_UNSUPPORTED)
}

/// The documented alphabet, and `_`, which Paystack's own plugins send.
fn reference(field: Option<&Value>) -> Result<Option<String>, Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.=_".contains(&byte);
    match field {
        None => Ok(None),
        Some(Value::String(text)) if text.bytes().all(allowed) => Ok(Some(text.clone())),
        Some(_) => Err(refusal::REFERENCE_INVALID),
    }
}

fn callback(field: Option<&Value>) -> Result<Option<String>, Refusal> {
    match field {
        None => Ok(None),
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
pub(super) fn open(desk: &Desk<'_>, order: Order, entry: EntryPoint) -> Result<Initialized, Refusal> {
    let (state, ids) = (desk.state, &desk.config.ids);
    let number = u64::try_from(state.transactions().len()).unwrap_or(u64::MAX);
    let reference = match order.reference {
        Some(reference) if state.by_reference(&reference).is_some() => {
            return Err(refusal::DUPLICATE_REFERENCE);
        }
        Some(reference) => reference,
        None => ids.unused("reference", number, 10, |text| state.by_reference(text).is_some()),
    };
    let access_code = ids.unused("access", number, 15, |text| state.by_access_code(text).is_some());
    let step = ids.below("id", number, 997).saturating_add(1);
    let (customer_id, customer_code) = customer(&order.email, state, ids, number);
    Ok(Initialized {
        at: desk.at,
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
        entry,
    })
}

/// Above 2^32, so that nobody keeps an id in 32 bits.
const FIRST_ID: u64 = 4_300_000_000;

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
