//! What a settled payment costs, beside the least that the same server could do.
//!
//! `cargo bench -p marketplace-tests --bench settle`
//!
//! One unit is a webhook from its bytes to its effect: the signature is checked, the body read, the notice put into the
//! inbox, then processed: the gateway (scripted, in this process) is asked, and the order settled. Beside it, in turns
//! on the same server, runs the ceiling: a schema with one key per table and nothing else, and two calls of functions on
//! the server that write the same rows. SQLite has no functions: there the ceiling is two transactions of the same
//! statements on one connection. What counts are the ratios.
//!
//! PostgreSQL is a throw-away server that keeps what it acknowledges (`fsync=on`), or the one that
//! `TEST_DATABASE_URL` names. `--smoke` runs everything once with few units, to show that it works; a number runs only the cells with so
//! many tasks; `--ten-million` grows the large ledger to ten million entries, which takes a quarter of an hour more; `--webhooks`
//! measures only how long webhooks wait for their answers, `--upload` only uploads of five GiB.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod answer;
mod bare;
mod ceiling;
mod cost;
mod disk;
mod growth;
mod postgres;
mod redeem;
mod replay;
mod run;
mod sets;
mod share;
mod shop;
mod sqlite;
mod table;
mod upload;

use marketplace_testing::postgres::{ClusterOptions, TestCluster, URL_VARIABLE};
use run::Scale;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let only = std::env::args().find_map(|argument| argument.parse().ok());
    let mut scale = Scale { only, ..if smoke { Scale::smoke() } else { Scale::full() } };
    if std::env::args().any(|argument| argument == "--ten-million") {
        scale.growth.1 = 10_000_000;
    }
    // A part of the smoke test, but of no table of minutes: it writes a hundred GiB.
    if std::env::args().any(|argument| argument == "--upload") {
        return upload::run(smoke).await;
    }
    let own = std::env::var_os(URL_VARIABLE).is_none();
    let durable = ClusterOptions::default().with_durable(true);
    let cluster = own.then(|| TestCluster::start_with(durable).expect("PostgreSQL starts"));
    let cluster = cluster.as_ref().unwrap_or_else(|| TestCluster::get());
    if std::env::args().any(|argument| argument == "--webhooks") {
        return answer::run(&scale, cluster).await;
    }
    table::head();
    postgres::run(&scale, cluster).await;
    sqlite::run(&scale).await;
    if scale.only.is_none() {
        replay::run(&scale, cluster).await;
        redeem::run(&scale, cluster).await;
        share::of_postgres(&scale, cluster).await;
        share::of_sqlite(&scale).await;
        answer::run(&scale, cluster).await;
        disk::run(&scale, cluster).await;
        growth::run(&scale, cluster).await;
        if smoke {
            upload::run(smoke).await;
        }
    }
}
