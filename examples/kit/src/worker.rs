//! The command `worker`: background jobs in a process of their own, beside servers that only serve.

use crate::{
    assembly::{Assembly, StartError},
    background::Background,
    cli::Outcome,
    settings::Settings,
    shutdown::Shutdown,
};
use std::sync::Arc;

/// Runs jobs until the first signal.
pub(crate) async fn work(settings: Settings) -> Result<Outcome, StartError> {
    let assembly = Arc::new(Assembly::beside(settings).await?);
    let shutdown = Shutdown::listen().await.map_err(StartError::Signals)?;
    println!("{assembly}");
    let background = Background::start(&assembly, &shutdown);
    shutdown.begun().await;
    background.stop().await;
    Ok(Outcome::Done("stopped".to_owned()))
}
