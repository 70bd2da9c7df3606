//! Tests of the SQLite store beyond the contract of the ports: the file, the connections, the schema.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test panics where it fails, and spawns what is to run at once"
)]

mod append_only;
mod busy;
mod cancel;
mod contract;
mod damage;
mod earnings;
mod group;
mod join;
mod ledger;
mod one_by_one;
mod open;
mod second_process;
mod support;
