//! A twin of Paystack: an independent program that speaks Paystack's wire protocol, offline.
//!
//! It answers the calls in the table, shows the hosted payment page at `/{access_code}`, and sends signed
//! webhooks with Paystack's retry schedules. A [`Sandbox`] is one account in one mode; [`Integrations`] puts several
//! behind one address. It depends on no web framework: a host hands over a
//! [`TwinRequest`] and sends back the [`TwinResponse`], under whatever prefix it mounts the twin, or lets
//! [`serve`] answer a port of its own. The binary `paystack-sandbox` is the latter.
//!
//! | topic | calls |
//! |---|---|
//! | transactions | `POST /transaction/initialize`, `GET /transaction`, `/transaction/{id}`, `/transaction/verify/{reference}`, `/transaction/timeline/{id_or_reference}`, `/transaction/totals` |
//! | charges | `POST /charge`, `GET /charge/{reference}`, `POST /charge/submit_pin`, `_otp`, `_phone`, `_birthday` and `_address`, `POST /transaction/charge_authorization`, `/customer/authorization/deactivate` |
//! | refunds | `POST` and `GET /refund`, `GET /refund/{id}`, `POST /refund/retry_with_customer_details/{id}` |
//! | banks | `GET /bank`, `GET /bank/resolve` |
//! | payouts | `POST /transferrecipient`, `POST` and `GET /transfer`, `GET /transfer/{id_or_code}`, `/transfer/verify/{reference}`, `POST /transfer/finalize_transfer`, `/transfer/resend_otp`, `/transfer/disable_otp`, `/transfer/disable_otp_finalize`, `/transfer/enable_otp`, `/transfer/bulk`, `GET /balance`, `/balance/ledger` |
//! | disputes | `GET /dispute`, `GET` and `PUT /dispute/{id}`, `GET /dispute/transaction/{id}`, `POST /dispute/{id}/evidence`, `GET /dispute/{id}/upload_url`, `PUT /dispute/{id}/resolve` |
//!
//! Webhooks: `charge.success`, `bank.transfer.rejected`, `refund.*`, `transfer.success`, `.failed` and `.reversed`, `charge.dispute.*`.
//!
//! # Guarantees
//!
//! - It shares no type and no code with the gateway adapter of this crate, so that a mistake about the
//!   protocol has to be made twice before a test can pass on it.
//! - What was answered is in the journal first (when there is one): a transaction that a caller has heard of,
//!   a payment the payer has seen, a webhook that is still owed, all survive a crash.
//! - A reference is charged at most once and paid out at most once, whatever arrives in parallel.
//! - What takes time at Paystack takes time on the injected clock and on no other, each thing at its own time,
//!   however far the clock is moved at once.
//! - `GET` and `HEAD` change nothing but limits and the list of calls, and [`Sandbox::handle`] never panics.
//! - Equal seeds, keys, clocks and requests give equal ids, access codes and answers.
//!
//! # What it does not do
//!
//! It proves nothing about Paystack's live mode: real declines, mobile money, settlements and Paystack's own
//! retry punctuality cannot be seen here. Splits, subaccounts, plans and virtual accounts are not modelled and
//! answer 404; of the charge API QR codes and Capitec Pay are not, and are refused. Where Paystack's wording of an error is not
//! published, the text here is a convention of the twin; status code, `type` and `code` are what callers may
//! rely on. The journal is written and fsynced on the calling thread, which is fit for development and tests,
//! not for load.
//!
//! # Who calls it
//!
//! Development servers without a Paystack key, and test suites, which steer it through [`Control`] and read
//! [`Record`]s as the truth to compare with; [`Sandbox::calls`] tells what was asked, refusals and faults included.

mod access;
mod agenda;
mod answer;
mod api;
mod bank;
mod behaviour;
mod builder;
mod calls;
mod charge;
mod control;
mod delivery;
mod desk;
mod dispute;
mod error;
mod fault;
mod fields;
mod http;
mod ids;
mod initialize;
mod instruments;
mod integrations;
mod journal;
mod ledger;
mod mode;
mod money;
mod page;
mod paging;
mod record;
mod refund;
mod refusal;
mod render;
mod route;
mod serve;
mod state;
mod transaction;
mod transfer;
mod twin;
mod webhook;
mod wire;

pub use behaviour::{Behaviour, SavedCards};
pub use builder::SandboxBuilder;
pub use calls::CallAnswered;
pub use charge::{ChargeMoved, ChargeStarted, ChargeStatus};
pub use control::{Control, Damage, DisputeOptions, PayOptions};
pub use dispute::{
    DisputeCategory, DisputeMoved, DisputeOpened, DisputeStatus, EvidenceAdded, Resolution, UploadOffered,
};
pub use error::{ControlError, SandboxError};
pub use fault::Fault;
pub use http::{Ending, TwinRequest, TwinResponse};
pub use integrations::Integrations;
pub use ledger::{BalanceChanged, Cause};
pub use record::{AttemptOutcome, EntryPoint, Initialized, Paid, Record, WebhookAttempted, WebhookQueued};
pub use refund::{RefundCreated, RefundMoved, RefundOrigin, RefundStatus};
pub use route::Route;
pub use serve::serve;
pub use transfer::{RecipientCreated, TransferMoved, TransferStarted, TransferStatus};
pub use twin::Sandbox;
