//! Integration tests, on a PostgreSQL server that the tests start (or find in `TEST_DATABASE_URL`).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "what goes wrong in a test is a failed test"
)]

mod audit;
mod cancelled;
mod claim;
mod contract;
mod deadlock;
mod earnings;
mod failures;
mod floor;
mod group;
mod harness;
mod join;
mod migrate;
mod one_by_one;
mod sealing;
mod wire;
