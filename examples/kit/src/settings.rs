//! Settings from environment variables.
//!
//! Every variable may also come from a file: `NAME_FILE=/run/secrets/name`. An empty variable counts as
//! unset. Errors name the variable, never its value.

use crate::variables::{OWN, Variables, suggestion};
use marketplace_core::{
    market::{FeeRule, HoldRule, Rules},
    money::Rate,
    time::SystemClock,
};
use marketplace_email::{Sender, SmtpConfig, SmtpConfigError, SmtpMailer};
use marketplace_http::Network;
use marketplace_paystack::PaystackConfig;
use marketplace_s3::{ConfigError as BucketError, S3Config};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

/// What the server is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// With sandbox, mailbox and clock.
    Development,
    /// With real parts only.
    Production,
}

/// A setting that the server does not start with.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The value is not understood.
    #[error("{name}: {expected}")]
    Invalid {
        /// Which variable.
        name: String,
        /// What it ought to be.
        expected: String,
    },
    /// A file named by `…_FILE` cannot be read.
    #[error("{0}: the file cannot be read")]
    Unreadable(String),
    /// Production needs these variables, each with what would be in use without it. All at once, so that one start tells
    /// everything.
    #[error("{}", lines(.0))]
    Required(Vec<(&'static str, &'static str)>),
    /// One variable needs another.
    #[error("{name} must be set, because {with} is")]
    Missing {
        /// Which variable.
        name: &'static str,
        /// The one that needs it.
        with: &'static str,
    },
    /// No such variable.
    #[error("{0}: there is no such setting{1}")]
    Unknown(String, String),
}

fn lines(required: &[(&str, &str)]) -> String {
    let line = |(name, why): &(&str, &str)| format!("{name} must be set when APP_ENV=production: {why}");
    required.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the server is run for.
    pub environment: Environment,
    /// `sqlite:PATH` or `postgres://…`; `None` is the default file in the data folder.
    pub database_url: Option<String>,
    /// The gateway's key; `None` is the built-in sandbox.
    pub paystack_secret_key: Option<SecretString>,
    /// The key before this one, while webhooks that it signed may still be under way.
    pub paystack_previous_secret_key: Option<SecretString>,
    /// Another address of the gateway.
    pub paystack_base_url: Option<String>,
    /// The bucket that keeps files; `None` is a folder in the data folder.
    pub bucket: Option<S3Config>,
    /// The mail server; `None` keeps mails in the data folder, for the development mailbox.
    pub smtp: Option<SmtpConfig>,
    /// The sender of mails.
    pub mail_from: Sender,
    /// Where to listen.
    pub host: IpAddr,
    /// Where to listen; 0 takes any free port.
    pub port: u16,
    /// What public addresses begin with; `None` follows from host and port.
    pub base_url: Option<String>,
    /// From what tokens are derived; `None` is made and kept in the data folder.
    pub app_secret: Option<SecretString>,
    /// Which proxies may say who the client is.
    pub trusted_proxies: Vec<Network>,
    /// Where the embedded defaults keep everything.
    pub data_dir: PathBuf,
    /// Where metrics are served, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// Whether requests are counted.
    pub rate_limit: bool,
    /// Whether this process runs background jobs.
    pub workers: bool,
    /// The marketplace's own rules.
    pub rules: Rules,
    /// Names beginning with `MARKETPLACE_` that mean nothing; refused in production.
    pub unknown: Vec<String>,
}

