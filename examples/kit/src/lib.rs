//! What the example servers share, so that each server shows only its framework.
//!
//! - [`Settings`]: the environment variables of `docs/settings.md`, read once, refused clearly.
//! - [`Assembly`]: settings to a running marketplace, with the embedded defaults.
//! - [`Site`]: the marketplace's HTTP contract plus the development pages, as one function from request to
//!   response.
//! - [`Cli`]: the commands `serve`, `admin create` and `ledger verify`.

/// The README's Rust, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod assembly;
mod cli;
mod database;
mod dev;
mod files;
mod local_secret;
mod settings;
mod shutdown;
mod site;
mod telemetry;

pub use assembly::{Assembly, StartError};
pub use cli::{AdminCommand, Cli, Command, LedgerCommand, Outcome, run_command};
pub use settings::{Environment, Settings, SettingsError};
pub use shutdown::{GRACE, signal};
pub use site::Site;
pub use telemetry::init as init_telemetry;
