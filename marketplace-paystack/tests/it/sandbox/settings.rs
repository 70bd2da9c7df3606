//! Which configurations are refused, and what `Debug` shows of the others.

use marketplace_paystack::sandbox::SandboxError;

use super::bench::{ManualClock, builder};

#[test]
fn a_bad_configuration_is_refused() {
    let clock = ManualClock::new();
    for key in ["sk_live_0123", "pk_test_0123", "sk_test_", ""] {
        let error = builder(&clock).secret_key(key).build().unwrap_err();
        assert!(matches!(error, SandboxError::NotATestKey), "{key}");
    }
    for key in ["sk_test_0123", "sk_live_", ""] {
        let error = builder(&clock).live_secret_key(key).build().unwrap_err();
        assert!(matches!(error, SandboxError::NotALiveKey), "{key}");
    }
    let error = builder(&clock).public_url("/dev/paystack").build().unwrap_err();
    assert_eq!(error.to_string(), "the public address is not an absolute http address");
    let error = builder(&clock).webhook_url(Some("ftp://x/".into())).build().unwrap_err();
    assert!(matches!(error, SandboxError::BadAddress("webhook address")), "{error:?}");
    let error = builder(&clock).webhook_url(Some("http://x/".into())).build().unwrap_err();
    assert!(matches!(error, SandboxError::Missing("http client for webhooks")), "{error:?}");
    let error = builder(&clock).currencies(["NGN", "EUR"]).build().unwrap_err();
    assert!(matches!(error, SandboxError::UnknownCurrency(code) if code == "EUR"));
    let error = builder(&clock).currencies(Vec::<String>::new()).build().unwrap_err();
    assert!(matches!(error, SandboxError::NoCurrency), "{error:?}");
}

#[test]
fn debug_shows_no_secret() {
    let builder = builder(&ManualClock::new());
    let settings = format!("{builder:?}");
    let sandbox = builder.build().unwrap();
    let text = format!("{settings} {sandbox:?} {:?}", sandbox.control());
    assert!(text.contains("dev/paystack") && !text.contains("sk_test"), "{text}");
}
