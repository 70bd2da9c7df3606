//! What the example servers share, so that each server shows only its framework.
//!
//! - [`Settings`]: the environment variables of `docs/settings.md`, read once, refused clearly.
//! - [`Assembly`]: settings to a running marketplace, with the embedded defaults.
//! - [`Site`]: the marketplace's HTTP contract plus the development pages, as one function from request to
//!   response.
//! - [`run`]: the command line, with the commands `serve` (the server's own), `worker`, `migrate`, `doctor`,
//!   `healthcheck`, `admin create` and `ledger verify`.
//! - [`Background`] and [`Shutdown`]: what runs beside the requests, and when and how to stop.

/// The README's Rust, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The same of the page about embedding.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embed.md")]
struct Embed;

mod assembly;
mod background;
mod cli;
mod database;
mod dev;
mod doctor;
mod files;
mod healthcheck;
mod listen;
mod local_secret;
mod metrics;
mod program;
mod settings;
mod shutdown;
mod site;
mod telemetry;
mod variables;
mod worker;

pub use assembly::{Assembly, StartError};
pub use background::Background;
pub use cli::{AdminCommand, Cli, Command, CreateAdmin, LedgerCommand};
pub use listen::{ListenError, listen};
pub use program::run;
pub use settings::{Environment, Settings, SettingsError};
pub use shutdown::Shutdown;
pub use site::Site;
