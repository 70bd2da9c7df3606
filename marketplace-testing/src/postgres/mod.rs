//! A PostgreSQL server for tests, and an empty database for each.
//!
//! Guarantees: with `TEST_DATABASE_URL` set, that server is used; otherwise one is started from the binaries of the
//! machine, as another user when the tests run as root, and vanishes with its files when the process that started it
//! ends, however it ends. Databases are copies of a template that is migrated once per server, whichever process comes
//! first, and are dropped after the test.
//!
//! Does not: install PostgreSQL, or keep anything. The server runs without `fsync`: it is quick and survives nothing,
//! unless a [durable one](ClusterOptions::durable) was asked for, which tests may kill and start again.
//!
//! Called by: the tests of the PostgreSQL adapter, of servers, and of hosts. Runners with a process per test start one
//! server for all: `cargo run -p marketplace-testing --features postgres --bin test-cluster -- cargo nextest run`.

mod cluster;
mod database;
mod server;

pub use cluster::{ClusterError, ClusterOptions, TestCluster, URL_VARIABLE};
pub use database::TestDatabase;
