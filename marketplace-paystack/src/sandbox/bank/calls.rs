//! The endpoints of banks.
//!
//! Guarantees that bank 001 resolves any ten digits, for free, and that accounts of real banks count against the
//! limit of a day where there is one. Names of owners derive from the number. Caller: `api`.

use serde_json::{Value, json};

use super::table::{Bank, KNOWN, find};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::paging::Paging;
use crate::sandbox::refusal::{ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};

/// Whose accounts never count.
const TEST_BANK: &str = "001";
/// An account that no bank knows, by convention of the twin.
const NOBODY: &str = "9999999999";
const DAY: i64 = 86_400_000_000;
const MOST: u64 = 100;

const MISSING: Refusal =
    validation("Account number and bank code are required", ALL_PARAMS, "missing_params");
const UNKNOWN_BANK: Refusal = validation("Unknown bank code", CHECK_VALUES, "invalid_bank_code");
const UNRESOLVED: Refusal = validation(
    "Could not resolve account name. Check parameters or try again.",
    "Ensure that you're passing the correct bank code. Use the List Banks Endpoint to get the list of all \
     available banks and their corresponding bank codes",
    "invalid_params",
)
.with_status(422);
const TOO_MANY: Refusal = validation(
    "Test mode daily limit of 3 live bank resolves exceeded. Use test bank codes 001 or upgrade to live mode.",
    "Wait a few minutes and try the API call again",
    "rate_limited",
)
.of_api()
.with_status(429);

/// The accounts of real banks that were resolved today. Forgotten with the process.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Resolves {
    day: i64,
    count: u32,
}

impl Resolves {
    fn allow(&mut self, at: i64, most: Option<u32>) -> bool {
        let day = at.div_euclid(DAY);
        if day != self.day {
            (self.day, self.count) = (day, 0);
        }
        self.count = self.count.saturating_add(1);
        most.is_none_or(|most| self.count <= most)
    }
}

fn shown(bank: &Bank) -> Value {
    let at = "2016-07-14T10:04:29.000Z";
    json!({
        "id": bank.id, "name": bank.name, "slug": bank.slug, "code": bank.code, "longcode": "",
        "gateway": null, "pay_with_bank": false, "supports_transfer": bank.takes_transfers(),
        "available_for_direct_debit": false, "active": bank.active, "country": bank.country,
        "currency": bank.currency, "type": bank.kind, "is_deleted": false, "createdAt": at, "updatedAt": at
    })
}

/// Fifty at a time unless asked otherwise, and a hundred at the most. `meta` comes with cursors only.
pub(in crate::sandbox) fn list(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, MOST)?;
    let country = query.text("country").map(|name| name.to_lowercase().replace(' ', "-"));
    let (currency, kind) = (query.text("currency"), query.text("type"));
    let wanted = |bank: &&Bank| {
        let of = bank.country.to_lowercase().replace(' ', "-");
        country.as_ref().is_none_or(|country| *country == of)
            && currency.as_deref().is_none_or(|currency| currency == bank.currency)
            && kind.as_deref().is_none_or(|kind| kind == bank.kind)
    };
    let page = paging.cut(KNOWN.iter().filter(wanted).map(|bank| (bank.id, shown(bank))).collect());
    Ok(answer::list("Banks retrieved", page.rows, Some(page.meta).filter(|_| paging.by_cursor())))
}

pub(in crate::sandbox) fn resolve(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let number = query.text("account_number").ok_or(MISSING)?;
    let code = query.text("bank_code").ok_or(MISSING)?;
    let bank = find(&code).ok_or_else(|| UNKNOWN_BANK.saying(format!("Unknown bank code: {code}")))?;
    if bank.code != TEST_BANK {
        let mut shared = call.sandbox.lock();
        let most = shared.behaviour.resolves_a_day;
        if !shared.resolves.allow(call.at, most) {
            return Err(TOO_MANY.into());
        }
    }
    let has_names = matches!(bank.currency, "NGN" | "GHS");
    let fits = number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit());
    if !has_names || !fits || number == NOBODY {
        return Err(UNRESOLVED.into());
    }
    let name = format!("TEST OWNER {}", number.get(6..).unwrap_or_default());
    let data = json!({"account_number": number, "account_name": name, "bank_id": bank.id});
    Ok(answer::ok("Account number resolved", data))
}
