//! A twin of Paystack: an independent program that speaks Paystack's wire protocol, offline.
//!
//! It answers `POST /transaction/initialize` and `GET /transaction/verify/{reference}`, shows the hosted
//! payment page at `/{access_code}`, and sends the signed `charge.success` webhook with the retry schedule
//! of test mode. It depends on no web framework: the host hands over a [`TwinRequest`] and sends back the
//! [`TwinResponse`], under whatever prefix it mounts the twin.
//!
//! # Guarantees
//!
//! - It shares no type and no code with the gateway adapter of this crate, so that a mistake about the
//!   protocol has to be made twice before a test can pass on it.
//! - What was answered is in the journal first (when there is one): a transaction that a caller has heard of,
//!   a payment the payer has seen, a webhook that is still owed, all survive a crash.
//! - A reference is charged at most once, whatever arrives in parallel.
//! - `GET` and `HEAD` never change anything, and [`Sandbox::handle`] never panics.
//! - Equal seeds, clocks and requests give equal ids, access codes and answers.
//!
//! # What it does not do
//!
//! It proves nothing about Paystack's live mode: real declines, mobile money, settlements and Paystack's own
//! retry punctuality cannot be seen here. Charges, refunds, disputes, transfers, lists, splits and plans are
//! not modelled and answer 404. Where Paystack's wording of an error is not published, the text here is a
//! convention of the twin; status code, `type` and `code` are what callers may rely on. The journal is
//! written and fsynced on the calling thread, which is fit for development and tests, not for load.
//!
//! # Who calls it
//!
//! Development servers without a Paystack key, and test suites, which steer it through [`Control`] and read
//! [`Record`]s as the truth to compare with.

mod access;
mod api;
mod builder;
mod control;
mod delivery;
mod error;
mod http;
mod ids;
mod initialize;
mod journal;
mod money;
mod page;
mod record;
mod refusal;
mod render;
mod state;
mod transaction;
mod twin;
mod webhook;
mod wire;

pub use builder::SandboxBuilder;
pub use control::{Control, Fault, PayOptions, Route};
pub use error::{ControlError, SandboxError};
pub use http::{TwinRequest, TwinResponse};
pub use record::{AttemptOutcome, Initialized, Paid, Record, WebhookAttempted, WebhookQueued};
pub use twin::Sandbox;
