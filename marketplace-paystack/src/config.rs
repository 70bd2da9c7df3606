//! The settings of the adapter and what makes them sound.
//!
//! Guarantees: keys are trimmed and have the form of a Paystack secret key; a key travels only over https,
//! except a test key to the loopback interface; errors name the setting and never its value.
//!
//! Does not: read the environment, or ask Paystack whether a key is good.
//!
//! Called by: hosts, through [`Paystack::new`](crate::Paystack::new).

use crate::error::ConfigError;
use marketplace_core::payment::Mode;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, net::IpAddr, time::Duration};

/// Where Paystack's API lives, for test and live keys alike.
const PAYSTACK: &str = "https://api.paystack.co";

/// Time for a call from its beginning to the last byte of its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The settings of [`Paystack`](crate::Paystack), checked when that is built.
#[derive(Clone)]
pub struct PaystackConfig {
    secret_key: SecretString,
    previous_secret_key: Option<SecretString>,
    base_url: String,
    call_timeout: Duration,
}

impl PaystackConfig {
    /// Settings with the account's secret key (`sk_test_…` or `sk_live_…`, which decides the mode) and
    /// defaults for everything else. Blanks around the key are dropped.
    pub fn new(secret_key: SecretString) -> Self {
        Self {
            secret_key,
            previous_secret_key: None,
            base_url: PAYSTACK.to_owned(),
            call_timeout: CALL_TIMEOUT,
        }
    }

    /// Also accepts webhooks that are signed with the key that was in use before, of the same mode. For the
    /// days around a change of keys; take it out afterwards.
    #[must_use]
    pub fn with_previous_secret_key(mut self, key: SecretString) -> Self {
        self.previous_secret_key = Some(key);
        self
    }

    /// Calls this address instead of `https://api.paystack.co`; it may have a path. Plain http is for test
    /// keys on the loopback interface only.
    #[must_use]
    pub fn with_base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// How long a call may take from its beginning to the last byte of its answer; 30 seconds otherwise. A
    /// short limit makes more payments end in an unknown outcome. A question whose connection broke off is asked once
    /// more, with the same limit again.
    #[must_use]
    pub fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    pub(crate) fn check(self) -> Result<Checked, ConfigError> {
        let (secret_key, mode) = key(&self.secret_key).ok_or(ConfigError::SecretKey)?;
        let previous_key = match &self.previous_secret_key {
            None => None,
            Some(previous) => match key(previous).ok_or(ConfigError::PreviousSecretKey)? {
                (previous, previous_mode) if previous_mode == mode => Some(previous),
                _ => return Err(ConfigError::KeysOfTwoModes),
            },
        };
        let base_url = base_url(self.base_url.trim(), mode)?;
        Ok(Checked { secret_key, previous_key, mode, base_url, call_timeout: self.call_timeout })
    }
}

/// Keys stay out of it.
impl fmt::Debug for PaystackConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nor the address: until it is checked it may carry a password.
        f.debug_struct("PaystackConfig")
            .field("accepts_previous_key", &self.previous_secret_key.is_some())
            .field("call_timeout", &self.call_timeout)
            .finish_non_exhaustive()
    }
}

/// Settings that are sound.
pub(crate) struct Checked {
    pub(crate) secret_key: SecretString,
    pub(crate) previous_key: Option<SecretString>,
    pub(crate) mode: Mode,
    pub(crate) base_url: Url,
    pub(crate) call_timeout: Duration,
}

fn key(given: &SecretString) -> Option<(SecretString, Mode)> {
    let text = given.expose_secret().trim();
    let (mode, rest) = match (text.strip_prefix("sk_test_"), text.strip_prefix("sk_live_")) {
        (Some(rest), _) => (Mode::Test, rest),
        (None, Some(rest)) => (Mode::Live, rest),
        (None, None) => return None,
    };
    let plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if plain && !rest.is_empty() { Some((SecretString::from(text), mode)) } else { None }
}

fn base_url(text: &str, mode: Mode) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::BaseUrl)?;
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !bare || url.fragment().is_some() || url.host_str().is_none() {
        return Err(ConfigError::BaseUrl);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if mode == Mode::Test && is_loopback(&url) => Ok(url),
        "http" => Err(ConfigError::InsecureBaseUrl),
        _ => Err(ConfigError::BaseUrl),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
    const LIVE: &str = "sk_live_0123456789abcdef0123456789abcdef01234567";

    fn config(key: &str) -> PaystackConfig {
        PaystackConfig::new(SecretString::from(key))
    }

    fn refusal(config: PaystackConfig) -> ConfigError {
        config.check().err().unwrap()
    }

    #[test]
    fn the_key_decides_the_mode_and_loses_its_blanks() {
        let checked = config(&format!(" {KEY}\r\n")).check().unwrap();
        assert_eq!((checked.secret_key.expose_secret(), checked.mode), (KEY, Mode::Test));
        assert_eq!(config(LIVE).check().unwrap().mode, Mode::Live);
        assert_eq!(checked.base_url.as_str(), "https://api.paystack.co/");
    }

    #[test]
    fn what_is_no_secret_key_is_refused() {
        for text in [
            "",
            " ",
            "sk_test_",
            "sk_live_",
            "pk_test_abc",
            "sk_prod_abc",
            "SK_TEST_abc",
            "sk_test_a b",
            "sk_test_ä",
        ] {
            assert!(matches!(refusal(config(text)), ConfigError::SecretKey), "{text:?}");
            let with_previous = config(KEY).with_previous_secret_key(SecretString::from(text));
            assert!(matches!(refusal(with_previous), ConfigError::PreviousSecretKey), "{text:?}");
        }
        let mixed = config(KEY).with_previous_secret_key(SecretString::from(LIVE));
        assert!(matches!(refusal(mixed), ConfigError::KeysOfTwoModes));
    }

    #[test]
    fn plain_http_is_for_test_keys_on_this_machine() {
        for url in [
            "http://127.0.0.1:3000/dev/paystack",
            "http://127.9.9.9",
            "http://localhost:1/",
            "http://[::1]:80",
            "https://proxy.example/paystack",
        ] {
            assert!(config(KEY).with_base_url(url).check().is_ok(), "{url}");
        }
        for url in [
            "http://api.paystack.co",
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
        ] {
            assert!(matches!(refusal(config(KEY).with_base_url(url)), ConfigError::InsecureBaseUrl), "{url}");
        }
        for url in ["http://127.0.0.1:3000", "http://localhost", "http://[::1]"] {
            assert!(
                matches!(refusal(config(LIVE).with_base_url(url)), ConfigError::InsecureBaseUrl),
                "{url}"
            );
        }
        for url in [
            "",
            "api.paystack.co",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "https://user:pw@api.paystack.co",
            "https://a.example/?x=1",
            "https://a.example/#x",
        ] {
            assert!(matches!(refusal(config(KEY).with_base_url(url)), ConfigError::BaseUrl), "{url}");
        }
    }

    #[test]
    fn nothing_shows_a_value() {
        let secret_address = format!("https://user:hunter2@{LIVE}.example");
        let config =
            config(KEY).with_previous_secret_key(SecretString::from(LIVE)).with_base_url(secret_address);
        let shown = format!("{config:?} {0} {0:?}", refusal(config.clone()));
        assert!(
            !shown.contains("sk_test_0") && !shown.contains("sk_live_0") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
