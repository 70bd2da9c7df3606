//! The settings of the adapter and what makes them sound.
//!
//! Guarantees: errors name the setting and never its value; blanks around what people copy are dropped.
//!
//! Does not: read the environment, or ask the server whether a key is good.
//!
//! Called by: hosts, through [`S3Store::new`](crate::S3Store::new).

use http::Uri;
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, time::Duration};

/// A setting of [`S3Config`] that is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The name is none that a bucket can have.
    #[error("bucket is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens")]
    Bucket,
    /// The region is empty, or no word.
    #[error("region is not a region such as eu-west-1; servers of your own name theirs, R2 wants auto")]
    Region,
    /// The key's id is empty, or no word.
    #[error("access_key_id is not the id of a key")]
    AccessKeyId,
    /// The key's secret is empty, or no word.
    #[error("secret_access_key is not the secret of a key")]
    SecretAccessKey,
    /// The session's token is empty, or no word.
    #[error("session_token is not the token of a session")]
    SessionToken,
    /// The endpoint is no absolute http address, or has a path, credentials or a query.
    #[error("endpoint is not an http or https address without a path, credentials and query")]
    Endpoint,
    /// A time is zero, or the whole call is shorter than one try.
    #[error("timeouts are above zero, and a whole call takes at least as long as one try")]
    Timeouts,
    /// No try is no call.
    #[error("tries are at least one")]
    Tries,
    /// This machine trusts nobody, so no https endpoint can be reached.
    #[error("this machine has no root certificates; install ca-certificates")]
    NoRootCertificates,
}

/// The settings of [`S3Store`](crate::S3Store), checked when that is built.
#[derive(Clone)]
pub struct S3Config {
    bucket: String,
    region: String,
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: Option<SecretString>,
    endpoint: Option<String>,
    path_style: Option<bool>,
    checksum_headers: bool,
    connect_timeout: Duration,
    try_timeout: Duration,
    call_timeout: Duration,
    tries: u32,
    first_wait: Duration,
}

impl S3Config {
    /// Settings for a bucket on AWS, and defaults for everything else.
    pub fn new(
        bucket: impl Into<String>,
        region: impl Into<String>,
        access_key_id: impl Into<String>,
        secret_access_key: SecretString,
    ) -> Self {
        Self {
            bucket: bucket.into(),
            region: region.into(),
            access_key_id: access_key_id.into(),
            secret_access_key,
            session_token: None,
            endpoint: None,
            path_style: None,
            checksum_headers: true,
            connect_timeout: Duration::from_secs(5),
            try_timeout: Duration::from_mins(1),
            call_timeout: Duration::from_secs(150),
            tries: 3,
            first_wait: Duration::from_secs(1),
        }
    }

    /// Another server than AWS: `https://host` or `https://host:port`. Buyers' browsers fetch files from it, so it must
    /// be reachable for them. Over plain http everybody on the way reads the files, and the addresses that open them.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Whether the bucket stands in the path of addresses (`https://host/bucket/key`) or before the host
    /// (`https://bucket.host/key`). Otherwise: in the path on an endpoint of your own, before the host on AWS.
    #[must_use]
    pub fn with_path_style(mut self, path_style: bool) -> Self {
        self.path_style = Some(path_style);
        self
    }

    /// The token that belongs to a temporary key.
    #[must_use]
    pub fn with_session_token(mut self, token: SecretString) -> Self {
        self.session_token = Some(token);
        self
    }

    /// Whether requests carry `x-amz-checksum-sha256`, which the server checks and keeps. `false` is for servers that
    /// refuse it; the signature covers the SHA-256 of every request either way.
    #[must_use]
    pub fn with_checksum_headers(mut self, checksum_headers: bool) -> Self {
        self.checksum_headers = checksum_headers;
        self
    }

    /// How long connecting, one try of a call, and the whole call may take; 5, 60 and 150 seconds otherwise. Of a
    /// download only the time until it begins counts; after that it may not stand still for 20 seconds.
    #[must_use]
    pub fn with_timeouts(mut self, connect: Duration, one_try: Duration, whole_call: Duration) -> Self {
        (self.connect_timeout, self.try_timeout, self.call_timeout) = (connect, one_try, whole_call);
        self
    }

