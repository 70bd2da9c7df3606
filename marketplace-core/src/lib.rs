//! placeholder docs
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod actor;
pub mod answer;
pub mod catalog;
pub mod commit;
pub mod delivery;
pub mod error;
pub mod file;
pub mod id;
pub mod identity;
pub mod job;
pub mod ledger;
pub mod limiter;
pub mod mail;
pub mod money;
pub mod order;
pub mod page;
pub mod payment;
pub mod store;
mod text;
pub mod time;
mod version;

pub use actor::Actor;
pub use store::{Health, Store};
pub use text::UnknownWord;
pub use version::Version;
