//! Routing, and the two endpoints of the API.
//!
//! Guarantees that nothing of the API is answered without the key, and that an executed call is committed
//! before its answer exists, injected timeouts included. Paths that the twin does not model answer as Paystack
//! answers unknown ones: 404 with a JSON content type and no body. Caller: [`Sandbox::handle`].

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::access::{Allowance, holds_key};
use super::control::{Fault, Route};
use super::http::{TwinRequest, TwinResponse};
use super::initialize;
use super::page;
use super::record::{Initialized, Record};
use super::refusal::{self, Refusal};
use super::twin::Sandbox;
use super::wire;

#[derive(Serialize)]
struct Answer<'a, T> {
    status: bool,
    message: &'a str,
    data: T,
}

#[derive(Serialize)]
struct Started<'a> {
    authorization_url: &'a str,
    access_code: &'a str,
    reference: &'a str,
}

pub(super) async fn answer(sandbox: &Sandbox, request: &TwinRequest) -> TwinResponse {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["transaction", "initialize"]) => call(sandbox, request, Route::Initialize, "").await,
        ("GET", ["transaction", "verify", reference]) => {
            call(sandbox, request, Route::Verify, reference).await
        }
        (_, [code]) if page::is_access_code(code) => page::answer(sandbox, request, code),
        _ => TwinResponse::empty_json(404),
    }
}

async fn call(sandbox: &Sandbox, request: &TwinRequest, route: Route, argument: &str) -> TwinResponse {
    let fault = sandbox.lock().controls.take_fault(route);
    match fault {
        None => execute(sandbox, request, route, argument),
        Some(Fault::Status(status)) => Refusal::fault(status).response(),
        Some(Fault::Html) => TwinResponse::edge_error(502),
        Some(Fault::EmptyJson) => TwinResponse::empty_json(200),
        Some(Fault::RateLimited) => {
            Allowance::exhausted(sandbox.config().rate_limit).announce(refusal::RATE_LIMITED.response())
        }
        Some(Fault::TimeoutAfterCommit) => {
            execute(sandbox, request, route, argument);
            TwinResponse::edge_error(504)
        }
        Some(Fault::HangAfterCommit) => {
            // Asked for before the call is executed: whoever sees its effect can release it.
            let released = sandbox.released();
            execute(sandbox, request, route, argument);
            released.await;
            TwinResponse::edge_error(504)
        }
    }
}

fn execute(sandbox: &Sandbox, request: &TwinRequest, route: Route, argument: &str) -> TwinResponse {
    if !holds_key(request, &sandbox.config().secret_key) {
        return refusal::INVALID_KEY.response();
    }
    let now = sandbox.now();
    let allowance = sandbox.lock().window.count(now, sandbox.config().rate_limit);
    let result = match route {
        _ if allowance.exceeded => Err(refusal::RATE_LIMITED),
        Route::Initialize => initialize(sandbox, request, now),
        Route::Verify => verify(sandbox, argument),
    };
    allowance.announce(result.unwrap_or_else(|refusal| refusal.response()))
}

fn initialize(sandbox: &Sandbox, request: &TwinRequest, at: i64) -> Result<TwinResponse, Refusal> {
    let config = sandbox.config();
    let order = initialize::read(request, &config.currencies)?;
    let mut shared = sandbox.lock();
    let opened = initialize::open(order, &shared.state, &config.ids, at)?;
    shared.commit(vec![Record::Initialized(opened.clone())]).map_err(|_| refusal::BROKEN)?;
    drop(shared);
    Ok(created(sandbox, &opened))
}

fn created(sandbox: &Sandbox, opened: &Initialized) -> TwinResponse {
    let base = sandbox.config().public_url.as_str().trim_end_matches('/');
    let data = Started {
        authorization_url: &format!("{base}/{}", opened.access_code),
        access_code: &opened.access_code,
        reference: &opened.reference,
    };
    TwinResponse::json(200, &Answer { status: true, message: "Authorization URL created", data })
}

fn verify(sandbox: &Sandbox, segment: &str) -> Result<TwinResponse, Refusal> {
    let reference = percent_decode_str(segment).decode_utf8().map_err(|_| refusal::UNKNOWN_REFERENCE)?;
    let shared = sandbox.lock();
    let transaction = shared.state.by_reference(&reference).ok_or(refusal::UNKNOWN_REFERENCE)?;
    let data = wire::verified(transaction);
    Ok(TwinResponse::json(200, &Answer { status: true, message: "Verification successful", data }))
}