impl Settings {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// See [`Settings::from_variables`].
    pub fn from_env() -> Result<Self, SettingsError> {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        Self::from_variables(
            std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))),
        )
    }

    /// Reads variables.
    ///
    /// # Errors
    /// The first variable that is wrong, or unknown in production; else all that production lacks.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let variables = Variables::of(variables);
        let environment = variables
            .parse("APP_ENV", "it is development or production", |text| match text {
                "development" => Some(Environment::Development),
                "production" => Some(Environment::Production),
                _ => None,
            })?
            .unwrap_or(Environment::Development);
        let database_url = variables.parse("DATABASE_URL", "it is sqlite:PATH or postgres://…", |text| {
            let known =
                ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
            known.then(|| text.to_owned())
        })?;
        let base_url = variables.parse("BASE_URL", "it is http(s)://host without a path", |text| {
            let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
            let rest = rest.strip_suffix('/').unwrap_or(rest);
            let plain = !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ']);
            plain.then(|| text.trim_end_matches('/').to_owned())
        })?;
        let app_secret = variables.parse("APP_SECRET", "it has at least 32 bytes", |text| {
            (text.len() >= 32).then(|| text.into())
        })?;
        let trusted_proxies = variables
            .parse("TRUSTED_PROXIES", "it is a comma list of addresses or networks", |text| {
                text.split(',').map(|address| address.trim().parse().ok()).collect::<Option<Vec<_>>>()
            })?
            .unwrap_or_default();
        let mail_from =
            variables.parse("MAIL_FROM", "it is an address, or Name <address>", |text| text.parse().ok())?;
        let has_sender = mail_from.is_some();
        let mail_from = match mail_from {
            Some(sender) => sender,
            None => default_sender()?,
        };
        let smtp = smtp(&variables, environment, &mail_from)?;
        // Takes effect with payouts; checked already, so that a typing error shows today.
        variables.seconds("MARKETPLACE_PAYOUT_COOLDOWN_SECONDS", 0)?;
        let unknown = variables.names().filter(|name| name.starts_with("MARKETPLACE_")).filter(|name| {
            let name = name.strip_suffix("_FILE").unwrap_or(name);
            !OWN.contains(&name)
        });
        let settings = Self {
            environment,
            database_url,
            paystack_secret_key: variables.text("PAYSTACK_SECRET_KEY")?.map(Into::into),
            paystack_previous_secret_key: variables.text("PAYSTACK_PREVIOUS_SECRET_KEY")?.map(Into::into),
            paystack_base_url: variables.text("PAYSTACK_BASE_URL")?,
            bucket: bucket(&variables)?,
            smtp,
            mail_from,
            host: variables
                .parse("HOST", "it is an IP address", |text| text.parse().ok())?
                .unwrap_or(IpAddr::from([127, 0, 0, 1])),
            port: variables.parse("PORT", "it is a port number", |text| text.parse().ok())?.unwrap_or(3000),
            base_url,
            app_secret,
            trusted_proxies,
            data_dir: variables
                .text("MARKETPLACE_DATA_DIR")?
                .unwrap_or_else(|| ".marketplace".to_owned())
                .into(),
            metrics: variables
                .parse("METRICS_ADDR", "it is an address and a port", |text| text.parse().ok())?,
            rate_limit: variables.switch("MARKETPLACE_RATE_LIMIT")?.unwrap_or(true),
            workers: variables.switch("MARKETPLACE_WORKERS")?.unwrap_or(true),
            rules: rules(&variables)?,
            unknown: unknown.cloned().collect(),
        };
        settings.check_production(has_sender)?;
        Ok(settings)
    }

    /// The gateway's configuration with what is set beside the key.
    pub(crate) fn paystack(&self, mut config: PaystackConfig) -> PaystackConfig {
        if let Some(previous) = &self.paystack_previous_secret_key {
            config = config.with_previous_secret_key(previous.clone());
        }
        if let Some(url) = &self.paystack_base_url {
            config = config.with_base_url(url);
        }
        config
    }

    /// What must not be missing where real money moves.
    fn check_production(&self, has_sender: bool) -> Result<(), SettingsError> {
        if self.environment == Environment::Development {
            return Ok(());
        }
        if let Some(name) = self.unknown.first() {
            return Err(SettingsError::Unknown(name.clone(), suggestion(name)));
        }
        let invalid = |name: &str, expected: &str| {
            Err(SettingsError::Invalid { name: name.to_owned(), expected: expected.to_owned() })
        };
        let key = self.paystack_secret_key.as_ref();
        if key.is_some_and(|key| key.expose_secret().trim().starts_with("sk_test_")) {
            return invalid("PAYSTACK_SECRET_KEY", "it is a live key in production");
        }
        if self.bucket.as_ref().is_some_and(S3Config::is_plain_http) {
            return invalid("AWS_ENDPOINT_URL_S3", "it is an https address in production");
        }
        if !self.rate_limit {
            return invalid("MARKETPLACE_RATE_LIMIT", "it is off in development only");
        }
        let needed = [
            (key.is_some(), "PAYSTACK_SECRET_KEY", "the sandbox takes play money"),
            (self.app_secret.is_some(), "APP_SECRET", "tokens are derived from it"),
            (self.smtp.is_some(), "SMTP_URL", "the dev mailbox delivers to nobody"),
            (has_sender, "MAIL_FROM", "no mail server takes mail from a sender that does not exist"),
        ];
        let missing: Vec<_> =
            needed.into_iter().filter(|(is_set, ..)| !is_set).map(|(_, name, why)| (name, why)).collect();
        if !missing.is_empty() {
            return Err(SettingsError::Required(missing));
        }
        Ok(())
    }
}

