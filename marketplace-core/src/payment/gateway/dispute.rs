//! Answering disputes: payers who tell their bank that they did not buy.

use super::{GatewayError, Listing, Mode, Window};
use crate::{
    identity::{Email, Phone},
    money::Money,
    text::words,
    time::Timestamp,
};
use async_trait::async_trait;
use std::fmt;

/// Where a dispute stands, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisputeState {
    /// We are to answer.
    AwaitsUs,
    /// The bank is to answer.
    AwaitsBank,
    /// Over, and the money stays with us.
    Won,
    /// Over, and the money goes back to the payer.
    Lost,
    /// A state that the adapter does not know: kept open, and logged.
    Unrecognised,
}
words!(DisputeState {
    AwaitsUs = "awaits_us",
    AwaitsBank = "awaits_bank",
    Won = "won",
    Lost = "lost",
    Unrecognised = "unrecognised",
});

/// A dispute as the gateway tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeSnapshot {
    /// The gateway's id.
    pub gateway_id: String,
    /// The reference of the payment, ours or not.
    pub reference: Option<String>,
    /// Test or live.
    pub mode: Mode,
    /// What the payer wants back; absent where the gateway does not say.
    pub amount: Option<Money>,
    /// The state.
    pub state: DisputeState,
    /// When the gateway decides against us if we do not answer.
    pub due_at: Option<Timestamp>,
}

/// What shows that a buyer bought.
#[derive(Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The buyer's address.
    pub email: Email,
    /// The buyer's name.
    pub name: String,
    /// The buyer's telephone number.
    pub phone: Phone,
    /// What was bought, and that and when it was delivered.
    pub service: String,
}

/// Without the buyer.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").finish_non_exhaustive()
    }
}

/// Answers disputes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Disputes: fmt::Debug + Send + Sync + 'static {
    /// The disputes that were opened in a window, from a page on.
    async fn list(
        &self,
        window: Window,
        page: Option<String>,
    ) -> Result<Listing<DisputeSnapshot>, GatewayError>;

    /// Asks what became of a dispute.
    async fn fetch(&self, gateway_id: &str) -> Result<DisputeSnapshot, GatewayError>;

    /// Tells our side. It may be told again; the last one counts.
    async fn submit_evidence(&self, gateway_id: &str, evidence: Evidence) -> Result<(), GatewayError>;

    /// Gives the payer this much back, and ends the dispute. One that is over already is
    /// [`super::GatewayErrorKind::WrongState`]. Cancellation: it may have been accepted.
    async fn accept(
        &self,
        gateway_id: &str,
        amount: Money,
        message: &str,
    ) -> Result<DisputeSnapshot, GatewayError>;
}
