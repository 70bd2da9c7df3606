//! How a payer is to be charged, as `POST /charge` says it.
//!
//! Guarantees the currency that each way is open for, and that a number that is not published pays nothing: test mode
//! knows no others. Texts of these refusals are a convention of the twin. Caller: `calls`.

use super::accounts::{EFT, KUDA, PAYBILL, TRANSFER, USSD};
use crate::sandbox::fields::Fields;
use crate::sandbox::instruments::{self, Instrument};
use crate::sandbox::refusal::{ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};

const NO_CHANNEL: Refusal = validation("A payment channel is required", ALL_PARAMS, "missing_params");
const CHANNEL: Refusal =
    validation("Payment channel is not available on this integration", CHECK_VALUES, "invalid_params");
const CURRENCY: Refusal =
    validation("Payment channel is not available for this currency", CHECK_VALUES, "unsupported_currency");
const PROVIDER: Refusal = validation("Provider is invalid", CHECK_VALUES, "invalid_params");
const EXPIRY: Refusal = validation("account_expires_at is invalid", CHECK_VALUES, "invalid_params");

const NOT_FOR_TESTS: &str =
    "Declined. Please use the published test instruments since you are doing a test transaction";
const SHORT_PHONE: &str = "Please enter a valid phone number";

/// What is charged.
pub(super) struct Channel {
    pub(super) instrument: &'static Instrument,
    /// Why it pays nothing, whatever the payer answers.
    pub(super) dead: Option<&'static str>,
    /// What the payer told already, by the field that asks for it.
    pub(super) told: Vec<(&'static str, String)>,
    /// When the account for a bank transfer closes.
    pub(super) closes_at: Option<i64>,
}

fn of(instrument: Option<&'static Instrument>, otherwise: &'static Instrument) -> Channel {
    let dead = instrument.is_none().then_some(NOT_FOR_TESTS);
    Channel { instrument: instrument.unwrap_or(otherwise), dead, told: Vec::new(), closes_at: None }
}

fn known(number: &str) -> &'static Instrument {
    instruments::of(Some(number))
}

fn open_for(currency: &str, currencies: &[&str]) -> Result<(), Refused> {
    if currencies.contains(&currency) { Ok(()) } else { Err(CURRENCY.into()) }
}

pub(super) fn read(fields: &Fields, currency: &str) -> Result<Channel, Refused> {
    let mut channel = if let Some(card) = fields.object("card") {
        let number = card.required("number")?;
        let card = instruments::find(&number).filter(|known| known.channel == "card");
        of(card, &instruments::DEFAULT)
    } else if let Some(bank) = fields.object("bank") {
        open_for(currency, &["NGN"])?;
        by_bank(&bank)?
    } else if let Some(money) = fields.object("mobile_money") {
        by_telephone(&money, currency)?
    } else if let Some(ussd) = fields.object("ussd") {
        open_for(currency, &["NGN"])?;
        if ussd.required("type")? != "737" {
            return Err(PROVIDER.into());
        }
        of(Some(known(USSD)), &instruments::DEFAULT)
    } else if let Some(transfer) = fields.object("bank_transfer") {
        open_for(currency, &["NGN"])?;
        let closes_at = transfer.time("account_expires_at").map_err(|_| EXPIRY)?;
        Channel { closes_at, ..of(Some(known(TRANSFER)), &instruments::DEFAULT) }
    } else if let Some(eft) = fields.object("eft") {
        open_for(currency, &["ZAR"])?;
        if eft.required("provider")? != "ozow" {
            return Err(PROVIDER.into());
        }
        of(Some(known(EFT)), &instruments::DEFAULT)
    } else if ["qr", "capitec_pay"].iter().any(|name| fields.raw(name).is_some()) {
        return Err(CHANNEL.into());
    } else {
        return Err(NO_CHANNEL.into());
    };
    channel.told.extend(["pin", "birthday"].into_iter().filter_map(|name| Some((name, fields.text(name)?))));
    Ok(channel)
}

/// By the number of an account, or by a telephone and a token.
fn by_bank(bank: &Fields) -> Result<Channel, Refused> {
    let code = bank.required("code")?;
    let zenith = known("0000000000");
    if code == "50211" {
        let is_kuda = bank.required("phone")? == KUDA && bank.required("token")? == "123456";
        return Ok(of(is_kuda.then(|| known(KUDA)), known(KUDA)));
    }
    let is_zenith = bank.required("account_number")? == zenith.number && code == "057";
    Ok(of(is_zenith.then_some(zenith), zenith))
}

fn by_telephone(money: &Fields, currency: &str) -> Result<Channel, Refused> {
    let provider = money.required("provider")?;
    let (number, currencies): (&str, &[&str]) = match provider.as_str() {
        "mtn" => ("0551234987", &["GHS", "XOF"]),
        "vod" => ("0551234987", &["GHS"]),
        "atl" => ("0551234987", &["GHS", "KES"]),
        "mpesa" => ("+254710000000", &["KES"]),
        "mpesa_offline" | "mptill" => (PAYBILL, &["KES"]),
        "orange" | "wave" => ("0700000000", &["XOF"]),
        _ => return Err(PROVIDER.into()),
    };
    open_for(currency, currencies)?;
    let instrument = known(number);
    let phone = money.required(if provider == "mptill" { "account" } else { "phone" })?;
    if number == PAYBILL {
        return Ok(of(Some(instrument), instrument));
    }
    let mut channel = of((phone == number).then_some(instrument), instrument);
    if phone.bytes().filter(u8::is_ascii_digit).count() < 10 {
        channel.dead = Some(SHORT_PHONE);
    }
    Ok(channel)
}
