//! Notices of the scripted gateway: JSON under a shared header.

use super::ScriptedGateway;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{DecodedNotice, Mode, NoticeRefused, Notices, PaymentClaim, RawNotice},
};
use serde_json::{Value, json};

/// The header that carries the secret shared with a [`ScriptedGateway`], as it is: not a signature at all.
pub const SIGNATURE_HEADER: &str = "x-test-signature";

/// A notice as it goes over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNotice {
    /// Header names, lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SignedNotice {
    /// The notice as an adapter gets it.
    pub fn raw(&self) -> RawNotice<'_> {
        RawNotice { headers: &self.headers, body: &self.body }
    }
}

impl ScriptedGateway {
    /// The notice that a payment was made, signed. Under one `key` it is the same event.
    pub fn notice(&self, key: &str, reference: &Reference, amount: Option<Money>) -> SignedNotice {
        let amount = amount.map(|amount| json!({ "minor": amount.minor(), "currency": amount.currency() }));
        let body = json!({
            "key": key,
            "payment": { "reference": reference, "mode": self.mode(), "amount": amount },
        });
        self.signed(body.to_string())
    }

    /// Any body, signed.
    pub fn signed(&self, body: impl Into<Vec<u8>>) -> SignedNotice {
        let headers = vec![(SIGNATURE_HEADER.to_owned(), self.secret().to_owned())];
        SignedNotice { headers, body: body.into() }
    }
}

fn claim(payment: &Value) -> Option<PaymentClaim> {
    let amount = || {
        let amount = payment.get("amount")?;
        let currency = Currency::from_code(amount.get("currency")?.as_str()?).ok()?;
        Some(Money::new(amount.get("minor")?.as_i64()?, currency))
    };
    Some(PaymentClaim {
        reference: payment.get("reference")?.as_str()?.to_owned(),
        mode: payment.get("mode").and_then(Value::as_str).and_then(|mode| mode.parse::<Mode>().ok()),
        amount: amount(),
    })
}

impl Notices for ScriptedGateway {
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused> {
        let mut signatures = raw.headers.iter().filter(|(name, _)| name == SIGNATURE_HEADER);
        let signed = signatures.next().is_some_and(|(_, value)| value == self.secret());
        if !signed || signatures.next().is_some() {
            return Err(NoticeRefused);
        }
        let body: Value = serde_json::from_slice(raw.body).unwrap_or_default();
        let key = body.get("key").and_then(Value::as_str).map(str::to_owned);
        // Unreadable notices are known by their bytes.
        let key = key.unwrap_or_else(|| {
            use sha2::{Digest, Sha256};
            Sha256::digest(raw.body).iter().map(|byte| format!("{byte:02x}")).collect()
        });
        Ok(DecodedNotice { key, claim: body.get("payment").and_then(claim) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;

    #[test]
    fn only_what_is_signed_is_read_and_what_cannot_be_read_claims_nothing() {
        let (gateway, fixture) = (ScriptedGateway::new(), Fixture::new(1));
        let reference = fixture.reference();
        let notice = gateway.notice("event-1", &reference, Some(fixture.naira(100)));
        let decoded = gateway.decode(notice.raw()).expect("is signed");
        assert_eq!(decoded.key, "event-1");
        let claim = decoded.claim.expect("claims a payment");
        assert_eq!((claim.reference.as_str(), claim.amount), (reference.as_str(), Some(fixture.naira(100))));
        assert_eq!(claim.mode, Some(Mode::Test));

        let unsigned = SignedNotice { headers: Vec::new(), ..notice.clone() };
        let twice =
            SignedNotice { headers: [notice.headers.clone(), notice.headers].concat(), body: notice.body };
        assert_eq!(gateway.decode(unsigned.raw()), Err(NoticeRefused));
        assert_eq!(gateway.decode(twice.raw()), Err(NoticeRefused));

        for body in ["", "[]", "{}", "{\"payment\":7}", "\u{0}"] {
            let decoded = gateway.decode(gateway.signed(body).raw()).expect("is signed");
            assert_eq!(decoded.claim, None, "{body:?}");
        }
    }
}
