//! Paystack as a payment gateway of the marketplace.
//!
//! [`Paystack`] implements the capabilities of `marketplace_core::payment` that this adapter has: `Collect`
//! (begin a payment, ask what became of it) and `Notices` (check and read webhooks).
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
//! - A call that may have been executed is never reported as one that was not: whatever follows a request to
//!   begin a payment and is no readable answer is an unknown outcome.
//! - A webhook's signature is checked over the raw bytes, in constant time, before anything is parsed.
//! - No secret key in `Debug`, errors or logs; no payer in errors or logs.
//! - TLS comes from rustls with the ring provider, passed explicitly: the process-wide default is neither
//!   read nor set.
//!
//! # What it does not do
//!
//! It does not repeat calls: the sweep of the core asks again, and beginning a payment twice is never right.
//! It does not decide that a payment is good; it translates, and the core compares. Paystack's payment page
//! takes no language, so the payer's locale is not sent. Refunds, disputes and payouts are not covered.
//!
//! # Feature flags
//!
//! | feature | what it adds |
//! |---|---|
//! | `sandbox` | the module `sandbox`: a twin of Paystack that speaks its HTTP protocol, offline |
//!
//! Called by: hosts, which build one [`Paystack`] and hand it to the core's services as `Arc<dyn Collect>` and
//! `Arc<dyn Notices>`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod collect;
mod config;
mod error;
mod failure;
mod notices;
mod scale;
mod signature;
mod wire;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use client::Paystack;
pub use config::PaystackConfig;
pub use error::ConfigError;
pub use marketplace_core;
pub use reqwest;
pub use secrecy::SecretString;
