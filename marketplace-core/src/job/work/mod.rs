//! The worker: claims jobs and runs them, until it is told to stop.
//!
//! Guarantees: at most `concurrency` jobs at once; a lease is prolonged while its job is held, and a job whose
//! lease is lost is dropped; a job that panics fails like any other, and so does one whose worker died; on
//! shutdown no new job is claimed, those that were not begun are given back at once, the running ones get a
//! grace time, and what is then unfinished is given back. What was finished is stored before the worker returns.
//!
//! How it is quick: jobs are claimed many at a time, into a bounded local queue, and completed many at a time.
//! There is no timer in either: while one call is under way, what it cannot take with it gathers for the next.
//! Two calls per batch, one claim and one completion, and one heartbeat for all that is held.
//!
//! How it stays fair: the local queue is there only while jobs are quick. It begins empty, grows while claims
//! come back full in quick succession, and what has waited in it for a second goes back to the store, so that
//! slow jobs never wait here while another worker has nothing to do.
//!
//! Does not: spawn. The host awaits [`Worker::run_until`] wherever it likes, any number of them.
//!
//! Called by: hosts, through `Marketplace::worker`.

mod ending;
mod lease;
mod local;
mod look;
mod options;
mod shift;
#[cfg(test)]
mod shift_tests;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod stop_tests;
mod worker;

pub use options::WorkerOptions;
pub use worker::Worker;
