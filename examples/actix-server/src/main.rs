//! The marketplace on actix.
//!
//! This file is the manual: open the parts, mount the contract beside the host's own routes, run the worker, stop
//! cleanly. Everything else is the library, or `example-kit`. `examples/axum-server` is the same on axum.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, Responder,
    web::{self, Data, Payload},
};
use example_kit::{Assembly, Background, Settings, Shutdown, Site, listen};
use marketplace_http::{Request, Response, actix::answer};
use std::{error::Error, process::ExitCode, sync::Arc};
use tokio::runtime::Handle;

#[tokio::main]
async fn main() -> ExitCode {
    // The command line and the environment: docs/settings.md. `serve` is what stands here.
    example_kit::run(serve).await
}

async fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    // Listen first: with PORT=0 the address is known only then, and the sandbox's addresses contain it.
    let listener = listen(&settings)?;

    // Database, gateway, files, mail: each from its settings, or the embedded default.
    let assembly = Arc::new(Assembly::open(settings, listener.local_addr()?).await?);

    // The first signal stops listening and lets requests under way end; the second, or the time limit, ends the process.
    let shutdown = Shutdown::listen().await?;
    println!("{assembly}");

    // The worker: jobs run beside the requests. MARKETPLACE_WORKERS=off leaves them to other processes.
    let background = Background::start(&assembly, &shutdown);

    // The host's own routes come first; the marketplace answers the rest.
    let market = Data::new(Market { site: assembly.site(), runtime: Handle::current() });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(market.clone())
            .service(web::resource("/hello").get(hello).head(hello))
            .service(web::resource("/newest").get(newest).head(newest))
            .default_service(web::to(marketplace))
    });

    // Its own time limit would cut requests off without a word: so it is longer than ours.
    let server = server.disable_signals().shutdown_timeout(60).listen(listener)?.run();
    let handle = server.handle();
    let stopping = async {
        shutdown.begun().await;
        // The server itself does it, and has ended then.
        let _asked = handle.stop(true);
        shutdown.grace_over().await;
    };
    tokio::select! {
        served = server => served?,
        () = stopping => tracing::warn!("some requests were cut off at the end of the grace time"),
    }

    // Requests are done, and jobs have begun to stop with them: now the worker's end, then the database's.
    background.stop().await;
    println!("stopped");
    Ok(())
}

/// What answers, and where.
///
/// Each thread of actix has a runtime of its own, which ends with the server. What the marketplace opens on the way,
/// such as a connection to the database, is to outlive it: so the marketplace runs on the runtime of `main`.
struct Market {
    site: Site,
    runtime: Handle,
}

impl Market {
    async fn handle(&self, request: Request) -> Response {
        let site = self.site.clone();
        let answering = self.runtime.spawn(async move { site.handle(request).await });
        answering.await.unwrap_or_else(|error| self.site.broken(&error))
    }
}

/// A route of the host's own.
async fn hello() -> impl Responder {
    "a route of the host's own\n"
}

/// An operation of the marketplace inside a route of the host's own.
async fn newest(request: HttpRequest, body: Payload, market: Data<Market>) -> HttpResponse {
    // The client's own request, so that limits count by who asks.
    let products =
        async |request: Request| market.handle(request.with_path("/api/v1/products?limit=3")).await;
    answer(request, body, products).await
}

/// Everything else. A host without development pages mounts `marketplace_http::actix::route(api)`: docs/embed.md.
async fn marketplace(request: HttpRequest, body: Payload, market: Data<Market>) -> HttpResponse {
    answer(request, body, async |request| market.handle(request).await).await
}
