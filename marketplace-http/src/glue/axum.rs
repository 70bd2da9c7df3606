//! Glue for axum 0.8.
//!
//! Guarantees: bodies stream both ways; every path and method goes to the contract, so no framework default
//! answers. Serve with `into_make_service_with_connect_info::<SocketAddr>()`, or all clients count as one.
//!
//! Does not: limit connections, header sizes or time; that is the server's business.
//!
//! Called by: hosts on axum.

use crate::{Api, Body, Headers, Method, Request, Response, ResponseBody};
use axum::{
    Router,
    body::Body as AxumBody,
    extract::{ConnectInfo, State},
    http::{self, HeaderName, HeaderValue, StatusCode},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use marketplace_core::file::BytesError;
use std::{net::SocketAddr, str::FromStr};

/// A router that answers everything by the contract. Merge it into a larger one, or serve it alone.
pub fn router(api: Api) -> Router {
    Router::new().fallback(answer).with_state(api)
}

async fn answer(State(api): State<Api>, request: http::Request<AxumBody>) -> http::Response<AxumBody> {
    respond(api.handle(translate(request)).await)
}

/// A request of axum as one of the contract.
pub fn translate(request: http::Request<AxumBody>) -> Request {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let mut headers = Headers::new();
    for (name, value) in &parts.headers {
        // Bytes beyond UTF-8 become replacement characters, which match nothing.
        headers.push(name.as_str(), String::from_utf8_lossy(value.as_bytes()));
    }
    let stream = body.into_data_stream().map(|chunk| chunk.map_err(|error| BytesError::Broken(error.into())));
    Request {
        method: Method::from_name(parts.method.as_str()),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers,
        peer,
        actor: None,
        body: Body::from_stream(Box::pin(stream)),
    }
}

/// A response of the contract as one of axum.
pub fn respond(response: Response) -> http::Response<AxumBody> {
    let (body, length) = match response.body {
        // Told that there are no bytes, axum says `content-length: 0` to `HEAD`: the length of something else (RFC 9110,
        // section 8.6). A stream tells nothing.
        ResponseBody::Empty if response.status == 304 => {
            (AxumBody::from_stream(stream::empty::<Result<Bytes, BytesError>>()), None)
        }
        ResponseBody::Empty => (AxumBody::empty(), None),
        ResponseBody::Bytes(bytes) => (AxumBody::from(bytes), None),
        ResponseBody::Stream(stream, length) => (AxumBody::from_stream(stream), length),
    };
    let mut answer = http::Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        let (name, value) = (HeaderName::from_str(&name), HeaderValue::from_str(&value));
        if let (Ok(name), Ok(value)) = (name, value) {
            answer.headers_mut().append(name, value);
        }
    }
    if let Some(length) = length {
        answer.headers_mut().insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    answer
}
