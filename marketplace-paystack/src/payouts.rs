//! Paying out: accounts that can be paid to, and transfers from our balance at Paystack.
//!
//! Guarantees: a transfer goes out under our own reference, the same one however often it is sent; one that
//! Paystack has already is `Duplicate`; a refusal that is not known to be one is an unknown outcome; a
//! recipient that Paystack answers for a bank account is that account and no other; the currency is always
//! said.
//!
//! Does not: enter the one-time passwords of transfers, which waits for a person as `NeedsApproval`; or pay
//! to tills and paybills, which need an account beside the number.
//!
//! | currency | banks | mobile money | names |
//! |---|---|---|---|
//! | NGN | yes | – | yes |
//! | GHS | yes | yes | yes |
//! | KES | yes | yes | – |
//! | ZAR | yes | – | – |
//!
//! Called by: payouts of the core.

use crate::{
    client::Paystack,
    failure::{Effect, not_sent, unsupported},
    scale, transfer, wire,
};
use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::Currency,
    payment::{
        BankAccount, GatewayError, GatewayErrorKind, Institution, InstitutionKind, NewRecipient,
        PayoutSnapshot, Payouts, SendPayout,
    },
};
use serde::Serialize;
use serde_json::Value;

/// The body of `POST /transferrecipient`.
#[derive(Serialize)]
struct Recipient<'a> {
    r#type: &'static str,
    name: &'a str,
    account_number: &'a str,
    bank_code: &'a str,
    currency: &'static str,
}

/// The body of `POST /transfer`.
#[derive(Debug, Serialize)]
struct Transfer<'a> {
    source: &'static str,
    /// Subunits, as an integer.
    amount: u64,
    currency: &'static str,
    recipient: &'a str,
    reference: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

