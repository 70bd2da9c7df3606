//! Payments: attempts at a gateway, notices from it, and the one settlement.
//!
//! Guarantees: an attempt's row with our own reference is written before the gateway is called; a notice
//! (webhook) is a hint, so what settles an order is what the gateway answers when asked; reference, amount,
//! currency and mode must all match our own attempt, else nothing is granted and an operator looks; there is
//! one settlement for webhook, return page, sweep and operator.
//!
//! Does not: name any gateway, or know its wire.
//!
//! Called by: checkout, the webhook and return routes, the worker.

mod attempt;
mod begin;
mod gateway;
mod jobs;
mod notice;
mod notices;
mod port;
mod reconcile;
mod resolve;
mod review;
mod service;
mod settle;
#[cfg(test)]
mod settle_tests;
mod silence;
mod snapshot;
mod sweep;

pub use attempt::{Attempt, AttemptState, Verified};
pub(crate) use begin::{attempt_changes, look_job};
pub use gateway::{
    BankAccount, Capabilities, Collect, CreateRefund, CurrencyRule, Descriptor, DisputeSnapshot,
    DisputeState, Disputes, Evidence, Gateway, GatewayError, GatewayErrorKind, Institution, InstitutionKind,
    Listing, Mode, NewRecipient, NextStep, NoticeRefused, Notices, PaymentLocator, PayoutSnapshot,
    PayoutState, Payouts, RawNotice, RefundSnapshot, RefundState, Refunds, SendPayout, StartPayment, Started,
    Window,
};
#[cfg(any(test, feature = "mock"))]
pub use gateway::{MockCollect, MockDisputes, MockNotices, MockPayouts, MockRefunds};
pub use jobs::PaymentJobs;
pub use notice::{Claimed, DecodedNotice, Notice, NoticeOutcome, OpenNotice, PaymentClaim};
pub use notices::{Inbox, InboxError, Received};
#[cfg(any(test, feature = "mock"))]
pub use port::MockPaymentRows;
pub use port::PaymentRows;
pub use reconcile::Reconciled;
pub use resolve::{Resolve, ResolveError};
pub use review::{Review, ReviewClosing, ReviewDecision, ReviewReason};
pub use service::{PaymentError, Payments};
pub(crate) use settle::deliver;
pub use settle::{SettleInput, SettleOutcome, settle};
pub use silence::Silence;
pub use snapshot::{PaymentSnapshot, PaymentState};
pub use sweep::next_look;
