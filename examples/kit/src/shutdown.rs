//! Stopping: the first signal drains, the second ends at once.

use std::time::Duration;

/// How long requests under way may take after the first signal.
pub const GRACE: Duration = Duration::from_secs(20);

/// Returns at the first SIGINT or SIGTERM. From then on the next one ends the process at once.
pub async fn signal() {
    wait().await;
    tracing::info!("stopping; once more to stop at once");
    #[expect(clippy::disallowed_methods, reason = "a program, which owns its runtime")]
    tokio::spawn(async {
        wait().await;
        std::process::exit(130);
    });
}

async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without signal handlers the default action ends the process, which is a stop, too.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
