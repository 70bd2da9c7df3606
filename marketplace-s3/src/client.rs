//! The client of the SDK.
//!
//! Guarantees: rustls with ring, given here; no proxy, profile, environment or instance metadata is asked; checksums only
//! where the protocol wants them, beside those that this crate computes itself, because many servers refuse the SDK's own.
//!
//! Called by: `store`.

use crate::config::{Checked, ConfigError};
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use secrecy::ExposeSecret as _;

/// Builds the client. Connects to nothing.
pub(crate) fn build(config: &Checked) -> Result<Client, ConfigError> {
    let http = if config.is_plain() {
        Builder::new().build_http()
    } else {
        // Without any, the client would fail at the first call, and in a build for debugging by a panic.
        if rustls_native_certs::load_native_certs().certs.is_empty() {
            return Err(ConfigError::NoRootCertificates);
        }
        Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    };
    let token = config.session_token.as_ref().map(|token| token.expose_secret().to_owned());
    let secret = config.secret_access_key.expose_secret();
    let credentials = Credentials::new(&config.access_key_id, secret, token, None, "marketplace");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(config.connect_timeout)
        .operation_attempt_timeout(config.try_timeout)
        .operation_timeout(config.call_timeout)
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(config.tries).with_initial_backoff(config.first_wait);
    let sdk = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(config.path_style)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
        .timeout_config(timeouts)
        .retry_config(retries);
    let sdk = match &config.endpoint {
        Some(endpoint) => sdk.endpoint_url(endpoint),
        None => sdk,
    };
    Ok(Client::from_conf(sdk.build()))
}
