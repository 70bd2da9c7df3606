//! The marketplace on axum.
//!
//! This file is the manual: parse the command, open the parts, mount the contract beside the host's own
//! routes, run the worker, stop cleanly. Everything else is the library, or `example-kit`.

use axum::{Router, routing::get};
use clap::Parser as _;
use example_kit::{Assembly, Cli, Command, GRACE, Outcome, Settings, init_telemetry, run_command, signal};
use marketplace_http::axum::{respond, translate};
use std::{error::Error, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::{net::TcpListener, sync::watch};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    init_telemetry();
    match run(cli.command.unwrap_or(Command::Serve)).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    let settings = Settings::from_env()?;
    if !matches!(command, Command::Serve) {
        return Ok(match run_command(command, &settings).await? {
            Outcome::Done(text) => {
                println!("{text}");
                ExitCode::SUCCESS
            }
            Outcome::Failed(text) => {
                eprintln!("error: {text}");
                ExitCode::FAILURE
            }
        });
    }

    // Listen first: with PORT=0 the address is known only then, and the sandbox's addresses contain it.
    let address = SocketAddr::new(settings.host, settings.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address} (HOST, PORT): {error}"))?;
    let assembly = Arc::new(Assembly::open(settings, listener.local_addr()?).await?);
    println!("{assembly}");

    // The host's own routes come first; the marketplace answers the rest.
    let site = assembly.site();
    let app = Router::new()
        .route("/hello", get(|| async { "a route of the host's own\n" }))
        .fallback(move |request| async move { respond(site.handle(translate(request)).await) });

    let (stop, stopped) = watch::channel(false);
    let background = assembly.clone();
    #[expect(clippy::disallowed_methods, reason = "a program, which owns its runtime")]
    let background = tokio::spawn(async move { background.run_background(stopped).await });

    let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>());
    let (draining, mut drain) = watch::channel(false);
    let server = server.with_graceful_shutdown(async move {
        signal().await;
        draining.send_replace(true);
    });
    tokio::select! {
        served = async { server.await } => served?,
        () = async {
            // If the sender is gone, the server has ended, and the other branch is ready.
            if drain.wait_for(|draining| *draining).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("some requests were cut off at the end of the grace time"),
    }

    // Requests are done: now the worker, then the database.
    stop.send_replace(true);
    background.await?;
    assembly.close().await;
    println!("stopped");
    Ok(ExitCode::SUCCESS)
}
