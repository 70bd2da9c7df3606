//! Signature and schedule of webhooks.
//!
//! Guarantees the signature Paystack documents (HMAC-SHA512 over the exact bytes sent, keyed by the secret
//! key, in lower-case hex) and its schedules: at once, then in test mode hourly for ten hours after the first
//! attempt, in live mode every three minutes until the fourth attempt and then hourly for 72 hours. An attempt
//! missed because nobody was running is made as soon as somebody is. Callers: `delivery`, `builder`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use super::mode::Mode;

/// How long a receiver may take.
pub(super) const ANSWER_SECONDS: u64 = 30;
/// The signature's header.
pub(super) const SIGNATURE: &str = "x-paystack-signature";

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

/// Signs with one secret key and never shows it.
pub(super) struct Signer {
    mac: Hmac<Sha512>,
}

impl Signer {
    /// None if the key cannot be one, which HMAC never says of any length.
    pub(super) fn new(secret: &str) -> Option<Self> {
        Hmac::new_from_slice(secret.as_bytes()).ok().map(|mac| Self { mac })
    }

    pub(super) fn sign(&self, body: &[u8]) -> String {
        let mut mac = self.mac.clone();
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }
}

/// When an unacknowledged webhook is tried again, or none if it is given up.
pub(super) fn retry_at(mode: Mode, first_attempt_at: i64, now: i64) -> Option<i64> {
    let (quick, hours): (&[i64], i64) = match mode {
        Mode::Test => (&[], 10),
        Mode::Live => (&[3 * MINUTE, 6 * MINUTE, 9 * MINUTE], 72),
    };
    let elapsed = now.saturating_sub(first_attempt_at).max(0);
    let mut times = quick.iter().copied().chain((1..=hours).map(|hour| hour.saturating_mul(HOUR)));
    times.find(|time| *time > elapsed).map(|time| first_attempt_at.saturating_add(time))
}

#[cfg(test)]
mod tests {
    use super::{HOUR, MINUTE, Mode, Signer, retry_at};

    const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
    const BODY: &str = r#"{"event":"charge.success","data":{"id":302961,"domain":"test","status":"success","reference":"mkt-0001-a1","amount":10000,"currency":"NGN","metadata":0}}"#;

    fn sign(body: &str) -> String {
        Signer::new(KEY).unwrap().sign(body.as_bytes())
    }

    #[test]
    fn signatures_match_the_vectors() {
        assert_eq!(
            sign(BODY),
            "7978c384970e71845e8dddb53c38861c2a0ce23746b474d4394f4a51b8f00a735a1a8170896ca88892b13e3e0496f60c95339f4a27baeebae8d5f97e209bba1a"
        );
        let sorted: serde_json::Value = serde_json::from_str(BODY).unwrap();
        assert_eq!(
            sign(&sorted.to_string()),
            "7a3e3736aefceac9986144960c760e8bb3ac463d946342b0eb8cd5019cbc32a47001e5457595ec70e9b6d47fdd8deabd5f05a835bf38eb4bf6c2bca13d5dc583"
        );
        assert_eq!(
            sign(&format!("{BODY}\n")),
            "9fb77b8b0ae75456c2f90f62b15e624ee310ba6c3005da73784c2c628fb3a4b310aff9270091492c671048d80cf93c67a909c8c613861d9342f9c2b7695d6529"
        );
        assert_eq!(
            sign(""),
            "172d932fbf9a6ff86c332ee2cf943df02cdcb3364e29eeecd20279c1a8d12006ca8621167ce81edd1281322f6c6a1459bcd9d4a44ded9e507cdb5b31969045db"
        );
        assert_eq!(
            sign(r#"{"event":"charge.success","data":{"reference":"r1","url":"https://x/y","name":"Ọlá"}}"#),
            "82953c5595a496a16d24bd89985ff26f9d1682115ab55ec5b83dd6e37892e251c25abbe0218cb0d94863d6f3a6b1156d4ba937cad40155461ab93ec7607a7dcb"
        );
        assert_eq!(
            sign(
                r#"{"event":"charge.success","data":{"reference":"r1","url":"https://x/y","name":"\u1eccl\u00e1"}}"#
            ),
            "e7cfc711a6cae33b32caf220a5e415b449e500f871bcf97759917f14c266027c6f6c9ed4c11d5e4b65c9619e4513b2fc5a21de8d0cdf002416fe650442bf2eb9"
        );
    }

    #[test]
    fn three_quick_retries_then_three_days_of_hourly_ones() {
        let (mut now, mut times) = (5, Vec::new());
        while let Some(next) = retry_at(Mode::Live, 5, now) {
            times.push(next - 5);
            now = next;
        }
        let quick = [3, 6, 9].map(|minutes| minutes * MINUTE);
        let expected: Vec<i64> = quick.into_iter().chain((1..=72).map(|hour| hour * HOUR)).collect();
        assert_eq!(times, expected);
    }

    #[test]
    fn ten_hourly_retries_then_nothing() {
        let mut now = 5;
        for hour in 1..=10 {
            now = retry_at(Mode::Test, 5, now).unwrap();
            assert_eq!(now, 5 + hour * HOUR);
        }
        assert_eq!(retry_at(Mode::Test, 5, now), None);
        assert_eq!(retry_at(Mode::Test, 5, 4), Some(5 + HOUR), "a clock set back");
        assert_eq!(retry_at(Mode::Test, 5, 5 + 9 * HOUR + HOUR / 2), Some(5 + 10 * HOUR), "a late attempt");
        assert_eq!(retry_at(Mode::Test, 5, 5 + 100 * HOUR), None);
    }
}
