//! Configuration of the twin.
//!
//! Guarantees that a twin that was built has a key of the mode that was asked for, usable addresses and its journal replayed. Reads no
//! environment and makes no randomness or HTTP client of its own: the host passes them in. Callers: hosts and
//! tests, through [`Sandbox::builder`].

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::behaviour::Behaviour;
use super::delivery::Receiver;
use super::error::SandboxError;
use super::ids::Ids;
use super::initialize::web_address;
use super::journal::Journal;
use super::mode::Mode;
use super::money::{self, Rules};
use super::state::State;
use super::twin::{ClockFn, Config, Sandbox, Shared};
use super::webhook::Signer;

/// The settings of a [`Sandbox`]. Key, public address, clock and seed are required.
#[derive(Default)]
pub struct SandboxBuilder {
    secret_key: Option<SecretString>,
    mode: Mode,
    public_url: Option<String>,
    webhook_url: Option<String>,
    http_client: Option<Client>,
    clock: Option<ClockFn>,
    seed: Option<u64>,
    journal_file: Option<PathBuf>,
    currencies: Option<Vec<String>>,
    behaviour: Behaviour,
}

impl SandboxBuilder {
    /// The account's secret key, which must begin with `sk_test_`.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        (self.secret_key, self.mode) = (Some(SecretString::from(key.into())), Mode::Test);
        self
    }

    /// Makes it an account of live mode instead, by a made-up key that must begin with `sk_live_`: what leaves it says
    /// `live`, and its webhooks are retried for three days. No money moves, the test instruments pay, and a real key
    /// has no business here.
    #[must_use]
    pub fn live_secret_key(mut self, key: impl Into<String>) -> Self {
        (self.secret_key, self.mode) = (Some(SecretString::from(key.into())), Mode::Live);
        self
    }

    /// Where payers reach the twin, mount prefix included; the base of `authorization_url`.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Where webhooks go; none sends none.
    #[must_use]
    pub fn webhook_url(mut self, url: Option<String>) -> Self {
        self.webhook_url = url;
        self
    }

    /// Sends the webhooks; required with a webhook address. Build it without redirects: an answer that came
    /// from elsewhere does not count as an acknowledgement.
    #[must_use]
    pub fn http_client(mut self, client: Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// The time in unix microseconds.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// What ids and access codes derive from, together with the key. Equal ones give equal ones, so pass randomness where the
    /// payment page can be reached by others.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Where to keep what happened; none forgets it with the process.
    #[must_use]
    pub fn journal_file(mut self, path: Option<PathBuf>) -> Self {
        self.journal_file = path;
        self
    }

    /// The account's currencies, its default first. Without this: NGN, GHS, ZAR, KES, USD, XOF.
    #[must_use]
    pub fn currencies(mut self, codes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.currencies = Some(codes.into_iter().map(Into::into).collect());
        self
    }

    /// Calls allowed in a minute; Paystack allows 100 for test keys. None, the default, allows any number.
    #[must_use]
    pub fn rate_limit(mut self, calls: Option<u32>) -> Self {
        self.behaviour.rate_limit = calls;
        self
    }

    /// How the account and the API behave at first; [`Control::behave`](super::Control::behave) changes it
    /// later.
    #[must_use]
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Checks the settings and replays the journal.
    pub fn build(self) -> Result<Sandbox, SandboxError> {
        let secret_key = self.secret_key.ok_or(SandboxError::Missing("secret key"))?;
        let mode = self.mode;
        let signer = signer(mode, &secret_key)?;
        let public_url = self.public_url.ok_or(SandboxError::Missing("public address"))?;
        let public_url = address("public address", public_url.trim_end_matches('/'))?;
        let receiver = receiver(self.webhook_url, self.http_client)?;
        let clock = self.clock.ok_or(SandboxError::Missing("clock"))?;
        let seed = self.seed.ok_or(SandboxError::Missing("seed"))?;
        let ids = Ids::new(seed, secret_key.expose_secret());
        let currencies = currencies(self.currencies)?;

        let mut state = State::default();
        let mut journal = None;
        if let Some(path) = &self.journal_file {
            let (opened, records) = Journal::open(path)?;
            journal = Some(opened);
            for record in records {
                state.apply(record);
            }
        }
        let stranger = Signer::new("sk_test_of_somebody_else").ok_or(SandboxError::NotATestKey)?;
        let config =
            Config { secret_key, mode, signer, stranger, public_url, receiver, clock, ids, currencies };
        let behaviour = self.behaviour;
        Ok(Sandbox::new(config, Shared { state, behaviour, journal, ..Shared::default() }))
    }
}

fn signer(mode: Mode, secret_key: &SecretString) -> Result<Signer, SandboxError> {
    let text = secret_key.expose_secret();
    let fits = text.strip_prefix(mode.prefix()).is_some_and(|rest| !rest.is_empty());
    let signer = if fits { Signer::new(text) } else { None };
    signer.ok_or(match mode {
        Mode::Test => SandboxError::NotATestKey,
        Mode::Live => SandboxError::NotALiveKey,
    })
}

fn address(setting: &'static str, text: &str) -> Result<Url, SandboxError> {
    web_address(text).ok_or(SandboxError::BadAddress(setting))
}

fn receiver(url: Option<String>, http: Option<Client>) -> Result<Option<Receiver>, SandboxError> {
    let Some(url) = url else {
        return Ok(None);
    };
    let mut url = address("webhook address", &url)?;
    // Never sent, and it would make every answer look as if it came from elsewhere.
    url.set_fragment(None);
    let http = http.ok_or(SandboxError::Missing("http client for webhooks"))?;
    Ok(Some(Receiver { url, http }))
}

fn currencies(codes: Option<Vec<String>>) -> Result<Vec<&'static Rules>, SandboxError> {
    let Some(codes) = codes else {
        return Ok(money::KNOWN.iter().collect());
    };
    if codes.is_empty() {
        return Err(SandboxError::NoCurrency);
    }
    let known = |code: String| money::rules(&code).ok_or(SandboxError::UnknownCurrency(code));
    codes.into_iter().map(known).collect()
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("public_url", &self.public_url)
            .field("sends_webhooks", &self.webhook_url.is_some())
            .field("journal_file", &self.journal_file)
            .field("currencies", &self.currencies)
            .field("behaviour", &self.behaviour)
            .finish_non_exhaustive()
    }
}
