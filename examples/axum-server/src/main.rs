//! The marketplace on axum.
//!
//! This file is the manual: open the parts, mount the contract beside the host's own routes, run the worker, stop
//! cleanly. Everything else is the library, or `example-kit`. `examples/actix-server` is the same on actix.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::Response,
    routing::get,
};
use example_kit::{Assembly, Background, Settings, Shutdown, Site, listen};
use marketplace_http::axum::{respond, translate};
use std::{error::Error, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    // The command line and the environment: docs/settings.md. `serve` is what stands here.
    example_kit::run(serve).await
}

async fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    // Listen first: with PORT=0 the address is known only then, and the sandbox's addresses contain it.
    let listener = TcpListener::from_std(listen(&settings)?)?;

    // Database, gateway, files, mail: each from its settings, or the embedded default.
    let assembly = Arc::new(Assembly::open(settings, listener.local_addr()?).await?);

    // The first signal stops listening and lets requests under way end; the second, or the time limit, ends the process.
    let shutdown = Shutdown::listen().await?;
    println!("{assembly}");

    // The worker: jobs run beside the requests. MARKETPLACE_WORKERS=off leaves them to other processes.
    let background = Background::start(&assembly, &shutdown);

    // The host's own routes come first; the marketplace answers the rest.
    let app = Router::new()
        .route("/hello", get(hello))
        .route("/newest", get(newest))
        .fallback(marketplace)
        .with_state(assembly.site());

    // With the address of each client, which the limits count by.
    let stopping = shutdown.clone();
    let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move { stopping.begun().await });
    tokio::select! {
        served = async { server.await } => served?,
        () = shutdown.grace_over() => tracing::warn!("some requests were cut off at the end of the grace time"),
    }

    // Requests are done, and jobs have begun to stop with them: now the worker's end, then the database's.
    background.stop().await;
    println!("stopped");
    Ok(())
}

/// A route of the host's own.
async fn hello() -> &'static str {
    "a route of the host's own\n"
}

/// An operation of the marketplace inside a route of the host's own.
async fn newest(State(site): State<Site>, request: Request) -> Response<Body> {
    // The client's own request, so that limits count by who asks.
    respond(site.handle(translate(request).with_path("/api/v1/products?limit=3")).await)
}

/// Everything else. A host without development pages mounts `marketplace_http::axum::router(api)`: docs/embed.md.
async fn marketplace(State(site): State<Site>, request: Request) -> Response<Body> {
    respond(site.handle(translate(request)).await)
}
