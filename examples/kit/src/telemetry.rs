//! Logs to standard error: for people on a terminal, JSON otherwise or with `LOG_FORMAT=json`.

use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

/// Installs the subscriber. `RUST_LOG` chooses what is logged; warnings and our own news otherwise.
pub fn init() {
    failpoints();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("warn,marketplace_core=info,marketplace_http=info,example_kit=info,axum_server=info,actix_server=info,marketplace::failpoint=debug")
    });
    let terminal = std::io::stderr().is_terminal();
    let format = std::env::vars_os().find(|(name, _)| name == "LOG_FORMAT").map(|(_, value)| value);
    let json = format.map_or(!terminal, |format| format == "json");
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    // A second subscriber in one process (a test) is no reason to fail.
    let _ = if json { builder.json().finish().try_init() } else { builder.finish().try_init() };
}

/// Reads `FAILPOINTS`, in builds that have such points. They stay set until the process ends.
fn failpoints() {
    #[cfg(feature = "failpoints")]
    std::mem::forget(fail::FailScenario::setup());
}