/// The mail server. What could not work is refused here already, by the variable that is to blame.
fn smtp(
    variables: &Variables,
    environment: Environment,
    sender: &Sender,
) -> Result<Option<SmtpConfig>, SettingsError> {
    let expected = "it is smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465, with what is special in \
                    them percent-encoded";
    let config: Option<SmtpConfig> = variables.parse("SMTP_URL", expected, |text| text.parse().ok())?;
    let authority = variables.text("SMTP_CA")?;
    let Some(mut config) = config else {
        let (name, expected) = ("SMTP_CA".to_owned(), "it says nothing without SMTP_URL".to_owned());
        return if authority.is_some() { Err(SettingsError::Invalid { name, expected }) } else { Ok(None) };
    };
    if let Some(pem) = authority {
        config = config.with_root_certificates(pem);
    }
    if environment == Environment::Development {
        config = config.with_unprotected_allowed();
    }
    match SmtpMailer::new(config.clone(), sender.clone(), Arc::new(SystemClock)) {
        Ok(_) => Ok(Some(config)),
        Err(error) => {
            let name = match error {
                SmtpConfigError::RootCertificates => "SMTP_CA",
                _ => "SMTP_URL",
            };
            Err(SettingsError::Invalid { name: name.to_owned(), expected: error.to_string() })
        }
    }
}

/// The sender of mails that nobody will ever get.
fn default_sender() -> Result<Sender, SettingsError> {
    let invalid =
        |_| SettingsError::Invalid { name: "MAIL_FROM".to_owned(), expected: "it is an address".to_owned() };
    "Marketplace <shop@marketplace.example>".parse().map_err(invalid)
}

/// The variables of the SDKs of AWS. Without a bucket the others mean nothing: many machines have them.
fn bucket(variables: &Variables) -> Result<Option<S3Config>, SettingsError> {
    let Some(bucket) = variables.text("AWS_BUCKET")? else { return Ok(None) };
    let needed =
        |name: &'static str| variables.text(name)?.ok_or(SettingsError::Missing { name, with: "AWS_BUCKET" });
    let (region, id) = (needed("AWS_REGION")?, needed("AWS_ACCESS_KEY_ID")?);
    let mut config = S3Config::new(bucket, region, id, needed("AWS_SECRET_ACCESS_KEY")?.into());
    if let Some(endpoint) = variables.text("AWS_ENDPOINT_URL_S3")? {
        config = config.with_endpoint(endpoint);
    }
    let wrong = |error: BucketError| {
        let name = match error {
            BucketError::Region => "AWS_REGION",
            BucketError::AccessKeyId => "AWS_ACCESS_KEY_ID",
            BucketError::SecretAccessKey => "AWS_SECRET_ACCESS_KEY",
            BucketError::Endpoint => "AWS_ENDPOINT_URL_S3",
            _ => "AWS_BUCKET",
        };
        SettingsError::Invalid { name: name.to_owned(), expected: error.to_string() }
    };
    config.check().map_err(wrong)?;
    Ok(Some(config))
}

