//! The front door: one request in, one response out.
//!
//! Guarantees: every request gets an answer with its own `X-Request-Id`; the order of refusals is fixed:
//! unknown path 404, other method 405, over the limit 429, no or dead sign-in 401, wrong role 403, wrong
//! query 422, wrong body 413/415/400/422, and only then whatever the thing itself says. One span per request
//! carries method, route, status and request id, and never a path, query, token or body.
//!
//! Does not: own a socket, a runtime or a framework.
//!
//! Called by: the glue, and hosts with a framework of their own.

use crate::{
    auth::{self, Caller},
    call::{Call, Payload},
    client_ip::{client_ip, limit_key},
    handlers,
    headers::Headers,
    json, limits,
    openapi::Document,
    options::HttpOptions,
    problem::Problem,
    query::Query,
    request::{Body, Method, Request},
    response::Response,
    route::{BodyRule, Found, LimitClass, Params, Route, find},
};
use bytes::Bytes;
use marketplace_core::market::Marketplace;
use std::{
    error::Error,
    sync::{Arc, OnceLock},
};
use tracing::Instrument;

/// What the paths begin with by which people register, and sign in and out.
const SIGN_IN: &str = "/api/v1/auth/";

/// The HTTP contract over a marketplace. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    market: Arc<Marketplace>,
    options: Arc<HttpOptions>,
    document: Arc<OnceLock<Document>>,
}

impl Api {
    /// The contract over `market`.
    pub fn new(market: Arc<Marketplace>, options: HttpOptions) -> Self {
        Self { market, options: Arc::new(options), document: Arc::default() }
    }

    /// The marketplace behind it.
    pub const fn market(&self) -> &Arc<Marketplace> {
        &self.market
    }

    /// Answers a request.
    ///
    /// Cancellation: safe at every point; what was committed stays committed, and the same request under the
    /// same idempotency key goes on with it.
    pub async fn handle(&self, request: Request) -> Response {
        let request_id = self.request_id();
        let found = self.find(request.method, &request.path);
        let pattern = match &found {
            Found::Route(route, _) => route.pattern,
            Found::OtherMethods(pattern, _) => pattern,
            Found::Nothing => "",
        };
        let method = request.method;
        let span = tracing::info_span!(
            "http.request",
            http.method = method.as_str(),
            http.route = pattern,
            http.status = tracing::field::Empty,
            request.id = %request_id,
        );
        let answer = async {
            let outcome = match found {
                Found::Route(route, params) => Box::pin(self.dispatch(route, params, request)).await,
                Found::OtherMethods(_, allow) => {
                    let problem = Problem::new(405, "method_not_allowed", "this path has other methods");
                    Err(problem.with_header("allow", allow))
                }
                Found::Nothing => Err(Problem::not_found()),
            };
            let response = outcome.unwrap_or_else(|problem| problem.into_response(&request_id));
            tracing::Span::current().record("http.status", response.status);
            tracing::info!(http.status = response.status, "answered");
            response
        };
        answer.instrument(span).await.finish(&request_id, method == Method::Head)
    }

    /// The answer to a request over which the host broke down, such as a task that ended before it had one: a refusal
    /// like any other, with an id of its own, under which the error is in the log.
    pub fn broken(&self, error: &(dyn Error + 'static)) -> Response {
        let request_id = self.request_id();
        let span = tracing::info_span!("http.request", request.id = %request_id);
        let problem = span.in_scope(|| Problem::defect(error));
        problem.into_response(&request_id).finish(&request_id, false)
    }

    fn find(&self, method: Method, path: &str) -> Found {
        // By the path that decides, not by routes of a framework before it, which may read paths in another way.
        if self.options.own_users && path.starts_with(SIGN_IN) { Found::Nothing } else { find(method, path) }
    }

    fn request_id(&self) -> String {
        self.market.ids().uuid(self.market.clock().now()).simple().to_string()
    }

    async fn dispatch(
        &self,
        route: &'static Route,
        params: Params,
        request: Request,
    ) -> Result<Response, Problem> {
        let Request { method, path, query, headers, peer, actor, body } = request;
        let client = limit_key(client_ip(peer, &headers, &self.options.trusted_proxies));
        let limiter = self.market.limiter();
        match route.limit {
            LimitClass::Uncounted => {}
            LimitClass::Api => limits::count(&*limiter, &limits::API, &client).await?,
            LimitClass::SignIn => limits::count(&*limiter, &limits::SIGN_IN, &client).await?,
        }
        let caller: Caller = auth::admit(&self.market, &headers, actor, route.who).await?;
        let query = Query::read(query.as_deref(), route.query)?;
        let payload = Self::payload(route, &headers, body).await?;
        let call = Call {
            market: &self.market,
            options: &self.options,
            limiter: &*limiter,
            route,
            method,
            path: &path,
            params,
            query,
            headers: &headers,
            caller,
            client: &client,
            document: &self.document,
        };
        handlers::run(&call, payload).await
    }

    async fn payload(route: &Route, headers: &Headers, body: Body) -> Result<Payload, Problem> {
        let read = match route.body {
            BodyRule::Ignored => Bytes::new(),
            BodyRule::Empty => json::read_none(headers, body).await.map(|()| Bytes::new())?,
            BodyRule::Json(max) => json::read(headers, body, max).await?,
            BodyRule::Raw(max) => json::read_raw(headers, body, max).await?,
            BodyRule::Multipart | BodyRule::Stream => return Ok(Payload { read: Bytes::new(), rest: body }),
        };
        Ok(Payload { read, rest: Body::empty() })
    }
}
