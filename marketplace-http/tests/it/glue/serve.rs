//! A server of each framework around one handler.

use futures_util::future::BoxFuture;
use marketplace_http::{Api, Request, Response};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What answers.
pub(super) type Handle = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// The contract as a handler.
pub(super) fn contract(api: &Api) -> Handle {
    let api = api.clone();
    handle(move |request| {
        let api = api.clone();
        async move { api.handle(request).await }
    })
}

/// A function as a handler.
pub(super) fn handle<F: Future<Output = Response> + Send + 'static>(
    answer: impl Fn(Request) -> F + Send + Sync + 'static,
) -> Handle {
    Arc::new(move |request| Box::pin(answer(request)))
}

/// Which glue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glue {
    Axum,
    Actix,
}

impl Glue {
    /// Serves `handle` at the root, and the same below `/market` and `/a/b`, while `client` runs.
    pub(super) async fn serve<T>(self, handle: Handle, client: impl AsyncFnOnce(SocketAddr) -> T) -> T {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        match self {
            Self::Axum => {
                let answer = move |request: axum::extract::Request| {
                    let answering = handle(marketplace_http::axum::translate(request));
                    async move { marketplace_http::axum::respond(answering.await) }
                };
                let below = axum::Router::new().fallback(answer.clone());
                let app =
                    axum::Router::new().nest("/market", below.clone()).nest("/a/b", below).fallback(answer);
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    told = client(address) => told,
                    ended = async { axum::serve(listener, app).await } => panic!("the server ended: {ended:?}"),
                }
            }
            Self::Actix => {
                use actix_web::{App, HttpRequest, HttpServer, web};
                let server = HttpServer::new(move || {
                    let service = || {
                        let handle = Arc::clone(&handle);
                        web::to(move |request: HttpRequest, body: web::Payload| {
                            marketplace_http::actix::answer(request, body, {
                                let handle = Arc::clone(&handle);
                                async move |request| handle(request).await
                            })
                        })
                    };
                    App::new()
                        .service(web::scope("/market").default_service(service()))
                        .service(web::scope("/a").service(web::scope("/b").default_service(service())))
                        .default_service(service())
                });
                let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
                let stop = server.handle();
                let told = tokio::select! {
                    told = client(address) => told,
                    ended = server => panic!("the server ended: {ended:?}"),
                };
                drop(stop.stop(false));
                told
            }
        }
    }

    /// Serves `handle` and sends one request as raw bytes; returns the whole answer.
    pub(super) async fn exchange(self, handle: Handle, request: &[u8]) -> String {
        self.serve(handle, async |address| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(request).await.unwrap();
            read_whole(&mut stream).await
        })
        .await
    }
}

/// Everything that comes until the server closes.
pub(super) async fn read_whole(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// One test per case and framework: `on_axum::case` and `on_actix::case`.
macro_rules! on_both_frameworks {
    ($($case:ident)*) => {
        mod on_axum {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::glue::serve::Glue::Axum).await;
            })*
        }
        mod on_actix {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::glue::serve::Glue::Actix).await;
            })*
        }
    };
}
pub(super) use on_both_frameworks;