    /// How often a call is tried, 3 times otherwise, and how long it waits at the most before the second try, one second
    /// otherwise; each further wait is twice as long.
    #[must_use]
    pub fn with_tries(mut self, tries: u32, first_wait: Duration) -> Self {
        (self.tries, self.first_wait) = (tries, first_wait);
        self
    }

    /// Whether the settings are sound, without building anything of them.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.clone().checked().map(|_| ())
    }

    /// Whether objects would travel over plain http.
    pub fn is_plain_http(&self) -> bool {
        let sound = self.endpoint.as_deref().and_then(|text| endpoint(text).ok());
        sound.is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    pub(crate) fn checked(self) -> Result<Checked, ConfigError> {
        let secret = |given: &SecretString, error| match word(given.expose_secret()) {
            Some(text) => Ok(SecretString::from(text)),
            None => Err(error),
        };
        let timeouts = [self.connect_timeout, self.try_timeout, self.call_timeout];
        if timeouts.iter().any(Duration::is_zero) || self.call_timeout < self.try_timeout {
            return Err(ConfigError::Timeouts);
        }
        if self.tries == 0 {
            return Err(ConfigError::Tries);
        }
        let endpoint = self.endpoint.as_deref().map(endpoint).transpose()?;
        Ok(Checked {
            bucket: bucket(self.bucket.trim()).ok_or(ConfigError::Bucket)?.to_owned(),
            region: region(self.region.trim()).ok_or(ConfigError::Region)?.to_owned(),
            access_key_id: word(&self.access_key_id).ok_or(ConfigError::AccessKeyId)?.to_owned(),
            secret_access_key: secret(&self.secret_access_key, ConfigError::SecretAccessKey)?,
            session_token: self
                .session_token
                .as_ref()
                .map(|token| secret(token, ConfigError::SessionToken))
                .transpose()?,
            path_style: self.path_style.unwrap_or(endpoint.is_some()),
            endpoint,
            checksum_headers: self.checksum_headers,
            connect_timeout: self.connect_timeout,
            try_timeout: self.try_timeout,
            call_timeout: self.call_timeout,
            tries: self.tries,
            first_wait: self.first_wait,
        })
    }
}

/// Keys stay out of it, and so does the endpoint: until it is checked it may carry a password.
impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Config")
            .field("bucket", &self.bucket)
            .field("region", &self.region)
            .field("path_style", &self.path_style)
            .finish_non_exhaustive()
    }
}

/// Settings that are sound.
pub(crate) struct Checked {
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: SecretString,
    pub(crate) session_token: Option<SecretString>,
    /// Scheme and host, without a slash at the end.
    pub(crate) endpoint: Option<String>,
    pub(crate) path_style: bool,
    pub(crate) checksum_headers: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) try_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) first_wait: Duration,
}

impl Checked {
    /// Whether bytes travel in the clear.
    pub(crate) fn is_plain(&self) -> bool {
        self.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }
}

/// A text without blanks, of printable ASCII: anything else was copied wrongly.
fn word(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

fn bucket(name: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().last().is_some_and(plain)
        && !name.contains("..");
    fits.then_some(name)
}

fn region(name: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!name.is_empty() && name.len() <= 64 && name.bytes().all(plain)).then_some(name)
}

