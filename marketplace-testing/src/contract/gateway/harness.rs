//! What an adapter's tests give to the suite.

use crate::fake::SignedNotice;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use marketplace_core::{
    id::Reference,
    money::Money,
    payment::{BankAccount, Disputes, Gateway, PayoutState, Payouts, RefundState, Refunds},
};
use std::{any::Any, fmt, sync::Arc, time::Duration};

/// A call to a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// A payment is begun.
    Start,
    /// A payment is asked about.
    Fetch,
    /// Payments are listed.
    List,
    /// A refund is begun.
    CreateRefund,
    /// A refund is asked about.
    FetchRefund,
    /// A payout is sent.
    Send,
    /// A payout is asked about.
    FetchPayout,
    /// A dispute is asked about.
    FetchDispute,
}

impl Operation {
    /// Whether it changes anything at the gateway.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Start | Self::CreateRefund | Self::Send)
    }
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is carried out, and the answer is lost on the way.
    AnswerLost,
    /// The gateway says that it is broken, and carries nothing out.
    Down,
    /// The gateway answers what nobody can read, and carries nothing out.
    Garbage,
    /// The gateway has had too many calls, and says for how long.
    Limited(Duration),
}

/// How a payer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidAs {
    /// What was asked.
    Asked,
    /// Something else.
    Other(Money),
}

/// The gateway behind an adapter, as its owner sees it. Everything takes effect before it returns.
#[async_trait]
pub trait GatewayWorld: fmt::Debug + Send + Sync {
    /// The same gateway through an adapter with a key that it does not know.
    fn stranger(&self) -> Arc<dyn Gateway>;

    /// What must not be found in `Debug` or errors: keys.
    fn secrets(&self) -> Vec<String>;

    /// The next call of this kind meets this.
    async fn trouble(&self, operation: Operation, trouble: Trouble);

    /// The payer pays.
    async fn pay(&self, reference: &Reference, how: PaidAs);

    /// The payer is refused for good.
    async fn decline(&self, reference: &Reference);

    /// The payment goes into a state that was not there when the adapter was written.
    async fn invent_a_state(&self, reference: &Reference);

    /// The next answer to a call of this kind says that it is of the gateway's other mode: play money where it is real,
    /// and the reverse.
    async fn answer_in_other_mode(&self, operation: Operation);

    /// The payments that were begun: reference and what was asked.
    async fn payments(&self) -> Vec<(String, Money)>;

    /// The notice that this payment was made, signed, as the gateway sends it. The same bytes each time.
    async fn paid_notice(&self, reference: &Reference) -> SignedNotice;

    /// Any body, signed.
    fn sign(&self, body: &[u8]) -> SignedNotice;

    /// Any body, signed with another key than the adapter's.
    fn forge(&self, body: &[u8]) -> SignedNotice;

    /// The refunds that were begun: the payment's reference and how much.
    async fn refunds(&self) -> Vec<(String, Money)>;

    /// A refund comes to this state.
    async fn move_refund(&self, gateway_id: &str, state: RefundState);

    /// Somebody begins a refund on the gateway's own pages.
    async fn refund_by_hand(&self, reference: &Reference, amount: Money);

    /// This comes into our balance, which is empty at first.
    async fn fund(&self, more: Money);

    /// An account that can be paid to, in a currency of the gateway's.
    fn account(&self) -> BankAccount;

    /// The payouts that were taken in: reference and how much.
    async fn payouts(&self) -> Vec<(String, Money)>;

    /// A payout comes to this state.
    async fn move_payout(&self, reference: &Reference, state: PayoutState);

    /// The payer disputes a payment; gives the gateway's id of the dispute.
    async fn dispute(&self, reference: &Reference) -> String;

    /// What was told of a dispute for our side, oldest first, as text in which the words stand.
    async fn evidence(&self, gateway_id: &str) -> Vec<String>;

    /// What a dispute that was lost gives back.
    async fn lost(&self, gateway_id: &str) -> Money;
}

/// An adapter in front of a gateway on which nothing has happened yet.
pub struct FreshGateway {
    /// The adapter.
    pub gateway: Arc<dyn Gateway>,
    /// The same, if it gives money back.
    pub refunds: Option<Arc<dyn Refunds>>,
    /// The same, if it answers disputes.
    pub disputes: Option<Arc<dyn Disputes>>,
    /// The same, if it pays out.
    pub payouts: Option<Arc<dyn Payouts>>,
    /// The gateway.
    pub world: Arc<dyn GatewayWorld>,
    /// Dropped after the case: whatever must live as long as the gateway.
    pub guard: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for FreshGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshGateway").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// Makes the gateways that the cases run on.
#[async_trait]
pub trait GatewayHarness: Send + Sync {
    /// A new adapter in front of a new gateway. Panics when that is impossible.
    async fn fresh(&self) -> FreshGateway;
}

/// A case of the suite: panics with a clear message when the adapter breaks the contract.
pub type CaseFn = for<'a> fn(&'a dyn GatewayHarness) -> BoxFuture<'a, ()>;
