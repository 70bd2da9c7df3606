//! Why the adapter could not be built.
//!
//! Guarantees: every variant names the setting to look at, and none carries its value.
//!
//! Does not: cover failed calls; those are `GatewayError`s, mapped in `failure`.
//!
//! Called by: `config`, `client`; shown by hosts at their start.

/// A setting of [`PaystackConfig`](crate::PaystackConfig) that is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret key is empty, a public key, or something else.
    #[error("secret_key is not a secret key of Paystack (sk_test_… or sk_live_…)")]
    SecretKey,
    /// The previous key is empty, a public key, or something else.
    #[error("previous_secret_key is not a secret key of Paystack (sk_test_… or sk_live_…)")]
    PreviousSecretKey,
    /// One key is for test and one for live: whoever holds the test key could sign for the other.
    #[error("previous_secret_key and secret_key are of different modes")]
    KeysOfTwoModes,
    /// The base address is no absolute http address, or has credentials, a query or a fragment.
    #[error("base_url is not an absolute https address without credentials, query and fragment")]
    BaseUrl,
    /// The base address would send the key in the clear.
    #[error("base_url is not https; plain http is for test keys on the loopback interface")]
    InsecureBaseUrl,
    /// TLS or the HTTP client could not be set up.
    #[error("the http client cannot be built")]
    Client(#[source] marketplace_core::error::Source),
}
