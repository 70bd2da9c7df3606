//! A host with users of its own, put together as `docs/embed.md` says: its session acts, and nobody registers or signs in
//! past it.

use super::serve::{Glue, on_both_frameworks, read_whole};
use crate::shop::{Fitting, Shop};
use marketplace_core::{id::UserId, identity::Role};
use marketplace_http::{Api, HttpOptions};
use serde_json::json;
use std::net::{SocketAddr, TcpListener};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

on_both_frameworks! {
    the_contracts_own_ways_to_sign_in_are_closed
}

const EMAIL: &str = "ada@mail.example";
/// Where the host puts it, and the address of that.
const PLACES: [(&str, &str); 2] = [("", "https://shop.example"), ("/market", "https://shop.example/market")];

/// With axum.
mod with_axum {
    use axum::{
        Router,
        body::Body,
        extract::{Request, State},
        http::Response,
    };
    use marketplace_core::{Actor, id::UserId};
    use marketplace_http::{
        Api,
        axum::{respond, translate},
    };

    /// The host's session: a header that a layer before would have looked up.
    fn session(request: &Request, ada: UserId) -> Option<UserId> {
        (request.headers().get("x-session")? == "ada").then_some(ada)
    }

    async fn market(State((api, ada)): State<(Api, UserId)>, request: Request) -> Response<Body> {
        let actor = session(&request, ada).map_or(Actor::Guest, Actor::User);
        respond(api.handle(translate(request).with_actor(actor)).await)
    }

    pub(super) fn app(api: Api, ada: UserId) -> Router {
        Router::new().fallback(market).with_state((api, ada))
    }
}

/// With actix.
mod with_actix {
    use actix_web::{
        HttpRequest, HttpResponse,
        web::{self, Data, Payload, ServiceConfig},
    };
    use marketplace_core::{Actor, id::UserId};
    use marketplace_http::{Api, actix::answer};

    fn session(request: &HttpRequest, ada: UserId) -> Option<UserId> {
        (request.headers().get("x-session")? == "ada").then_some(ada)
    }

    #[expect(clippy::future_not_send, reason = "a connection of actix belongs to one thread")]
    async fn market(request: HttpRequest, body: Payload, data: Data<(Api, UserId)>) -> HttpResponse {
        let (api, ada) = data.get_ref();
        let actor = session(&request, *ada).map_or(Actor::Guest, Actor::User);
        answer(request, body, async |request| api.handle(request.with_actor(actor)).await).await
    }

    pub(super) fn app(api: Api, ada: UserId) -> impl FnOnce(&mut ServiceConfig) {
        move |app| {
            app.app_data(Data::new((api, ada))).default_service(web::to(market));
        }
    }
}

/// Serves such a host, at the root or below a prefix, while `client` runs.
async fn serve(
    glue: Glue,
    prefix: &'static str,
    (api, ada): (Api, UserId),
    client: impl AsyncFnOnce(SocketAddr),
) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    match glue {
        Glue::Axum => {
            let app = with_axum::app(api, ada);
            let app = if prefix.is_empty() { app } else { axum::Router::new().nest(prefix, app) };
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            tokio::select! {
                () = client(address) => {}
                ended = async { axum::serve(listener, app).await } => panic!("the server ended: {ended:?}"),
            }
        }
        Glue::Actix => {
            use actix_web::{App, HttpServer, web};
            let server = HttpServer::new(move || {
                let (api, app) = (api.clone(), App::new());
                if prefix.is_empty() {
                    app.configure(with_actix::app(api, ada))
                } else {
                    app.service(web::scope(prefix).configure(with_actix::app(api, ada)))
                }
            });
            let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
            let stop = server.handle();
            tokio::select! {
                () = client(address) => {}
                ended = server => panic!("the server ended: {ended:?}"),
            }
            drop(stop.stop(false));
        }
    }
}

/// Sends a request; the whole answer.
async fn exchange(address: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let request = format!(
        "{line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len(),
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_whole(&mut stream).await
}

async fn the_contracts_own_ways_to_sign_in_are_closed(glue: Glue) {
    for (prefix, base) in PLACES {
        let shop = Shop::fitted(Fitting { base, ..Fitting::default() });
        let alive = shop.user("ada", Role::Customer).await;
        let users = &shop.api.market().identity().users;
        let ada = users.user_by_email(&EMAIL.parse().unwrap()).await.unwrap().unwrap().id;
        let alive = format!("Authorization: Bearer {alive}\r\n");
        let api = Api::new(shop.api.market().clone(), HttpOptions::default().with_own_users());
        serve(glue, prefix, (api, ada), async |address| {
            let registration = json!({
                "email": "eve@mail.example", "password": "correct horse", "display_name": "E", "role": "customer",
            });
            let login = json!({ "email": EMAIL, "password": "correct horse" });
            for headers in ["", "Authorization: Bearer dead\r\n", "X-Session: ada\r\n", alive.as_str()] {
                for path in [
                    "/api/v1/auth/register",
                    "/api/v1/auth/register/",
                    "/api/v1/auth/login?x",
                    "/api/v1/auth/logout",
                    // Spelled otherwise they are nothing of the contract's, or the same: axum forgets a slash after a prefix.
                    "/api/v1/%61uth/register",
                    "/api/v1/auth/%72egister",
                    "//api/v1/auth/register",
                    "/api/v1/x/../auth/register",
                ] {
                    for body in [&registration, &login] {
                        let line = format!("POST {prefix}{path}");
                        let answer = exchange(address, &line, headers, &body.to_string()).await;
                        assert!(answer.starts_with("HTTP/1.1 404 "), "{line} {headers}: {answer}");
                    }
                }
                // The session alone says who acts.
                let me = exchange(address, &format!("GET {prefix}/api/v1/me"), headers, "").await;
                let expected = if headers.starts_with("X-Session") { "HTTP/1.1 200 " } else { "HTTP/1.1 401 " };
                assert!(me.starts_with(expected), "{headers}: {me}");
                let products =
                    exchange(address, &format!("GET {prefix}/api/v1/products"), headers, "").await;
                assert!(products.starts_with("HTTP/1.1 200 "), "{headers}: {products}");
            }
        })
        .await;
        let eve = "eve@mail.example".parse().unwrap();
        assert!(users.user_by_email(&eve).await.unwrap().is_none(), "nobody registered");
    }
}
