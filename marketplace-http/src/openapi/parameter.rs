//! What stands in a path, a query or a header: each name described once.
//!
//! Guarantees: a name of the table without a description fails a test.
//!
//! Called by: `document`.

use super::wire;
use serde_json::{Value, json};
use utoipa::PartialSchema;

/// The `{name}`s of a pattern, in order.
pub(super) fn names(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// A `{name}` of a pattern. What is no such thing names nothing: 404.
pub(super) fn path(pattern: &str, name: &str) -> Option<Value> {
    let schema = match name {
        "id" if pattern.contains("/products/") => typed::<wire::ProductId>(),
        "id" if pattern.contains("/orders/") => typed::<wire::OrderId>(),
        "id" if pattern.contains("/jobs/") => typed::<wire::JobId>(),
        "upload_id" => typed::<wire::UploadId>(),
        "number" => {
            json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "description": "The place of the part." })
        }
        "file_id" => typed::<wire::FileId>(),
        "entitlement_id" => typed::<wire::EntitlementId>(),
        "reference" => text("The reference of a payment.", "mkt-019ab3c45d6e7f8090a1b2c3d4e5f610"),
        "gateway" => text("The name of the gateway.", "paystack"),
        "token" | "session" => typed::<wire::Token>(),
        _ => return None,
    };
    Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
}

/// A parameter of a query.
pub(super) fn query(name: &str) -> Option<Value> {
    let (about, schema) = match name {
        "limit" => (
            "How many rows a page has; 20 if nothing is said.",
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }),
        ),
        "cursor" => ("Where the page begins: the `next_cursor` of the one before.", plain()),
        "q" => ("Words to look for.", json!({ "type": "string", "maxLength": 200 })),
        "creator" => ("Of this creator.", plain()),
        "product" => ("Of this product.", plain()),
        "from" => ("The range begins at this RFC 3339 time or date.", plain()),
        "to" => ("The range ends before this time, or with this date.", plain()),
        "interval" => ("How long an interval is; `day` if nothing is said.", typed::<wire::Interval>()),
        "tz" => ("The IANA zone in which intervals begin; `UTC` if nothing is said.", plain()),
        "currency" => ("In this currency.", typed::<wire::Currency>()),
        "state" => ("In this state; `dead` if nothing is said.", typed::<wire::JobState>()),
        "status" => ("Of this status.", json!({ "type": "string", "enum": ["needs_review"] })),
        "reference" | "trxref" => ("The payment's reference, as the gateway sends it.", plain()),
        "fresh" => ("If it is there, a new link is mailed instead.", plain()),
        _ => return None,
    };
    Some(json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema }))
}

/// A header of a request.
pub(super) fn header(name: &str) -> Option<Value> {
    let about = match name {
        "if-none-match" => "Tags that the client has.",
        "if-range" => "The tag of the version of which the client has a part.",
        "range" => "Which bytes to send.",
        _ => return None,
    };
    Some(json!({ "name": name, "in": "header", "required": false, "description": about, "schema": plain() }))
}

/// The key of a request that may be sent again.
pub(super) fn idempotency_key(required: bool) -> Value {
    json!({
        "name": "idempotency-key",
        "in": "header",
        "required": required,
        "description": "The same key and body again: the stored answer with its first status. Kept 30 days.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        "example": "5b0c0e6e-0f4e-4a43-9d0a-0a2d7ad2f2b1",
    })
}

/// A header of an answer.
pub(super) fn answered(name: &str) -> Option<Value> {
    let (about, required) = match name {
        "accept-ranges" => ("Parts can be asked for.", true),
        "content-disposition" => ("Under which name to save it.", true),
        "content-range" => ("Which part this is.", true),
        "etag" => ("Names these bytes.", true),
        "idempotent-replay" => ("`true` if this answer was given before under the same key.", false),
        "location" => ("Where it goes on.", true),
        "retry-after" => ("After how many seconds to come back.", false),
        "set-cookie" => ("Proves to the browser's later requests that it placed the order.", true),
        "www-authenticate" => ("The scheme of a sign-in.", true),
        "x-request-id" => ("Names this request in the log.", true),
        _ => return None,
    };
    Some(json!({ "description": about, "required": required, "schema": plain() }))
}

fn plain() -> Value {
    json!({ "type": "string" })
}

fn text(about: &str, example: &str) -> Value {
    json!({ "type": "string", "description": about, "examples": [example] })
}

fn typed<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}
