//! What a settled payment costs, beside the least that the same server could do.
//!
//! `cargo bench -p marketplace-tests --bench settle`
//!
//! One unit is a webhook from its bytes to its effect: the signature is checked, the body read, the notice put into the
//! inbox, then processed: the gateway (scripted, in this process) is asked, and the order settled. Beside it, in turns
//! on the same server, runs the ceiling: a schema with one key per table and nothing else, and two calls of functions on
//! the server that write the same rows. What counts are the ratios.
//!
//! PostgreSQL is a throw-away server that keeps what it acknowledges (`fsync=on`), or the one that
//! `TEST_DATABASE_URL` names. `--smoke` runs everything once with few units, to show that it works; a number runs only the cells with so
//! many tasks.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod ceiling;
mod cost;
mod run;
mod shop;
mod sqlite;
mod table;

use run::Scale;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let only = std::env::args().find_map(|argument| argument.parse().ok());
    let scale = Scale { only, ..if smoke { Scale::smoke() } else { Scale::full() } };
    table::head();
    run::postgres(&scale).await;
    sqlite::run(&scale).await;
}