fn rules(variables: &Variables) -> Result<Rules, SettingsError> {
    let mut rules = Rules::default();
    if let Some(rate) =
        variables.parse("MARKETPLACE_FEE_BPS", "it is a whole number from 0 to 10000", |text| {
            text.parse().ok().and_then(|points| Rate::from_basis_points(points).ok())
        })?
    {
        rules = rules.with_fee(FeeRule { rate });
    }
    if let Some(period) = variables.seconds("MARKETPLACE_HOLD_SECONDS", 0)? {
        rules = rules.with_hold(HoldRule { period });
    }
    let bytes = |name| {
        variables.parse(name, "it is a number of bytes above zero", |text| {
            text.parse::<i64>().ok().filter(|bytes| *bytes > 0)
        })
    };
    if let Some(bytes) = bytes("MARKETPLACE_MAX_FILE_BYTES")? {
        rules = rules.with_max_file_bytes(bytes.unsigned_abs());
    }
    if let Some(bytes) = bytes("MARKETPLACE_MAX_CREATOR_BYTES")? {
        rules = rules.with_max_creator_bytes(bytes);
    }
    if let Some(ttl) = variables.seconds("MARKETPLACE_LINK_TTL_SECONDS", 1)? {
        rules = rules.with_link_ttl(ttl);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_email::SmtpTls;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_variables(owned).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_needs_to_be_set_for_development() {
        let settings = read(&[("MARKETPLACE_FEE_BPS", "")]).unwrap();
        assert_eq!(settings.environment, Environment::Development);
        assert_eq!((settings.host.to_string().as_str(), settings.port), ("127.0.0.1", 3000));
        assert_eq!(settings.rules, Rules::default());
    }

    #[test]
    fn wrong_values_are_refused_by_name_and_never_shown() {
        for (name, value) in [
            ("APP_ENV", "staging"),
            ("DATABASE_URL", "mysql://secret@host"),
            ("BASE_URL", "shop.example"),
            ("BASE_URL", "https://shop.example/path"),
            ("APP_SECRET", "too-short"),
            ("TRUSTED_PROXIES", "proxy"),
            ("MAIL_FROM", "nobody"),
            ("HOST", "localhost"),
            ("PORT", "70000"),
            ("MARKETPLACE_FEE_BPS", "10001"),
            ("MARKETPLACE_FEE_BPS", "-1"),
            ("MARKETPLACE_HOLD_SECONDS", "1.5"),
            ("MARKETPLACE_LINK_TTL_SECONDS", "0"),
            ("MARKETPLACE_MAX_FILE_BYTES", "0"),
            ("MARKETPLACE_MAX_CREATOR_BYTES", "-1"),
            ("MARKETPLACE_RATE_LIMIT", "no"),
            ("MARKETPLACE_WORKERS", "1"),
            ("METRICS_ADDR", "9090"),
            ("MARKETPLACE_PAYOUT_COOLDOWN_SECONDS", "x"),
            ("SMTP_URL", "secret"),
            ("SMTP_URL", "smtp://secret@host"),
            ("SMTP_URL", "smtp://user:secret%@host"),
            ("SMTP_URL", "smtps://user:secret@host?tls=none"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{error}");
            assert!(!error.contains(value), "{error}");
        }
    }

    #[test]
    fn a_bucket_needs_a_region_and_a_key_and_each_is_looked_at() {
        let whole = [
            ("AWS_BUCKET", "shop-files"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "the/secret+of=it"),
        ];
        assert!(read(&whole).unwrap().bucket.is_some());
        assert!(read(&whole[1..]).unwrap().bucket.is_none(), "without a bucket they are others' business");
        for left_out in 1..whole.len() {
            let name = whole[left_out].0;
            let mut rest = whole.to_vec();
            rest.remove(left_out);
            assert_eq!(read(&rest).unwrap_err(), format!("{name} must be set, because AWS_BUCKET is"));
        }
        for (name, value) in [
            ("AWS_BUCKET", "Shop_Files"),
            ("AWS_REGION", "europe (west)"),
            ("AWS_ACCESS_KEY_ID", "AKIA of somebody"),
            ("AWS_SECRET_ACCESS_KEY", "two words"),
            ("AWS_ENDPOINT_URL_S3", "https://user:hunter2@s3.example"),
            ("AWS_ENDPOINT_URL_S3", "s3.example"),
        ] {
            let mut wrong = whole.to_vec();
            wrong.retain(|(known, _)| *known != name);
            wrong.push((name, value));
            let error = read(&wrong).unwrap_err();
            assert!(error.starts_with(&format!("{name}: ")) && !error.contains(value), "{error}");
        }
        let mut open = whole.to_vec();
        open.extend([
            ("AWS_ENDPOINT_URL_S3", "http://s3.example"),
            ("APP_ENV", "production"),
            ("PAYSTACK_SECRET_KEY", "sk_live_0123456789"),
            ("APP_SECRET", "0123456789abcdef0123456789abcdef"),
        ]);
        assert_eq!(read(&open).unwrap_err(), "AWS_ENDPOINT_URL_S3: it is an https address in production");
    }

    #[test]
    fn mail_goes_over_smtp_or_into_the_mailbox() {
        assert!(read(&[]).unwrap().smtp.is_none());
        let url = ("SMTP_URL", "smtp://ada%40shop.example:hunter2@mail.example");
        let smtp = read(&[url]).unwrap().smtp.unwrap();
        assert_eq!((smtp.host(), smtp.port(), smtp.tls()), ("mail.example", 587, SmtpTls::StartTls));
        assert!(!format!("{:?}", read(&[url]).unwrap()).contains("hunter2"));
        // Whether a local relay in another container is trusted, only production need ask.
        assert!(read(&[("SMTP_URL", "smtp://relay:25?tls=none")]).is_ok());

        for variables in [&[url, ("SMTP_CA", "secret")][..], &[("SMTP_CA", "secret")]] {
            let error = read(variables).unwrap_err();
            assert!(error.starts_with("SMTP_CA: ") && !error.contains("secret"), "{error}");
        }
        let error = read(&[url, ("SMTP_CA_FILE", "/nowhere/secret")]).unwrap_err();
        assert!(error.starts_with("SMTP_CA_FILE: ") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn production_needs_real_parts_and_says_which() {
        let (test_key, key) =
            (("PAYSTACK_SECRET_KEY", "sk_test_0123456789"), ("PAYSTACK_SECRET_KEY", "sk_live_0123456789"));
        let secret = ("APP_SECRET", "0123456789abcdef0123456789abcdef");
        let production = ("APP_ENV", "production");
        assert!(read(&[production]).unwrap_err().contains("PAYSTACK_SECRET_KEY"));
        let play_money = read(&[production, test_key, secret]).unwrap_err();
        assert_eq!(play_money, "PAYSTACK_SECRET_KEY: it is a live key in production");
        assert!(read(&[production, key]).unwrap_err().contains("APP_SECRET"));
        assert!(read(&[production, key, secret]).unwrap_err().contains("SMTP_URL"));
        let typo = read(&[production, key, secret, ("MARKETPLACE_FEE_BSP", "1")]).unwrap_err();
        assert_eq!(typo, "MARKETPLACE_FEE_BSP: there is no such setting; did you mean MARKETPLACE_FEE_BPS?");
        let limit = read(&[production, key, secret, ("MARKETPLACE_RATE_LIMIT", "off")]).unwrap_err();
        assert!(limit.contains("MARKETPLACE_RATE_LIMIT"));

        let (smtp, sender) = (("SMTP_URL", "smtp://u:p@mail.example"), ("MAIL_FROM", "shop@shop.example"));
        assert!(read(&[production, key, secret, smtp]).unwrap_err().starts_with("MAIL_FROM must be set"));
        assert!(read(&[production, key, secret, smtp, sender]).is_ok());
        for option in ["none", "opportunistic"] {
            let remote = format!("smtp://u:secret@mail.example?tls={option}");
            let error = read(&[production, key, secret, ("SMTP_URL", &remote), sender]).unwrap_err();
            assert_eq!(error, "SMTP_URL: mail would leave this machine without TLS");
            let local = format!("smtp://localhost:25?tls={option}");
            assert!(read(&[production, key, secret, ("SMTP_URL", &local), sender]).is_ok());
        }
    }

    #[test]
    fn a_variable_may_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "250\n").unwrap();
        let settings = read(&[("MARKETPLACE_FEE_BPS_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(settings.rules.fee.rate.to_string(), "0.025");
        assert!(read(&[("PORT_FILE", "/nowhere")]).unwrap_err().contains("PORT_FILE"));
    }
}
