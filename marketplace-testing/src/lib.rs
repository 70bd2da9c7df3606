//! For people who write adapters of the marketplace, or test a host that embeds it.
//!
//! - [`memory`]: a store in memory that conflicts, refuses and loses answers like a real one.
//! - [`fake`]: a scripted gateway, files and mails in memory, ids from a seed, and the like.
//! - [`fault`]: wrappers that fail on purpose.
//! - [`build`]: valid rows with few words.
//! - [`contract`]: what every store must do, as tests to run on yours.
//! - [`market`]: a whole marketplace in memory, for tests of hosts.
//! - `postgres` and `smtp` (features of the same names): a PostgreSQL that is thrown away, an SMTP server in process.
//! - `http` (feature of the same name): a client of the reference servers; with it, [`contract`] has the suite of their answers.
pub mod build;
pub mod contract;
pub mod fake;
pub mod fault;
#[cfg(feature = "http")]
pub mod http;
pub mod market;
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "smtp")]
pub mod smtp;

/// The example of `docs/events.md`, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/events.md")]
struct EventsPage;
