//! Paying out.

use super::{GatewayError, Mode};
use crate::{
    id::Reference,
    money::{Currency, Money},
    text::words,
};
use async_trait::async_trait;
use std::fmt;

/// What kind of house keeps an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstitutionKind {
    /// A bank.
    Bank,
    /// A telephone company, or another keeper of mobile money.
    MobileMoney,
}
words!(InstitutionKind { Bank = "bank", MobileMoney = "mobile_money" });

/// A house that can be paid to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Its code: a text, which may begin with zeros or hold letters, and which two houses may share.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: InstitutionKind,
    /// In which currency.
    pub currency: Currency,
}

/// An account that may be paid to.
#[derive(Clone, PartialEq, Eq)]
pub struct BankAccount {
    /// The code of its house.
    pub institution: String,
    /// What kind of house that is.
    pub kind: InstitutionKind,
    /// Its number.
    pub number: String,
    /// Its currency.
    pub currency: Currency,
}

/// Without the number.
impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankAccount")
            .field("institution", &self.institution)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

/// Somebody who will be paid.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// Where.
    pub account: BankAccount,
    /// The owner's name, as it was resolved or given.
    pub name: String,
}

/// Without the name.
impl fmt::Debug for NewRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRecipient").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Money to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPayout {
    /// Our reference, already stored. The same one for the same payout for ever.
    pub reference: Reference,
    /// To whom, by the gateway's id.
    pub recipient: String,
    /// How much.
    pub amount: Money,
    /// For the receiver's statement.
    pub reason: String,
}

/// Where a payout stands at the gateway, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayoutState {
    /// Taken in; it may take days.
    InProgress,
    /// Stuck until a person approves it on the gateway's side.
    NeedsApproval,
    /// Sent. It may still come back.
    Paid,
    /// Not sent, and it will not be.
    Failed,
    /// Came back after it was sent.
    Reversed,
    /// A state that the adapter does not know: kept open, and logged.
    Unrecognised,
}
words!(PayoutState {
    InProgress = "in_progress",
    NeedsApproval = "needs_approval",
    Paid = "paid",
    Failed = "failed",
    Reversed = "reversed",
    Unrecognised = "unrecognised",
});

impl PayoutState {
    /// Whether the gateway will surely not send this one any more: only then may another payout take its place.
    pub const fn is_over_without_payment(self) -> bool {
        matches!(self, Self::Failed | Self::Reversed)
    }
}

/// A payout as the gateway tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutSnapshot {
    /// The reference that the gateway holds.
    pub reference: String,
    /// The gateway's id.
    pub gateway_id: Option<String>,
    /// Test or live.
    pub mode: Mode,
    /// How much.
    pub amount: Money,
    /// What the gateway takes for it, if it says so.
    pub fee: Option<Money>,
    /// The state.
    pub state: PayoutState,
}

/// Pays out.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Payouts: fmt::Debug + Send + Sync + 'static {
    /// The houses that can be paid to in a currency, whole.
    async fn institutions(&self, currency: Currency) -> Result<Vec<Institution>, GatewayError>;

    /// The name of an account's owner. An account that is not there is [`super::GatewayErrorKind::InvalidRequest`];
    /// [`super::GatewayErrorKind::Unsupported`] where names cannot be looked up.
    async fn resolve_account(&self, account: &BankAccount) -> Result<String, GatewayError>;

    /// Makes an account known to the gateway; returns the gateway's id of it. The same account gives the same id.
    async fn create_recipient(&self, recipient: NewRecipient) -> Result<String, GatewayError>;

    /// Sends money under our reference. It may be sent again under the same reference, never under another one while
    /// this one may still be paid: what the gateway already has is answered as it stands, or as
    /// [`super::GatewayErrorKind::Duplicate`]. Cancellation: it may be under way.
    async fn send(&self, payout: SendPayout) -> Result<PayoutSnapshot, GatewayError>;

    /// Asks what became of a payout. [`super::GatewayErrorKind::NotFound`] proves nothing: it may be on its way into
    /// the gateway.
    async fn fetch(&self, reference: &Reference) -> Result<PayoutSnapshot, GatewayError>;
}
