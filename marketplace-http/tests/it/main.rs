//! The contract through its front door, over a store in memory: every refusal, every flow.
#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test panics where it fails, and spawns what is to run at once"
)]

mod access;
mod download;
mod earnings;
mod glue;
mod idempotency;
mod limits;
mod logs;
mod openapi;
mod refusals;
mod shop;
mod unsure;
mod upload;
mod walk;
mod webhook;
