//! The command `healthcheck`: asks the server that runs with these settings whether it is ready.
//!
//! A container's image then needs no program for asking, and asks where the settings say that the server listens.

use crate::{
    assembly::{StartError, http_client, reachable},
    cli::Outcome,
    settings::Settings,
};
use std::{net::SocketAddr, time::Duration};

/// A server whose database is out of reach says so after five seconds; one that says nothing for longer hangs.
const PATIENCE: Duration = Duration::from_secs(9);

/// Asks once.
pub(crate) async fn ask(settings: &Settings) -> Result<Outcome, StartError> {
    let server = reachable(SocketAddr::new(settings.host, settings.port));
    let asked = http_client()?.get(format!("http://{server}/health/ready")).timeout(PATIENCE).send().await;
    Ok(match asked {
        Ok(answer) if answer.status() == 200 => Outcome::Done(format!("ready: http://{server}")),
        Ok(answer) => {
            let status = answer.status().as_u16();
            let said = answer.text().await.unwrap_or_default();
            Outcome::Failed(format!("not ready: http://{server} answers {status} {said}"))
        }
        Err(error) if error.is_timeout() => Outcome::Failed(format!(
            "not ready: http://{server} says nothing for {} seconds",
            PATIENCE.as_secs()
        )),
        Err(_) => Outcome::Failed(format!("not ready: nobody answers at http://{server}")),
    })
}
