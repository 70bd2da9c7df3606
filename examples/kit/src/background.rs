//! What runs beside the requests: the worker, and in development the sandbox's webhooks.

use crate::{assembly::Assembly, shutdown::Shutdown};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The background work of an assembly, on the runtime that started it.
#[derive(Debug)]
pub struct Background {
    assembly: Arc<Assembly>,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts it. It begins to stop with `shutdown`, beside the requests that are under way then: jobs have ten seconds
    /// to end, and what is not done is given back.
    #[expect(clippy::disallowed_methods, reason = "part of a program, which owns its runtime")]
    pub fn start(assembly: &Arc<Assembly>, shutdown: &Shutdown) -> Self {
        let (running, stopping) = (assembly.clone(), shutdown.clone());
        let task = tokio::spawn(async move { running.run_background(&stopping).await });
        Self { assembly: assembly.clone(), shutdown: shutdown.clone(), task }
    }

    /// Waits until it has stopped, then closes the database. Call it when requests are done. It takes as long as it takes:
    /// the limit on the whole end is the [`Shutdown`]'s.
    pub async fn stop(self) {
        self.shutdown.begin();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the background work ended by itself");
        }
        self.assembly.close().await;
    }
}
