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
use example_kit::{Assembly, Background, GRACE, Settings, Site, listen, signal};
use marketplace_http::{
    Method,
    axum::{respond, translate},
};
use std::{error::Error, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::{net::TcpListener, sync::watch};

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
    println!("{assembly}");

    // The worker: jobs run beside the requests. MARKETPLACE_WORKERS=off leaves them to other processes.
    let background = Background::start(&assembly);

    // The host's own routes come first; the marketplace answers the rest.
    let app = Router::new()
        .route("/hello", get(hello))
        .route("/newest", get(newest))
        .fallback(marketplace)
        .with_state(assembly.site());

    // The first signal stops listening and lets requests under way end; the second ends the process.
    let (draining, mut drain) = watch::channel(false);
    // With the address of each client, which the limits count by.
    let server = axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            signal().await;
            draining.send_replace(true);
        });
    let grace = async {
        // If the sender is gone, the server has ended, and the other branch is ready.
        if drain.wait_for(|draining| *draining).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = async { server.await } => served?,
        () = grace => tracing::warn!("some requests were cut off at the end of the grace time"),
    }

    // Requests are done: now the worker, then the database.
    background.stop().await;
    println!("stopped");
    Ok(())
}

/// A route of the host's own.
async fn hello() -> &'static str {
    "a route of the host's own\n"
}

/// An operation of the marketplace inside a route of the host's own.
async fn newest(State(site): State<Site>) -> Response<Body> {
    let products = marketplace_http::Request::new(Method::Get, "/api/v1/products?limit=3");
    respond(site.handle(products).await)
}

/// Everything else. A host without development pages mounts `marketplace_http::axum::router(api)`: docs/embed.md.
async fn marketplace(State(site): State<Site>, request: Request) -> Response<Body> {
    respond(site.handle(translate(request)).await)
}
