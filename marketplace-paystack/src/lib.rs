//! Paystack as a payment gateway of the marketplace.
//!
//! [`Paystack`] implements every capability of `marketplace_core::payment`:
//!
//! | port | calls of Paystack |
//! |---|---|
//! | `Collect` | `POST /transaction/initialize`, `GET /transaction/verify/{reference}`, `GET /transaction` |
//! | `Notices` | none: webhooks are checked and read |
//! | `Refunds` | `POST /refund`, `GET /refund/{id}`, `GET /refund?transaction=` |
//! | `Disputes` | `GET /dispute`, `GET /dispute/{id}`, `POST /dispute/{id}/evidence`, `PUT /dispute/{id}/resolve` |
//! | `Payouts` | `GET /bank`, `GET /bank/resolve`, `POST /transferrecipient`, `POST /transfer`, `GET /transfer/verify/{reference}` |
//!
//! ```no_run
//! use marketplace_paystack::{Paystack, PaystackConfig, SecretString};
//!
//! # fn main() -> Result<(), marketplace_paystack::ConfigError> {
//! let key = SecretString::from("sk_test_0123456789abcdef0123456789abcdef01234567");
//! let gateway = Paystack::new(PaystackConfig::new(key))?;
//! # let _ = gateway;
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - Amounts cross the wire as integers, times one hundred in every currency, also where ISO 4217 has no
//!   minor unit (XOF); the currency is always sent, because Paystack silently replaces a missing one.
//! - A call that may have been executed is never reported as one that was not: whatever follows a writing
//!   request and is no readable answer is an unknown outcome. Of a transfer only a refusal that is known to
//!   be one counts as a refusal.
//! - A refund that may have been begun is looked for before it is begun again: our id travels in
//!   `merchant_note`. A transfer goes out under one reference for ever; Paystack refuses a second one, which
//!   is `Duplicate`.
//! - Answers may have every loose type that Paystack sends; a row of a list that cannot be read is left out
//!   and logged, except among the refunds of a payment, where it could be ours.
//! - What is put into an address stays one segment or one value, whatever is in it.
//! - A webhook's signature is checked over the raw bytes, in constant time, before anything is parsed.
//! - No secret key in `Debug`, errors or logs; no payer and no account number in errors or logs.
//! - TLS comes from rustls with the ring provider, passed explicitly: the process-wide default is neither
//!   read nor set.
//!
//! # What it does not do
//!
//! It repeats nothing but a question whose connection broke off, and that once and at once: the core's schedules
//! ask again, wait as long as a rate limit says, and know which command may follow which failure. It does not decide that a payment is good; it translates, and the
//! core compares. Paystack's payment page takes no language, so the payer's locale is not sent. Names of
//! accounts are looked up in Nigeria and Ghana only, because Paystack does no more; transfers go to banks in
//! NGN, GHS, KES and ZAR and to mobile money in GHS and KES. A dispute is accepted, or answered with words;
//! files are not uploaded, and where Paystack wants the name of one with an acceptance it gets the word
//! `none`. One-time passwords of transfers and bank details for refunds that need some are for a person on
//! Paystack's dashboard.
//!
//! # Feature flags
//!
//! | feature | what it adds |
//! |---|---|
//! | `sandbox` | the module `sandbox`: a twin of Paystack that speaks its HTTP protocol, offline |
//!
//! Called by: hosts, which build one [`Paystack`] and hand it to the core's services behind the ports that
//! these want.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod banks;
mod client;
mod collect;
mod config;
mod disputes;
mod error;
mod failure;
#[cfg(test)]
mod failure_tests;
mod listing;
mod notices;
mod payouts;
mod refunds;
mod refusal;
mod scale;
mod signature;
mod transaction;
mod transfer;
mod wire;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use client::Paystack;
pub use config::PaystackConfig;
pub use error::ConfigError;
pub use marketplace_core;
pub use reqwest;
pub use secrecy::SecretString;
