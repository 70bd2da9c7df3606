//! The contract of a payment gateway's adapter.
//!
//! Guarantees: an adapter that passes every case keeps what the ports of `marketplace_core::payment` promise: exact
//! amounts in every currency, both ways; one payment, refund or payout however often an answer is lost; failures told as
//! what they mean; notices believed only when they are signed. The suite is tested itself: planted bugs are each caught
//! by a named case.
//!
//! Does not: ask for capabilities that the adapter's [`Descriptor`](marketplace_core::payment::Descriptor) does not
//! claim, judge amounts (the core does), or measure speed.
//!
//! Called by: adapters' tests, through [`gateway_contract!`](crate::gateway_contract), with the adapter in front of a
//! gateway that the tests have in their hands: a twin of it, or the gateway's own test mode.

pub mod collect;
pub mod disputes;
pub mod failures;
mod harness;
mod list;
pub mod notices;
pub mod payouts;
pub mod refunds;
mod stage;

pub use harness::{CaseFn, FreshGateway, GatewayHarness, GatewayWorld, Operation, PaidAs, Trouble};
pub use list::CASES;
