//! Where mail is handed over, and how.
//!
//! Called by: hosts, `mailer`.

use super::url;
use marketplace_core::error::Source;
use secrecy::SecretString;
use std::{fmt, net::IpAddr, num::NonZeroUsize, str::FromStr, time::Duration};

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// By TLS from the first byte (`smtps://`, port 465).
    Implicit,
    /// By STARTTLS before anything else is said; a server that does not offer it gets nothing (`smtp://`, port 587).
    StartTls,
    /// By STARTTLS if the server offers it. Whoever can change what passes can take the offer away.
    Opportunistic,
    /// Not at all.
    Plain,
}

impl SmtpTls {
    /// Whether nothing goes out unprotected.
    pub const fn is_sure(self) -> bool {
        matches!(self, Self::Implicit | Self::StartTls)
    }
}

/// The settings cannot be used. Says nothing of their values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpConfigError {
    /// Not `smtp://` or `smtps://`.
    #[error("the address does not begin with smtp:// or smtps://")]
    Scheme,
    /// No host, or one that is no name and no IP address.
    #[error("the address names no host")]
    Host,
    /// The port is no port.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// User name and password belong together, and are percent-encoded.
    #[error("the user name and the password are not both there, percent-encoded")]
    Login,
    /// What stands behind the question mark.
    #[error(
        "the only option is tls=required, tls=opportunistic or tls=none, and the last two do not go with smtps://"
    )]
    Option,
    /// No certificate in them.
    #[error("the root certificates are not certificates in PEM")]
    RootCertificates,
    /// A name that cannot be said.
    #[error("the name for the greeting is not a host name")]
    HelloName,
    /// Without TLS to another machine, which was not allowed.
    #[error("mail would leave this machine without TLS")]
    Unprotected,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] Source),
}

/// Who signs in.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) user: SecretString,
    pub(super) password: SecretString,
}

/// A mail server, and how to talk to it. From an address:
///
/// | address | meaning |
/// |---|---|
/// | `smtp://USER:PASSWORD@HOST` | port 587, STARTTLS required |
/// | `smtps://USER:PASSWORD@HOST` | port 465, TLS from the first byte |
/// | `smtp://HOST:25?tls=none` | no TLS, only to this machine or [when allowed](Self::with_unprotected_allowed) |
/// | `smtp://HOST?tls=opportunistic` | TLS if the server offers it, only to this machine or when allowed |
///
/// User name and password are percent-encoded: `@` is `%40`, `/` is `%2F`, `:` is `%3A`, `%` is `%25`.
#[derive(Clone)]
pub struct SmtpConfig {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: SmtpTls,
    pub(super) login: Option<Login>,
    pub(super) root_certificates: Option<String>,
    pub(super) hello_name: Option<String>,
    pub(super) unprotected_allowed: bool,
    pub(super) step_timeout: Duration,
    pub(super) end_timeout: Duration,
    pub(super) connections: NonZeroUsize,
    pub(super) idle_timeout: Duration,
}

impl FromStr for SmtpConfig {
    type Err = SmtpConfigError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        url::parse(text)
    }
}

impl SmtpConfig {
    pub(super) fn new(host: String, port: u16, tls: SmtpTls, login: Option<Login>) -> Self {
        Self {
            host,
            port,
            tls,
            login,
            root_certificates: None,
            hello_name: None,
            unprotected_allowed: false,
            step_timeout: Duration::from_mins(1),
            // Servers look at the whole mail before they answer; whoever gives up first gets it sent twice.
            end_timeout: Duration::from_mins(5),
            connections: NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN),
            idle_timeout: Duration::from_mins(1),
        }
    }

    /// The server's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How connections are protected.
    pub fn tls(&self) -> SmtpTls {
        self.tls
    }

    /// Believes certificates of these authorities (PEM) and of no others. Default: Mozilla's list.
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Greets with this name. Default: what follows the `@` of the sender.
    #[must_use]
    pub fn with_hello_name(mut self, name: impl Into<String>) -> Self {
        self.hello_name = Some(name.into());
        self
    }

    /// Lets mail, and a password if there is one, leave this machine without TLS when the address says so.
    #[must_use]
    pub fn with_unprotected_allowed(mut self) -> Self {
        self.unprotected_allowed = true;
        self
    }

    /// How long each step may take. Default one minute.
    #[must_use]
    pub fn with_step_timeout(mut self, timeout: Duration) -> Self {
        self.step_timeout = timeout;
        self
    }

    /// How long the server may think about a mail that it has got. Default five minutes.
    #[must_use]
    pub fn with_end_timeout(mut self, timeout: Duration) -> Self {
        self.end_timeout = timeout;
        self
    }

    /// How many connections at once; more mails wait. Default 8.
    #[must_use]
    pub fn with_connections(mut self, connections: NonZeroUsize) -> Self {
        self.connections = connections;
        self
    }

    /// For how long a connection without work is used again. Default one minute.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Whether the server is this machine.
    pub(super) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Without the login.
impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
