//! What an SMTP server of a test is like.

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerTls {
    /// Not at all.
    None,
    /// On request.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What a server is like. The default offers STARTTLS and lets everybody in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmtpServerOptions {
    /// How connections are protected.
    pub tls: ServerTls,
    /// Who must sign in: user name and password.
    pub login: Option<(String, String)>,
    /// The ways to sign in that are offered.
    pub mechanisms: String,
    /// Whether the first mail of each sender to each recipient is put off (451).
    pub greylisting: bool,
    /// The names on the certificate.
    pub names: Vec<String>,
}

impl Default for SmtpServerOptions {
    fn default() -> Self {
        Self {
            tls: ServerTls::StartTls,
            login: None,
            mechanisms: "PLAIN LOGIN".to_owned(),
            greylisting: false,
            names: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
        }
    }
}

impl SmtpServerOptions {
    /// Protected so.
    #[must_use]
    pub const fn with_tls(mut self, tls: ServerTls) -> Self {
        self.tls = tls;
        self
    }

    /// Only for this user.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Offers these ways to sign in.
    #[must_use]
    pub fn with_mechanisms(mut self, mechanisms: &str) -> Self {
        mechanisms.clone_into(&mut self.mechanisms);
        self
    }

    /// Puts the first mail of each sender to each recipient off.
    #[must_use]
    pub const fn with_greylisting(mut self) -> Self {
        self.greylisting = true;
        self
    }

    /// Has these names on its certificate.
    #[must_use]
    pub fn with_names(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }
}
