//! What runs beside the requests: the worker, and in development the sandbox's webhooks.

use crate::assembly::Assembly;
use std::sync::Arc;
use tokio::{sync::watch, task::JoinHandle};

/// The background work of an assembly, on the runtime that started it.
#[derive(Debug)]
pub struct Background {
    assembly: Arc<Assembly>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Background {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "part of a program, which owns its runtime")]
    pub fn start(assembly: &Arc<Assembly>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let running = assembly.clone();
        let task = tokio::spawn(async move { running.run_background(stopped).await });
        Self { assembly: assembly.clone(), stop, task }
    }

    /// Lets jobs under way end, for ten seconds at most, then closes the database. Call it when requests are done.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the background work ended by itself");
        }
        self.assembly.close().await;
    }
}
