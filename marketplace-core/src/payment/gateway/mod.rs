//! The ports to a payment gateway, in capabilities.
//!
//! Guarantees: nothing here is named after a gateway; money is in ISO minor units, and the scale on the wire is the
//! adapter's business; the ids of a gateway are opaque texts; our own reference names a payment or a payout for ever, and
//! was stored before the gateway heard of it; every call ends in one of four ways, which [`GatewayErrorKind`] keeps apart:
//! done, refused, certainly not executed, or unknown.
//!
//! Does not: decide that money is good (`settle` does, on what an adapter translates), or repeat a call.
//!
//! | capability | port |
//! |---|---|
//! | taking payments | [`Collect`] |
//! | notices (webhooks) | [`Notices`] |
//! | giving money back | [`Refunds`] |
//! | answering disputes | [`Disputes`] |
//! | paying out | [`Payouts`] |
//!
//! An adapter implements the first two, and of the others what its gateway has; [`Descriptor`] says so as data. How other
//! gateways than the one at hand would fit is written down in the project's `docs/gateways.md`.
//!
//! Called by: checkout, the inbox, the sweep, refunds, disputes and payouts.

mod collect;
mod descriptor;
mod dispute;
mod error;
mod listing;
mod notice;
mod payout;
mod refund;

pub use collect::{Collect, NextStep, PaymentLocator, StartPayment, Started};
pub use descriptor::{Capabilities, CurrencyRule, Descriptor, Mode};
pub use dispute::{DisputeSnapshot, DisputeState, Disputes, Evidence};
pub use error::{GatewayError, GatewayErrorKind};
pub use listing::{Listing, Window};
pub use notice::{NoticeRefused, Notices, RawNotice};
pub use payout::{
    BankAccount, Institution, InstitutionKind, NewRecipient, PayoutSnapshot, PayoutState, Payouts, SendPayout,
};
pub use refund::{CreateRefund, RefundSnapshot, RefundState, Refunds};

#[cfg(any(test, feature = "mock"))]
pub use self::{
    collect::MockCollect, dispute::MockDisputes, notice::MockNotices, payout::MockPayouts,
    refund::MockRefunds,
};

/// The least that a gateway adapter has to offer.
pub trait Gateway: Collect + Notices {}
impl<T: Collect + Notices> Gateway for T {}
