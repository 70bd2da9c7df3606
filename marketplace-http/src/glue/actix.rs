//! Glue for actix-web 4.
//!
//! Guarantees: bodies stream both ways, and no faster than they are taken in; every path and method goes to
//! the contract, so no default of the framework answers, and none of its extractors limits; a client that
//! hangs up ends the body of its request with an error, and the body of its answer is dropped.
//!
//! Does not: spawn; limit connections, header sizes or time, which is the server's business; end the work on a
//! request whose client has left: actix finishes it.
//!
//! Called by: hosts on actix.

use crate::{Api, Body, Headers, Method, Request, Response, ResponseBody};
use actix_web::{
    HttpRequest, HttpResponse, Route,
    body::{BodyStream, BoxBody, SizedStream},
    error::PayloadError,
    http::{StatusCode, header},
    web::{self, Payload},
};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    future::{Either, select},
    stream,
};
use marketplace_core::file::BytesError;
use std::pin::pin;
use tokio::sync::mpsc;

/// A route that answers everything by the contract: the default service of an app, or of a scope, whose prefix
/// the contract does not see.
pub fn route(api: Api) -> Route {
    web::to(move |request: HttpRequest, body: Payload| {
        let api = api.clone();
        answer(request, body, async move |request| api.handle(request).await)
    })
}

/// Answers a request of actix by `handle`, which gets it as one of the contract.
///
/// The body stays on the thread that has the connection, and is handed over piece by piece as `handle` asks.
#[expect(clippy::future_not_send, reason = "a connection of actix belongs to one thread")]
pub async fn answer(
    request: HttpRequest,
    body: Payload,
    handle: impl AsyncFnOnce(Request) -> Response,
) -> HttpResponse {
    let (sender, receiver) = mpsc::channel(1);
    let pieces = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece: Result<Bytes, BytesError>| (piece, receiver))
    });
    let translated = translate(&request, Body::from_stream(pieces.boxed()));
    let handling = pin!(handle(translated));
    // Ends with the body, or when nobody wants more of it.
    let handing_over = pin!(hand_over(body, sender));
    let response = match select(handling, handing_over).await {
        Either::Left((response, _)) => response,
        Either::Right(((), handling)) => handling.await,
    };
    respond(response)
}

/// Hands a body over, piece by piece, to whoever reads it on another thread.
#[expect(clippy::future_not_send, reason = "a connection of actix belongs to one thread")]
async fn hand_over(mut body: Payload, sender: mpsc::Sender<Result<Bytes, BytesError>>) {
    // Room first: a piece is read off the connection only when the one before it was taken.
    while let Ok(room) = sender.reserve().await {
        let Either::Left((Some(piece), _)) = select(body.next(), pin!(sender.closed())).await else { return };
        room.send(piece.map_err(|error| match error {
            PayloadError::Overflow => BytesError::TooLarge,
            error => BytesError::Broken(error.into()),
        }));
    }
}

/// A request of actix as one of the contract, with the path below the scope that serves it.
pub fn translate(request: &HttpRequest, body: Body) -> Request {
    let mut headers = Headers::new();
    for (name, value) in request.headers() {
        // Bytes beyond UTF-8 become replacement characters, which match nothing.
        headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    Request {
        method: Method::from_name(request.method().as_str()),
        path: below_scope(request).to_owned(),
        query: request.uri().query().map(str::to_owned),
        headers,
        peer: request.peer_addr().map(|address| address.ip()),
        actor: None,
        body,
    }
}

/// The path as sent, without the segments that scopes have taken. What actix itself offers is decoded in part,
/// so that two spellings would be one path.
fn below_scope(request: &HttpRequest) -> &str {
    let (whole, matched) = (request.uri().path(), request.match_info());
    let taken = matched.as_str().len().saturating_sub(matched.unprocessed().len());
    let slashes = matched.as_str().bytes().take(taken).filter(|byte| *byte == b'/').count();
    // A slash is never made by decoding, so the segments of both spellings are the same.
    let start = whole.match_indices('/').nth(slashes).map_or(whole.len(), |(start, _)| start);
    if slashes == 0 { whole } else { whole.get(start..).unwrap_or_default() }
}

/// A response of the contract as one of actix.
pub fn respond(response: Response) -> HttpResponse {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    let mut announced = None;
    for (name, value) in response.headers {
        if name == header::CONTENT_LENGTH.as_str() {
            announced = value.parse().ok();
        } else {
            answer.append_header((name, value));
        }
    }
    answer.body(match (response.body, announced) {
        // The answer to `HEAD`: a length, and none of the bytes, which actix does not send there.
        (ResponseBody::Empty, Some(length)) => {
            BoxBody::new(SizedStream::new(length, stream::empty::<Result<Bytes, BytesError>>()))
        }
        (ResponseBody::Empty, None) => BoxBody::new(()),
        (ResponseBody::Bytes(bytes), _) => BoxBody::new(bytes),
        (ResponseBody::Stream(stream, Some(length)), _) => BoxBody::new(SizedStream::new(length, stream)),
        (ResponseBody::Stream(stream, None), _) => BoxBody::new(BodyStream::new(stream)),
    })
}