fn endpoint(text: &str) -> Result<String, ConfigError> {
    let uri: Uri = text.trim().parse().map_err(|_| ConfigError::Endpoint)?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme));
    let (Some(scheme), Some(authority)) = (scheme, uri.authority()) else {
        return Err(ConfigError::Endpoint);
    };
    let bare = !authority.as_str().contains('@') && !authority.host().is_empty();
    let has_path = uri.path_and_query().is_some_and(|rest| rest.as_str() != "/");
    if !bare || has_path || text.contains('#') {
        return Err(ConfigError::Endpoint);
    }
    Ok(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn config() -> S3Config {
        S3Config::new("shop-files", "eu-west-1", "AKIAIOSFODNN7EXAMPLE", SECRET.into())
    }

    fn refusal(config: S3Config) -> ConfigError {
        config.checked().err().unwrap()
    }

    #[test]
    fn what_was_copied_with_blanks_is_taken_without() {
        let config = S3Config::new(" shop.files ", "auto\n", " AKIA ", format!(" {SECRET}\r\n").into());
        let checked = config.with_endpoint(" https://s3.example:9000/ ").checked().unwrap();
        assert_eq!((checked.bucket.as_str(), checked.region.as_str()), ("shop.files", "auto"));
        assert_eq!(
            (checked.access_key_id.as_str(), checked.secret_access_key.expose_secret()),
            ("AKIA", SECRET)
        );
        assert_eq!(checked.endpoint.as_deref(), Some("https://s3.example:9000"));
    }

    #[test]
    fn the_bucket_stands_in_the_path_on_other_endpoints_unless_told() {
        assert!(!config().checked().unwrap().path_style);
        let other = config().with_endpoint("https://nyc3.digitaloceanspaces.com");
        assert!(other.clone().checked().unwrap().path_style);
        assert!(!other.with_path_style(false).checked().unwrap().path_style);
    }

    #[test]
    fn plain_http_is_told_however_it_is_written() {
        for (url, plain) in
            [("http://s3.example", true), (" HTTP://s3.example/", true), ("https://s3.example", false)]
        {
            let config = config().with_endpoint(url);
            assert_eq!(
                (config.is_plain_http(), config.checked().unwrap().is_plain()),
                (plain, plain),
                "{url}"
            );
        }
        assert!(!config().is_plain_http());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for name in
            ["", "ab", "Shop", "shop_files", "-shop", "shop-", "sh..op", "shop files", &"a".repeat(64)]
        {
            let wrong = S3Config::new(name, "eu-west-1", "AKIA", SECRET.into());
            assert!(matches!(refusal(wrong), ConfigError::Bucket), "{name:?}");
        }
        for name in ["", "eu west", "eu/west", "ä"] {
            let wrong = S3Config::new("shop", name, "AKIA", SECRET.into());
            assert!(matches!(refusal(wrong), ConfigError::Region), "{name:?}");
        }
        for text in ["", " ", "two words", "ключ"] {
            let id = S3Config::new("shop", "auto", text, SECRET.into());
            assert!(matches!(refusal(id), ConfigError::AccessKeyId), "{text:?}");
            let secret = S3Config::new("shop", "auto", "AKIA", text.into());
            assert!(matches!(refusal(secret), ConfigError::SecretAccessKey), "{text:?}");
            let token = config().with_session_token(text.into());
            assert!(matches!(refusal(token), ConfigError::SessionToken), "{text:?}");
        }
        for url in [
            "",
            "s3.example",
            "//s3.example",
            "ftp://s3.example",
            "https://",
            "https://user:pw@s3.example",
            "https://s3.example/bucket",
            "https://s3.example/?x=1",
            "https://s3.example/#x",
            "https://s3 example",
        ] {
            assert!(matches!(refusal(config().with_endpoint(url)), ConfigError::Endpoint), "{url:?}");
        }
        let second = Duration::from_secs(1);
        for (connect, one_try, call) in
            [(Duration::ZERO, second, second), (second, Duration::ZERO, second), (second, second * 2, second)]
        {
            let wrong = config().with_timeouts(connect, one_try, call);
            assert!(matches!(refusal(wrong), ConfigError::Timeouts));
        }
        assert!(matches!(refusal(config().with_tries(0, second)), ConfigError::Tries));
    }

    #[test]
    fn nothing_shows_a_value() {
        let config = config()
            .with_endpoint("https://user:hunter2@s3.example")
            .with_session_token("session-of-somebody".into());
        let shown = format!("{config:?} {0} {0:?}", refusal(config.clone()));
        for secret in [SECRET, "AKIAIOSFODNN7EXAMPLE", "hunter2", "session-of-somebody"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
