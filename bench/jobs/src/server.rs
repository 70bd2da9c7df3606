//! The server that both run on.

use marketplace_testing::postgres::{ClusterOptions, TestCluster};

/// A PostgreSQL whose commits survive its death, as in production.
pub fn start() -> TestCluster {
    TestCluster::start_with(ClusterOptions::default().with_durable(true)).expect("PostgreSQL starts")
}
