//! The marketplace's store on SQLite: the embedded default.
//!
//! ```
//! use marketplace_sqlite::SqliteStore;
//!
//! # async fn open(path: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqliteStore::connect(&format!("sqlite:{path}")).await?;
//! store.migrate().await?;
//! // Hand `Arc::new(store.clone())` to the services as their `Store`; at shutdown:
//! store.close().await;
//! # Ok(())
//! # }
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("market.db").display().to_string();
//! # tokio::runtime::Runtime::new().unwrap().block_on(open(&path)).unwrap();
//! ```
//!
//! Guarantees: [`SqliteStore`] implements every port of [`marketplace_core::Store`]; what it acknowledged is on
//! disk (WAL with `synchronous=FULL`); one connection writes, in `BEGIN IMMEDIATE` transactions that end even if
//! the caller's future is dropped, and writes that wait for it go together, up to fifty in one transaction, each with
//! a savepoint and an outcome of its own; journal entries, their lines, the hash chain and decisions cannot be changed or
//! deleted, the database itself refuses it. All tables begin with `mkt_`, migrations are counted in
//! `mkt_migrations`, so a host may keep its own tables and its own `_sqlx_migrations` in the same file.
//!
//! Does not: run on a network file system, where SQLite's locks do not hold; keep a database in memory.
//!
//! A host that wants a row of its own in the same transaction begins one with [`SqliteStore::begin`], writes
//! its row, and calls [`SqliteStore::commit_in`].
//!
//! Called by: hosts and servers, which hand it to the services of `marketplace-core`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod catalog;
mod columns;
mod commit;
mod delivery;
mod earnings;
mod error;
mod event;
mod identity;
mod job;
mod ledger;
mod migrations;
mod options;
mod order;
mod payment;
mod refund;
mod script;
mod sql;
mod store;
mod transaction;
mod writer;

pub use marketplace_core;
pub use migrations::MigrationError;
pub use options::{ConnectError, SqliteOptions};
/// The version of the driver whose `Transaction` stands in this crate's interface.
pub use sqlx;
pub use store::SqliteStore;
