//! `POST /transferrecipient`.
//!
//! Guarantees that the same account gives the old record, whatever name it comes with. A new one answers 201,
//! as the specification says, a known one 200. Recipients by authorization are not modelled. Caller: `api`.

use super::facts::RecipientCreated;
use super::wire;
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::bank;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::record::Record;
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};

const KIND: Refusal = validation("Recipient type is invalid", CHECK_VALUES, "invalid_params");
const BANK: Refusal = validation("Bank code is invalid", CHECK_VALUES, "invalid_bank_code");
const ACCOUNT: Refusal = validation("Account number is invalid", CHECK_VALUES, "invalid_params");
const CURRENCY: Refusal =
    validation("Currency does not match the bank's", CHECK_VALUES, "unsupported_currency");

const KINDS: [&str; 6] = ["nuban", "ghipss", "mobile_money", "mobile_money_business", "kepss", "basa"];
const FIRST_ID: u64 = 56_000_000;

pub(in crate::sandbox) fn create(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    let kind = fields.required("type")?;
    if !KINDS.contains(&kind.as_str()) {
        return Err(KIND.into());
    }
    let name = fields.required("name")?;
    let account_number = fields.required("account_number")?;
    let bank = bank::find(&fields.required("bank_code")?).filter(|bank| bank.takes_transfers());
    let bank = bank.ok_or(BANK)?;
    if !(5..=20).contains(&account_number.len()) || !account_number.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(ACCOUNT.into());
    }
    let currency = fields.text("currency").unwrap_or_else(|| bank.currency.to_owned());
    if currency != bank.currency {
        return Err(CURRENCY.into());
    }
    let (id, is_new) = call.sandbox.decide(|desk| {
        let payouts = &desk.state.payouts;
        let same = |known: &&RecipientCreated| {
            known.account_number == account_number
                && known.bank_code == bank.code
                && known.currency == currency
        };
        if let Some(known) = payouts.recipients().find(same) {
            return Ok::<_, Refused>((known.recipient, false));
        }
        let last = payouts.recipients().next_back().map(|known| known.recipient);
        let id = desk.config.ids.after("recipient", last, FIRST_ID);
        let taken = |text: &str| payouts.recipients().any(|known| known.code.ends_with(text));
        desk.record(Record::RecipientCreated(RecipientCreated {
            at: desk.at,
            recipient: id,
            code: format!("RCP_{}", desk.config.ids.unused("recipient-code", id, 15, taken)),
            kind,
            name,
            account_number: account_number.clone(),
            bank_code: bank.code.to_owned(),
            bank_name: bank.name.to_owned(),
            currency: currency.clone(),
            description: fields.text("description"),
        }));
        Ok((id, true))
    })?;
    let shared = call.sandbox.lock();
    let recipient = shared.state.payouts.recipient(id).ok_or(refusal::BROKEN)?;
    let answer = if is_new { answer::created } else { answer::ok };
    Ok(answer("Transfer recipient created successfully", wire::recipient(recipient)))
}
