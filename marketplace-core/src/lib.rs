//! placeholder docs
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        clippy::case_sensitive_file_extension_comparisons,
        reason = "an overflow in a test is a failed test"
    )
)]

pub mod actor;
pub mod answer;
pub mod catalog;
pub mod commit;
pub mod delivery;
pub mod error;
mod failpoint;
pub mod file;
pub mod id;
pub mod identity;
pub mod job;
pub mod ledger;
pub mod limiter;
pub mod mail;
pub mod market;
pub mod money;
pub mod order;
pub mod page;
pub mod payment;
#[cfg(feature = "tokio")]
pub mod runtime;
pub mod store;
mod text;
pub mod time;
mod version;

pub use actor::Actor;
pub use market::Marketplace;
pub use store::{Health, Store};
pub use text::UnknownWord;
pub use version::Version;
