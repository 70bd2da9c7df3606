//! The ports to a payment gateway, in capabilities.
//!
//! A gateway adapter implements [`Collect`] and [`Notices`]; refunds, disputes and payouts are further traits
//! of their own, so an adapter leaves out what its gateway does not have. Money here is in ISO minor units;
//! the scale on the wire is the adapter's business.

use super::{DecodedNotice, PaymentSnapshot};
use crate::{
    error::Source,
    id::Reference,
    identity::Email,
    money::{Currency, Money},
    order::Locale,
    text::words,
};
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// Play money or real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Play money.
    Test,
    /// Real money.
    Live,
}
words!(Mode { Test = "test", Live = "live" });

/// What a gateway accepts in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrencyRule {
    /// The smallest payment.
    pub minimum: Money,
    /// The largest payment.
    pub maximum: Money,
}

/// What a gateway is and can, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// Its stable name, kept on every attempt: lower case.
    pub name: &'static str,
    /// Test or live, by its key.
    pub mode: Mode,
    /// What it accepts, one rule per currency.
    pub currencies: Vec<CurrencyRule>,
}

impl Descriptor {
    /// The rule of a currency, if the gateway takes it.
    pub fn rule(&self, currency: Currency) -> Option<CurrencyRule> {
        self.currencies.iter().copied().find(|rule| rule.minimum.currency() == currency)
    }
}

/// A payment to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartPayment {
    /// Our reference, already stored.
    pub reference: Reference,
    /// What to take.
    pub amount: Money,
    /// The payer's address.
    pub email: Email,
    /// Where the payer's browser goes afterwards.
    pub return_url: String,
    /// The payer's language.
    pub locale: Locale,
}

/// A payment that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Where the payer goes.
    pub authorization_url: String,
    /// The gateway's own id, if it tells one already.
    pub gateway_id: Option<String>,
}

/// What a failed gateway call means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GatewayErrorKind {
    /// The gateway found the request wrong. Not executed.
    InvalidRequest,
    /// The key is wrong or the account may not do this. Not executed; a person must look.
    Misconfigured,
    /// The gateway does not know the reference. For a reading call only.
    NotFound,
    /// The reference is in use: evidence that an earlier call landed. Ask for it.
    Duplicate,
    /// Too many calls. Not executed.
    RateLimited {
        /// When to try again, if the gateway said so.
        after: Option<Duration>,
    },
    /// Surely not executed: no connection, or a failed read.
    Transient,
    /// It may have been executed. Only asking for it may follow.
    UnknownOutcome,
    /// The gateway answered what the adapter cannot read.
    Malformed,
}

/// A gateway call that failed. Its text names no key, address or account.
#[derive(Debug, thiserror::Error)]
#[error("the gateway call failed: {kind:?}")]
pub struct GatewayError {
    /// What it means.
    pub kind: GatewayErrorKind,
    /// The cause, for operators.
    #[source]
    pub source: Source,
}

impl GatewayError {
    /// An error with its cause.
    pub fn new(kind: GatewayErrorKind, source: impl Into<Source>) -> Self {
        Self { kind, source: source.into() }
    }
}

/// Takes payments.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Collect: fmt::Debug + Send + Sync + 'static {
    /// What the gateway is and can.
    fn descriptor(&self) -> Descriptor;

    /// Begins a payment under our reference. Not idempotent: the same reference again is
    /// [`GatewayErrorKind::Duplicate`]. Cancellation: the payment may have begun.
    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError>;

    /// Asks what became of a payment. A reference that the gateway does not know is
    /// [`GatewayErrorKind::NotFound`].
    async fn fetch(&self, reference: &Reference) -> Result<PaymentSnapshot, GatewayError>;
}

/// A notice as it came over the network. Headers in the order they came, names lower case.
#[derive(Clone, Copy)]
pub struct RawNotice<'a> {
    /// Header names and values.
    pub headers: &'a [(String, String)],
    /// The exact bytes of the body.
    pub body: &'a [u8],
}
impl fmt::Debug for RawNotice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawNotice").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The notice is not from the gateway. Nothing else is said, to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the notice is not signed by the gateway")]
pub struct NoticeRefused;

/// Checks and reads notices. Pure and synchronous.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Notices: fmt::Debug + Send + Sync + 'static {
    /// Verifies the signature over the raw bytes in constant time, and only then reads them. What is well
    /// signed but cannot be read is [`DecodedNotice`] without a claim, never an error.
    #[cfg_attr(any(test, feature = "mock"), mockall::concretize)]
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused>;
}

/// All that a gateway adapter has to offer.
pub trait Gateway: Collect + Notices {}
impl<T: Collect + Notices> Gateway for T {}
