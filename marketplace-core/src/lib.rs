//! The rules of an embeddable digital marketplace.
//!
//! Creators sell files; buyers pay through a gateway; the files are delivered at once; the earnings stand in a
//! wallet that adds up. This crate decides all of that, and reaches the world only through ports:
//!
//! - **decisions** are pure functions from rows to a [`commit::ChangeSet`];
//! - **services** ([`identity::Identity`], [`catalog::Catalog`], [`order::Checkout`], [`payment::Payments`],
//!   [`payment::Inbox`], [`ledger::Wallet`], [`earnings::Earnings`], [`delivery::Delivery`], [`timeline::Timeline`]) load,
//!   decide and commit;
//! - **ports** are small object-safe traits beside each topic; [`Store`] is their sum for stores;
//! - the **worker** ([`job::Worker`]) runs what must not be lost: notices, mails, releases, the sweep.
//!
//! A host puts the parts together with [`Marketplace::builder`], calls services from its routes (or mounts
//! `marketplace-http`), and awaits the worker. Nothing here spawns, prints, reads the environment or installs
//! globals; every future may be dropped at any await.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `tokio` | module `runtime`: timer, bounded Argon2id pool, in-process rate limiter |
//! | `mock` | a `mockall` mock of every port, `Mock` and the port's name |
//! | `testing` | free construction of change sets, for contract suites |
//! | `failpoints` | named points at which tests pause or kill the process |
//!
//! ```toml
//! marketplace-core = { version = "0.1", features = ["tokio"] }
//! ```
//!
//! # Testing your own code with mocks
//!
//! Services are plain structs over the ports that they need, so a test gives them just those:
//!
#![cfg_attr(feature = "mock", doc = "```")]
#![cfg_attr(not(feature = "mock"), doc = "```ignore")]
//! use marketplace_core::{
//!     commit::{Committer, MockCommit},
//!     id::UserId,
//!     job::Wake,
//!     ledger::{AccountKind, Balance, MockAudit, MockLedger, Wallet},
//!     money::{Currency, Money},
//!     time::SystemClock,
//! };
//! use std::sync::Arc;
//!
//! // The host's own code under test.
//! async fn greeting(wallet: &Wallet, creator: UserId) -> String {
//!     match wallet.balances(creator).await {
//!         Ok(rows) if rows.is_empty() => "Nothing sold yet.".to_owned(),
//!         Ok(rows) => format!("You can pay out {}.", rows[0].available),
//!         Err(_) => "Your wallet is not available right now.".to_owned(),
//!     }
//! }
//!
//! let mut ledger = MockLedger::new();
//! let balance = Balance { kind: AccountKind::CreatorAvailable, amount: Money::new(225_000, Currency::NGN) };
//! ledger.expect_balances_of().returning(move |_| Ok(vec![balance]));
//! ledger.expect_earned_by().returning(|_| Ok(vec![]));
//! let wallet = Wallet {
//!     ledger: Arc::new(ledger),
//!     audit: Arc::new(MockAudit::new()),
//!     committer: Committer::new(Arc::new(MockCommit::new()), Wake::default()),
//!     clock: Arc::new(SystemClock),
//! };
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let creator = UserId::from_uuid(uuid::Uuid::nil());
//! assert_eq!(greeting(&wallet, creator).await, "You can pay out NGN 2250.00.");
//! # });
//! ```
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
pub mod earnings;
pub mod error;
pub mod event;
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
pub mod refund;
#[cfg(feature = "tokio")]
pub mod runtime;
pub mod store;
mod text;
pub mod time;
pub mod timeline;
mod version;

pub use actor::Actor;
pub use market::Marketplace;
pub use store::{Health, Store};
pub use text::UnknownWord;
pub use version::Version;