#[async_trait]
impl Payouts for Paystack {
    #[tracing::instrument(target = "marketplace::paystack", name = "payout.institutions", skip_all, fields(payout.currency = %currency))]
    async fn institutions(&self, currency: Currency) -> Result<Vec<Institution>, GatewayError> {
        recipient_type(currency, InstitutionKind::Bank)?;
        self.banks(currency).await
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payout.resolve", skip_all, fields(payout.currency = %account.currency))]
    async fn resolve_account(&self, account: &BankAccount) -> Result<String, GatewayError> {
        recipient_type(account.currency, account.kind)?;
        if ![Currency::NGN, Currency::GHS].contains(&account.currency) {
            return Err(unsupported("paystack looks up names in nigeria and ghana only"));
        }
        let query =
            [("account_number", account.number.as_str()), ("bank_code", account.institution.as_str())];
        let data = self.get(&["bank", "resolve"], &query).await.map_err(no_such_account)?;
        let name = wire::text(&data, "account_name").ok_or_else(|| Effect::Reads.unread("account_name"))?;
        Ok(name.to_owned())
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payout.recipient", skip_all, fields(payout.currency = %recipient.account.currency))]
    async fn create_recipient(&self, recipient: NewRecipient) -> Result<String, GatewayError> {
        let NewRecipient { account, name } = recipient;
        let body = Recipient {
            r#type: recipient_type(account.currency, account.kind)?,
            name: &name,
            account_number: &account.number,
            bank_code: &account.institution,
            currency: account.currency.code(),
        };
        let data = self.post(Effect::Writes, &["transferrecipient"], &body).await?;
        if !is_of(&data, &account) {
            return Err(not_ours());
        }
        let code = wire::text(&data, "recipient_code").filter(|code| wire::is_word(code));
        code.map(str::to_owned).ok_or_else(|| Effect::Writes.unread("recipient_code"))
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payout.send", skip_all, fields(payout.reference = %payout.reference))]
    async fn send(&self, payout: SendPayout) -> Result<PayoutSnapshot, GatewayError> {
        let SendPayout { reference, recipient, amount, reason } = payout;
        recipient_type(amount.currency(), InstitutionKind::Bank)?;
        if !is_reference(reference.as_str()) {
            return Err(not_sent("the reference is none that paystack takes for a transfer"));
        }
        if !wire::is_word(&recipient) {
            return Err(not_sent("the recipient is none of paystack's"));
        }
        let subunits = scale::to_wire(amount).filter(|subunits| *subunits > 0);
        let body = Transfer {
            source: "balance",
            amount: subunits.ok_or_else(|| not_sent("the amount has no form on the wire"))?,
            currency: amount.currency().code(),
            recipient: &recipient,
            reference: reference.as_str(),
            reason: &reason,
        };
        let data = self.post(Effect::Pays, &["transfer"], &body).await?;
        let snapshot = transfer::snapshot(&data).map_err(|field| Effect::Pays.unread(field))?;
        if snapshot.reference != reference.as_str() {
            return Err(Effect::Pays.unread("reference"));
        }
        Ok(snapshot)
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "payout.fetch", skip_all, fields(payout.reference = %reference))]
    async fn fetch(&self, reference: &Reference) -> Result<PayoutSnapshot, GatewayError> {
        let data = self.get(&["transfer", "verify", reference.as_str()], &[]).await?;
        transfer::snapshot(&data).map_err(|field| Effect::Reads.unread(field))
    }
}

/// Paystack's word for an account of a kind in a currency.
fn recipient_type(currency: Currency, kind: InstitutionKind) -> Result<&'static str, GatewayError> {
    match (currency, kind) {
        (Currency::NGN, InstitutionKind::Bank) => Ok("nuban"),
        (Currency::GHS, InstitutionKind::Bank) => Ok("ghipss"),
        (Currency::KES, InstitutionKind::Bank) => Ok("kepss"),
        (Currency::ZAR, InstitutionKind::Bank) => Ok("basa"),
        (Currency::GHS | Currency::KES, InstitutionKind::MobileMoney) => Ok("mobile_money"),
        _ => Err(unsupported("paystack does not pay to such accounts")),
    }
}

/// What Paystack takes as the reference of a transfer. Ours are stricter, but those of long commands may be
/// too long.
fn is_reference(text: &str) -> bool {
    let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    plain && (16..=50).contains(&text.len())
}

/// An account that Paystack does not find is a wrong one, under whatever status it says so.
fn no_such_account(error: GatewayError) -> GatewayError {
    match error.kind {
        GatewayErrorKind::NotFound => GatewayError { kind: GatewayErrorKind::InvalidRequest, ..error },
        _ => error,
    }
}

/// Whether a recipient is the account that was told, where it says what it is. Paystack answers an old record
/// where it knows an account, and says only that it knows it by its number. Numbers of telephones have
/// several forms.
fn is_of(recipient: &Value, account: &BankAccount) -> bool {
    let details = recipient.get("details").unwrap_or(&Value::Null);
    let same = |name, expected: &str| wire::text(details, name).is_none_or(|told| told == expected);
    account.kind == InstitutionKind::MobileMoney
        || (same("account_number", &account.number) && same("bank_code", &account.institution))
}

/// Sent, but the answer is another account's: the same again would be answered so again.
fn not_ours() -> GatewayError {
    let GatewayError { source, .. } = Effect::Writes.unread("details");
    GatewayError { kind: GatewayErrorKind::InvalidRequest, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn accounts_have_a_type_per_currency_and_kind() {
        use InstitutionKind::{Bank, MobileMoney};
        for (code, kind, expected) in [
            ("NGN", Bank, Some("nuban")),
            ("NGN", MobileMoney, None),
            ("GHS", Bank, Some("ghipss")),
            ("GHS", MobileMoney, Some("mobile_money")),
            ("KES", Bank, Some("kepss")),
            ("KES", MobileMoney, Some("mobile_money")),
            ("ZAR", Bank, Some("basa")),
            ("ZAR", MobileMoney, None),
            ("USD", Bank, None),
            ("XOF", MobileMoney, None),
            ("EUR", Bank, None),
        ] {
            let given = recipient_type(Currency::from_code(code).unwrap(), kind);
            assert_eq!(given.as_ref().ok().copied(), expected, "{code} {kind}");
            if let Err(error) = given {
                assert_eq!(error.kind, GatewayErrorKind::Unsupported);
            }
        }
    }

    #[test]
    fn references_follow_the_rule_of_transfers() {
        for right in ["mkt-0123456789abcdef", "0123456789_-abcd", &"a".repeat(50)] {
            assert!(is_reference(right), "{right}");
        }
        for wrong in [
            "",
            "rApY3",
            "mkt-0123456789abcdeF",
            "mkt.0123456789abcdef",
            "mkt 0123456789abcdef",
            &"a".repeat(51),
        ] {
            assert!(!is_reference(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_recipient_of_another_account_is_seen() {
        let account = |kind| BankAccount {
            institution: "044".to_owned(),
            kind,
            number: "0000000000".to_owned(),
            currency: Currency::NGN,
        };
        let recipient =
            |number: Value, code: Value| json!({"details": {"account_number": number, "bank_code": code}});
        for (data, same) in [
            (recipient(json!("0000000000"), json!("044")), true),
            (recipient(json!("0000000000"), json!("058")), false),
            (recipient(json!("0000000001"), json!("044")), false),
            (recipient(json!(null), json!(null)), true),
            (json!({"details": null}), true),
            (json!({}), true),
        ] {
            assert_eq!(is_of(&data, &account(InstitutionKind::Bank)), same, "{data}");
            assert!(is_of(&data, &account(InstitutionKind::MobileMoney)), "{data}");
        }
    }
}
