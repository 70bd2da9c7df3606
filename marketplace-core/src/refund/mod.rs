//! Giving money back.
//!
//! Guarantees: a refund's row with our own id is written, with the decision to make it, before the gateway is called; a
//! payment has one refund under way at most; an unanswered call is never taken for a refused one, so nothing is given back
//! twice; what comes of a refund is asked of the gateway until it is over, whether a notice tells of it or not; what stands
//! still goes before an operator, and so does what failed; the books hold what is owed until it has left.
//!
//! Does not: give back what a settled order paid: that takes rights and earnings with it. These are refunds of payments that
//! pay nothing, as an operator decides ([`crate::payment::Payments::resolve`]).
//!
//! Called by: operators' decisions, the worker, the inbox.

mod decide;
mod jobs;
mod model;
mod port;
mod service;

pub(crate) use decide::{Request, done_otherwise, nudge, request};
pub use jobs::RefundJobs;
pub use model::{Refund, RefundStatus};
#[cfg(any(test, feature = "mock"))]
pub use port::MockRefundRows;
pub use port::RefundRows;
pub use service::{RefundError, Repayments};
