//! The description of the API in OpenAPI 3.1: generated from the code, served, and had without a server.
//!
//! Guarantees: the operations are those of the route table; schemas are derived from the very types that are read and
//! written; what follows from a route's row (who may call it, what it reads, how it is limited) is read off the row;
//! a route without a description does not compile. The same program writes the same bytes, keys sorted. Examples are
//! made of the schemas' own.
//!
//! Does not: describe what a host adds, or follow what a handler does: which words a use case answers stands in
//! `describe`, and the project's own tests hold every answer against it.
//!
//! Called by: `GET /api/v1/openapi.json`, and whoever makes a client.

mod describe;
mod document;
mod example;
mod flat;
mod operation;
mod parameter;
mod refusal;
pub(crate) mod wire;

pub(crate) use document::Document;

/// The document that `GET /api/v1/openapi.json` serves where the API lies at the root of its address: OpenAPI 3.1 in
/// JSON, compact, keys sorted.
///
/// ```
/// let document: serde_json::Value = serde_json::from_str(&marketplace_http::openapi())?;
/// assert_eq!(document["openapi"], "3.1.0");
/// assert_eq!(document["paths"]["/api/v1/checkout"]["post"]["operationId"], "checkout");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn openapi() -> String {
    document::value("").to_string()
}
