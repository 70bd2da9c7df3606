//! The marketplace's store on PostgreSQL 15 or newer: one machine to many nodes on one cluster.
//!
//! ```no_run
//! use marketplace_postgres::{PostgresStore, sqlx::PgPool};
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! // On the host's own pool …
//! let pool = PgPool::connect("postgres://market@localhost/market").await?;
//! let store = PostgresStore::from_pool(pool);
//! // … or on connections of the store's own, which is faster.
//! let store = PostgresStore::connect("postgres://market@localhost/market").await?;
//! store.migrate().await?;
//! // Hand `Arc::new(store.clone())` to the services as their `Store`; at shutdown:
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Guarantees: [`PostgresStore`] implements every port of [`marketplace_core::Store`]; a commit is one round
//! trip, and commits that come while one is under way go together in the next; what was acknowledged
//! is committed, also when callers go away at any moment, and also on a pool whose connections other code left inside
//! a transaction; journal entries, their lines, the hash chain and decisions cannot be changed or deleted, the
//! database itself refuses it. All tables begin with `mkt_`, migrations are counted in `mkt_migrations`, so a host may
//! keep its own tables and its own `_sqlx_migrations` in the same database.
//!
//! Does not: run behind a pooler that gives each transaction another server connection (`PgBouncer` in transaction
//! mode) unless it keeps prepared statements apart; wait longer than ten seconds for an answer of the server.
//!
//! A host that wants a row of its own in the same transaction begins one (with [`PostgresStore::begin`] or on its
//! pool), writes its row, and calls [`PostgresStore::commit_in`].
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
mod lookup;
mod migrations;
mod options;
mod order;
mod payment;
mod refund;
mod sql;
mod store;
mod transaction;

#[cfg(feature = "measure")]
pub use commit::statement_of;
pub use marketplace_core;
pub use migrations::MigrationError;
pub use options::{ConnectError, PostgresOptions};
/// The version of the driver whose `PgPool` and `Transaction` stand in this crate's interface.
pub use sqlx;
pub use store::{PoolMode, PostgresStore};
