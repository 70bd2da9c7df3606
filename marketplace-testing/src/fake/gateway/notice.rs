//! Notices of the scripted gateway: JSON, signed.

use super::{GatewayDefect, ScriptedGateway};
use hmac::{Hmac, KeyInit as _, Mac as _};
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{Claimed, DecodedNotice, Mode, NoticeRefused, Notices, PaymentClaim, RawNotice},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The header with the signature of a [`ScriptedGateway`]: HMAC-SHA256 over the body, in lower-case hex.
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
        self.notice_of(Claimed::Paid, key, reference, amount)
    }

    /// The notice of what has become of a payment, likewise.
    pub fn notice_of(
        &self,
        claimed: Claimed,
        key: &str,
        reference: &Reference,
        amount: Option<Money>,
    ) -> SignedNotice {
        let amount = amount.map(|amount| json!({ "minor": amount.minor(), "currency": amount.currency() }));
        let body = json!({
            "key": key,
            "payment": { "claimed": claimed, "reference": reference, "mode": self.mode(), "amount": amount },
        });
        self.signed(body.to_string())
    }

    /// Any body, signed.
    pub fn signed(&self, body: impl Into<Vec<u8>>) -> SignedNotice {
        let body = body.into();
        let headers = vec![(SIGNATURE_HEADER.to_owned(), signature(self.secret(), &body))];
        SignedNotice { headers, body }
    }

    /// Whether there is one signature, and it is right.
    fn is_signed(&self, raw: RawNotice<'_>) -> bool {
        let expected = signature(self.secret(), raw.body);
        let mut signatures = raw.headers.iter().filter(|(name, _)| name == SIGNATURE_HEADER);
        let signed = signatures.next().is_some_and(|(_, found)| {
            if self.has(GatewayDefect::ComparesHalf) {
                return found.get(..32) == expected.get(..32);
            }
            *found == expected
        });
        signed && signatures.next().is_none()
    }
}

pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn claim(payment: &Value) -> Option<PaymentClaim> {
    let amount = || {
        let amount = payment.get("amount")?;
        let currency = Currency::from_code(amount.get("currency")?.as_str()?).ok()?;
        Some(Money::new(amount.get("minor")?.as_i64()?, currency))
    };
    let claimed = payment.get("claimed").and_then(Value::as_str).and_then(|word| word.parse().ok());
    Some(PaymentClaim {
        claimed: claimed.unwrap_or(Claimed::Paid),
        reference: payment.get("reference")?.as_str()?.to_owned(),
        mode: payment.get("mode").and_then(Value::as_str).and_then(|mode| mode.parse::<Mode>().ok()),
        amount: amount(),
    })
}

impl Notices for ScriptedGateway {
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused> {
        let body: Option<Value> = serde_json::from_slice(raw.body).ok();
        let skips = self.has(GatewayDefect::ReadsBeforeChecking) && body.is_none();
        let refuses = self.has(GatewayDefect::RefusesUnreadable) && body.is_none();
        if refuses || (!skips && !self.is_signed(raw)) {
            return Err(NoticeRefused);
        }
        let body = body.unwrap_or_default();
        let key = body.get("key").and_then(Value::as_str).map(str::to_owned);
        // Unreadable notices are known by their bytes.
        let mut key = key.unwrap_or_else(|| hex::encode(Sha256::digest(raw.body)));
        if self.has(GatewayDefect::SharesKeys) {
            key = "paid".to_owned();
        }
        if self.has(GatewayDefect::SplitsKeys) {
            key = format!("{key}-{}", self.count());
        }
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
