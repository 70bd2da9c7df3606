//! Taking payments.

use super::{super::PaymentSnapshot, Descriptor, GatewayError, Listing, Window};
use crate::{
    id::Reference,
    identity::{Email, Phone},
    money::Money,
    order::Locale,
};
use async_trait::async_trait;
use std::fmt;

/// A payment to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartPayment {
    /// Our reference, already stored.
    pub reference: Reference,
    /// What to take.
    pub amount: Money,
    /// The payer's address.
    pub email: Email,
    /// The payer's telephone number; there where [`super::Capabilities::needs_phone`] asks for it.
    pub phone: Option<Phone>,
    /// Where the payer's browser goes afterwards.
    pub return_url: String,
    /// The payer's language.
    pub locale: Locale,
}

/// What the payer does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Goes to a page of the gateway.
    Redirect {
        /// Its address.
        url: String,
    },
    /// Confirms on a device of theirs, which the gateway asks by itself.
    Confirm,
}

/// A payment that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// What the payer does next.
    pub next: NextStep,
    /// The gateway's own id, if it tells one already.
    pub gateway_id: Option<String>,
}

/// Which payment is meant. Some gateways know it by our reference, some only by their own id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentLocator {
    /// Our reference.
    pub reference: Reference,
    /// The gateway's own id, as soon as it has told one.
    pub gateway_id: Option<String>,
}

impl From<Reference> for PaymentLocator {
    /// A payment whose id at the gateway is not known.
    fn from(reference: Reference) -> Self {
        Self { reference, gateway_id: None }
    }
}

/// Takes payments.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Collect: fmt::Debug + Send + Sync + 'static {
    /// What the gateway is and can.
    fn descriptor(&self) -> Descriptor;

    /// Begins a payment under our reference. Not idempotent: the same reference again is
    /// [`super::GatewayErrorKind::Duplicate`]. Cancellation: the payment may have begun.
    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError>;

    /// Asks what became of a payment. One that the gateway does not know is
    /// [`super::GatewayErrorKind::NotFound`]. A gateway where an approved payment has to be captured captures it here, once
    /// however often it is asked.
    async fn fetch(&self, payment: &PaymentLocator) -> Result<PaymentSnapshot, GatewayError>;

    /// The payments that were begun in a window, whoever began them, from a page on. A payment that changes while
    /// it is listed may be told in either state. [`super::GatewayErrorKind::Unsupported`] where a gateway lists none.
    async fn list(
        &self,
        window: Window,
        page: Option<String>,
    ) -> Result<Listing<PaymentSnapshot>, GatewayError>;
}
