//! The answers of the API when a call was accepted.
//!
//! Guarantees the envelope: `status`, `message`, `data` where there is any, `meta` on lists. Callers: every
//! endpoint.

use serde::Serialize;
use serde_json::Value;

use super::http::TwinResponse;

#[derive(Serialize)]
struct Envelope<'a> {
    status: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Value>,
}

/// An accepted call with its object.
pub(super) fn ok(message: &str, data: Value) -> TwinResponse {
    TwinResponse::json(200, &Envelope { status: true, message, data: Some(data), meta: None })
}

/// The same with 201.
pub(super) fn created(message: &str, data: Value) -> TwinResponse {
    TwinResponse::json(201, &Envelope { status: true, message, data: Some(data), meta: None })
}

/// An accepted call with nothing to tell.
pub(super) fn done(message: &str) -> TwinResponse {
    TwinResponse::json(200, &Envelope { status: true, message, data: None, meta: None })
}

/// A page of a list.
pub(super) fn list(message: &str, rows: Vec<Value>, meta: Option<Value>) -> TwinResponse {
    TwinResponse::json(200, &Envelope { status: true, message, data: Some(rows.into()), meta })
}

/// A call that was carried out, and whose object says how it failed.
pub(super) fn failed(message: &str, data: Value) -> TwinResponse {
    TwinResponse::json(400, &Envelope { status: false, message, data: Some(data), meta: None })
}
