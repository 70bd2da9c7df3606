//! The signature of webhooks: HMAC-SHA512 of the raw bytes under the account's secret key.
//!
//! Guarantees: constant time in the signature; every accepted key is tried, whichever fits; only the form
//! that Paystack sends, 128 lower-case hex digits in exactly one header, is looked at.
//!
//! Called by: `notices`.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha512;
use std::fmt;

const HEADER: &str = "x-paystack-signature";
const BYTES: usize = 64;

/// The keys under which a webhook may be signed.
#[derive(Clone)]
pub(crate) struct Verifier {
    keys: Vec<Hmac<Sha512>>,
}

impl Verifier {
    /// `None` if a key cannot be used, which HMAC does not know.
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a SecretString>) -> Option<Self> {
        let keys = keys.into_iter().map(|key| Hmac::new_from_slice(key.expose_secret().as_bytes()).ok());
        Some(Self { keys: keys.collect::<Option<_>>()? })
    }

    /// Whether the headers carry one signature of `body` under one of the keys.
    pub(crate) fn accepts(&self, headers: &[(String, String)], body: &[u8]) -> bool {
        let mut signatures = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(HEADER));
        let (Some((_, signature)), None) = (signatures.next(), signatures.next()) else {
            return false;
        };
        let Some(signature) = decode(signature) else {
            return false;
        };
        let mut accepted = false;
        for key in &self.keys {
            let mut mac = key.clone();
            mac.update(body);
            accepted |= mac.verify_slice(&signature).is_ok();
        }
        accepted
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("keys", &self.keys.len()).finish()
    }
}

fn decode(signature: &str) -> Option<[u8; BYTES]> {
    // `hex` would take capitals too, and Paystack sends none.
    if signature.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; BYTES];
    hex::decode_to_slice(signature, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "sk_test_ffffffffffffffffffffffffffffffffffffffff";
    const BODY: &str = r#"{"event":"charge.success","data":{"id":302961,"domain":"test","status":"success","reference":"mkt-0001-a1","amount":10000,"currency":"NGN","metadata":0}}"#;
    const SIGNATURE: &str = "7978c384970e71845e8dddb53c38861c2a0ce23746b474d4394f4a51b8f00a735a1a8170896ca88892b13e3e0496f60c95339f4a27baeebae8d5f97e209bba1a";
    const SORTED: &str = "7a3e3736aefceac9986144960c760e8bb3ac463d946342b0eb8cd5019cbc32a47001e5457595ec70e9b6d47fdd8deabd5f05a835bf38eb4bf6c2bca13d5dc583";
    const WITH_LINE_END: &str = "9fb77b8b0ae75456c2f90f62b15e624ee310ba6c3005da73784c2c628fb3a4b310aff9270091492c671048d80cf93c67a909c8c613861d9342f9c2b7695d6529";
    const EMPTY: &str = "172d932fbf9a6ff86c332ee2cf943df02cdcb3364e29eeecd20279c1a8d12006ca8621167ce81edd1281322f6c6a1459bcd9d4a44ded9e507cdb5b31969045db";
    const UNICODE_BODY: &str =
        r#"{"event":"charge.success","data":{"reference":"r1","url":"https://x/y","name":"Ọlá"}}"#;
    const UNICODE: &str = "82953c5595a496a16d24bd89985ff26f9d1682115ab55ec5b83dd6e37892e251c25abbe0218cb0d94863d6f3a6b1156d4ba937cad40155461ab93ec7607a7dcb";
    const ESCAPED: &str = "e7cfc711a6cae33b32caf220a5e415b449e500f871bcf97759917f14c266027c6f6c9ed4c11d5e4b65c9619e4513b2fc5a21de8d0cdf002416fe650442bf2eb9";

    fn verifier(keys: &[&str]) -> Verifier {
        let keys: Vec<SecretString> = keys.iter().map(|key| SecretString::from(*key)).collect();
        Verifier::new(&keys).unwrap()
    }

    fn accepts(signatures: &[&str], body: &str) -> bool {
        let headers: Vec<_> =
            signatures.iter().map(|value| (HEADER.to_owned(), (*value).to_owned())).collect();
        verifier(&[KEY]).accepts(&headers, body.as_bytes())
    }

    #[test]
    fn the_published_scheme_is_accepted() {
        assert!(accepts(&[SIGNATURE], BODY));
        assert!(accepts(&[UNICODE], UNICODE_BODY));
        assert!(accepts(&[EMPTY], ""));
        assert!(accepts(&[WITH_LINE_END], &format!("{BODY}\n")));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(!accepts(&[SORTED], BODY), "signed over the same JSON in another order");
        assert!(!accepts(&[WITH_LINE_END], BODY));
        assert!(!accepts(&[SIGNATURE], &format!("{BODY}\n")));
        assert!(!accepts(&[ESCAPED], UNICODE_BODY), "signed over the escaped form");
        assert!(!accepts(&[EMPTY], BODY));
        assert!(!accepts(&[SIGNATURE], &BODY.replace("10000", "10001")));
    }

    #[test]
    fn only_one_whole_lower_case_signature_is_looked_at() {
        let short = &SIGNATURE[..126];
        let long = format!("{SIGNATURE}00");
        let half_of_it = &SIGNATURE[..64];
        let upper = SIGNATURE.to_uppercase();
        let one_capital = SIGNATURE.replacen('c', "C", 1);
        let blank = format!(" {SIGNATURE}");
        let not_hex = SIGNATURE.replacen('7', "g", 1);
        let odd = &SIGNATURE[..127];
        for wrong in
            ["", short, odd, &long, half_of_it, &upper, &one_capital, &blank, &not_hex, "sha512", "\u{663}"]
        {
            assert!(!accepts(&[wrong], BODY), "{wrong}");
        }
        assert!(!accepts(&[], BODY), "no header");
        assert!(!accepts(&[SIGNATURE, SIGNATURE], BODY), "twice the same");
        assert!(!accepts(&[SORTED, SIGNATURE], BODY), "one wrong, one right");
        let other_name = [("x-paystack-signature-2".to_owned(), SIGNATURE.to_owned())];
        assert!(!verifier(&[KEY]).accepts(&other_name, BODY.as_bytes()));
    }

    #[test]
    fn rotation_accepts_both_keys_and_no_third() {
        let header = [(HEADER.to_owned(), SIGNATURE.to_owned())];
        assert!(verifier(&[KEY, OTHER]).accepts(&header, BODY.as_bytes()));
        assert!(verifier(&[OTHER, KEY]).accepts(&header, BODY.as_bytes()));
        assert!(!verifier(&[OTHER]).accepts(&header, BODY.as_bytes()));
    }

    #[test]
    fn every_changed_bit_is_seen() {
        let mut bytes = hex::decode(SIGNATURE).unwrap();
        for index in 0..bytes.len() {
            bytes[index] ^= 1;
            assert!(!accepts(&[&hex::encode(&bytes)], BODY), "byte {index}");
            bytes[index] ^= 1;
        }
    }
}
