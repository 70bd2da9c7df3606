//! The document, put together.
//!
//! Guarantees: keys are sorted whatever map the JSON library has, so that the same program writes the same bytes.
//!
//! Called by: `GET /api/v1/openapi.json` (once per API), and [`crate::openapi`].

use super::{
    describe::describe,
    example::example,
    flat::flatten,
    operation::{Answer, Content, Operation, Shape, Tag},
    parameter,
    refusal::Refusals,
};
use crate::{
    problem::{Wire, title},
    query::Accepts,
    route::{BodyRule, Idempotency, ROUTES, Route, Who},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The document as it is served.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) json: Bytes,
    pub(crate) etag: String,
}

impl Document {
    /// The document of an API that lies below `prefix`; empty at the root.
    pub(crate) fn below(prefix: &str) -> Self {
        let json = value(prefix).to_string();
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(json.as_bytes())));
        Self { json: json.into(), etag }
    }
}

const ABOUT: &str = "Every answer carries `X-Request-Id`. Refusals are `application/problem+json` (RFC 9457) with a \
    stable `code`; what is not yours answers exactly as what does not exist. Unknown fields and query parameters are \
    refused. Money is a decimal string with exactly its currency's digits. Where `GET` is answered, so is `HEAD`; a \
    path asked with another method answers 405 with `Allow`, any other path 404.";

/// The document of an API that lies below `prefix`.
pub(super) fn value(prefix: &str) -> Value {
    let mut parts = Parts::default();
    parts.take(&Shape::of::<Wire<'_>>());
    let described: Vec<(&Route, Operation)> =
        ROUTES.iter().map(|route| (route, describe(route.handler))).collect();
    for (_, operation) in &described {
        operation.request.iter().for_each(|shape| parts.take(shape));
        for answer in &operation.answers {
            if let Content::Json(shape) = &answer.content {
                parts.take(shape);
            }
        }
    }
    parts.schemas = flatten(&parts.schemas);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (route, operation) in &described {
        let written = parts.operation(route, operation);
        paths.entry(route.pattern).or_default().insert(route.method.as_str().to_lowercase(), written);
    }
    let tags = Tag::ALL.map(Tag::words).map(|(name, about)| json!({ "name": name, "description": about }));
    let url = if prefix.is_empty() { "/" } else { prefix };
    sorted(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Marketplace",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": url }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": parts.schemas,
            "responses": parts.responses,
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "The token of a sign-in." },
                "order_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `order_token` of a guest's checkout, for that order alone.",
                },
            },
        },
    }))
}

/// What operations refer to.
#[derive(Debug, Default)]
struct Parts {
    schemas: BTreeMap<String, Value>,
    responses: BTreeMap<String, Value>,
}

impl Parts {
    fn take(&mut self, shape: &Shape) {
        self.schemas.extend(shape.parts.iter().cloned());
    }

    fn operation(&mut self, route: &Route, operation: &Operation) -> Value {
        let name = format!("{:?}", route.handler);
        let (first, rest) = name.split_at_checked(1).unwrap_or_default();
        let mut written = json!({
            "operationId": format!("{}{rest}", first.to_lowercase()),
            "tags": [operation.tag.words().0],
            "summary": operation.summary,
            "description": who(route.who),
            "security": security(route.who),
            "parameters": parameters(route, operation),
            "responses": self.responses(route, operation),
        });
        if let Some(body) = self.request(route, operation) {
            written["requestBody"] = body;
        }
        written
    }

    /// A body of JSON with its example.
    fn json(&self, schema: &Value) -> Value {
        let mut media = json!({ "schema": schema });
        if let Some(example) = example(schema, &self.schemas) {
            media["example"] = example;
        }
        media
    }

    fn request(&self, route: &Route, operation: &Operation) -> Option<Value> {
        let (required, kind, media) = match route.body {
            BodyRule::Ignored => return None,
            BodyRule::Empty => {
                let nothing = json!({ "type": "object", "additionalProperties": false });
                (false, "application/json", self.json(&nothing))
            }
            BodyRule::Json(_) => {
                let shape = operation.request.as_ref()?;
                (true, "application/json", self.json(&shape.schema))
            }
            BodyRule::Raw(_) => {
                let notice = json!({ "event": "charge.success", "data": { "id": 302_961 } });
                (true, "application/json", json!({ "schema": {}, "example": notice }))
            }
            BodyRule::Stream => {
                let bytes = json!({ "schema": {}, "example": "the bytes" });
                (true, "application/octet-stream", bytes)
            }
            BodyRule::Multipart => {
                let file = json!({ "type": "string", "contentMediaType": "application/octet-stream" });
                let form = json!({ "type": "object", "properties": { "file": file }, "required": ["file"] });
                let example = json!({ "file": "the bytes of book.pdf" });
                (true, "multipart/form-data", json!({ "schema": form, "example": example }))
            }
        };
        Some(json!({ "required": required, "content": { kind: media } }))
    }

    fn responses(&mut self, route: &Route, operation: &Operation) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for answer in &operation.answers {
            all.insert(answer.status.to_string(), self.answer(route, answer));
        }
        for (status, codes) in Refusals::of(route, operation).0 {
            let refusal = self.refusal(status, &codes);
            // A page and a refusal of one status differ by their type.
            if let Some(page) = all.get_mut(&status.to_string()) {
                let kind = "application/problem+json";
                page["content"][kind] = refusal["content"][kind].clone();
                page["x-problem-codes"] = refusal["x-problem-codes"].clone();
            } else {
                let codes: Vec<&str> = codes.into_iter().collect();
                let name = format!("problem-{status}-{}", codes.join("-"));
                all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
                self.responses.insert(name, refusal);
            }
        }
        all
    }

    fn answer(&self, route: &Route, answer: &Answer) -> Value {
        let created = (200..300).contains(&answer.status);
        let replay =
            if route.idempotency != Idempotency::Unused && created { "idempotent-replay" } else { "" };
        let names = answer.headers.iter().copied().chain([replay, "x-request-id"]);
        let mut written = json!({ "description": said(answer.status), "headers": headers(names) });
        let content = match &answer.content {
            Content::Nothing => return written,
            Content::Json(shape) => json!({ "application/json": self.json(&shape.schema) }),
            Content::AnyJson => {
                json!({ "application/json": { "schema": { "type": "object" }, "example": { "openapi": "3.1.0" } } })
            }
            Content::Page => {
                let page =
                    "<!doctype html><html lang=\"en\"><title>Your order</title><p>Thank you.</p></html>";
                json!({ "text/html": { "schema": { "type": "string" }, "example": page } })
            }
            Content::Bytes => json!({ "*/*": { "schema": {}, "example": "the bytes" } }),
        };
        written["content"] = content;
        written
    }

    fn refusal(&self, status: u16, codes: &BTreeSet<&'static str>) -> Value {
        let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let reference = json!({ "$ref": "#/components/schemas/Problem" });
        let mut media = self.json(&reference);
        media["example"]["status"] = status.into();
        media["example"]["title"] = title(status).into();
        media["example"]["code"] = codes.first().copied().into();
        if let Some(example) = media["example"].as_object_mut().filter(|_| status != 422) {
            example.remove("errors");
            example.insert("detail".to_owned(), "a sentence for people".into());
        }
        let more = match status {
            401 => "www-authenticate",
            409 | 429 | 503 => "retry-after",
            416 => "content-range",
            _ => "",
        };
        json!({
            "description": format!("{}: {}", title(status), listed.join(", ")),
            "headers": headers([more, "x-request-id"].into_iter()),
            "content": { "application/problem+json": media },
            "x-problem-codes": codes,
        })
    }
}

fn parameters(route: &Route, operation: &Operation) -> Vec<Value> {
    let asked = match route.query {
        Accepts::Only(names) => names,
        Accepts::Any => operation.query,
    };
    let path = parameter::names(route.pattern).filter_map(|name| parameter::path(route.pattern, name));
    let query = asked.iter().filter_map(|name| parameter::query(name));
    let headers = operation.headers.iter().filter_map(|name| parameter::header(name));
    let key = match route.idempotency {
        Idempotency::Unused => None,
        Idempotency::Optional => Some(parameter::idempotency_key(false)),
        Idempotency::Required => Some(parameter::idempotency_key(true)),
    };
    path.chain(query).chain(headers).chain(key).collect()
}

fn headers<'a>(names: impl Iterator<Item = &'a str>) -> Map<String, Value> {
    names.filter_map(|name| Some((name.to_owned(), parameter::answered(name)?))).collect()
}

const fn who(who: Who) -> &'static str {
    match who {
        Who::Open => "For everybody; a sign-in is not looked at.",
        Who::Public => "For everybody; a sign-in that is sent must be alive.",
        Who::OrderOrSignedIn => "For users, and for the holder of an order's token about that order alone.",
        Who::SignedIn => "For users of any role.",
        Who::Creator => "For users of the role `creator`.",
        Who::Admin => "For users of the role `admin`.",
    }
}

fn security(who: Who) -> Value {
    match who {
        Who::Open => json!([]),
        Who::Public => json!([{}, { "bearer": [] }]),
        Who::OrderOrSignedIn => json!([{ "bearer": [] }, { "order_token": [] }]),
        Who::SignedIn | Who::Creator | Who::Admin => json!([{ "bearer": [] }]),
    }
}

/// What a status says of an answer that is no refusal.
const fn said(status: u16) -> &'static str {
    match status {
        200 => "Done.",
        201 => "Made.",
        202 => "Taken in.",
        204 => "Done; there is nothing to say.",
        206 => "The part that was asked for.",
        303 | 307 => "It goes on elsewhere.",
        304 => "The client has it.",
        404 => "There is no such thing.",
        410 => "It is over, or never was.",
        _ => "Not now.",
    }
}

/// The same value, keys sorted.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let parts: BTreeMap<String, Value> = object.into_iter().collect();
            parts.into_iter().map(|(name, part)| (name, sorted(part))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that is described nowhere is left out of the document, and a client would never learn of it.
    #[test]
    fn every_name_of_the_table_is_described() {
        for route in ROUTES {
            let operation = describe(route.handler);
            let Accepts::Only(asked) = route.query else { continue };
            let known = parameter::names(route.pattern).count() + asked.len() + operation.headers.len();
            let key = usize::from(route.idempotency != Idempotency::Unused);
            assert_eq!(
                parameters(route, &operation).len(),
                known + key,
                "{} {:?}",
                route.pattern,
                route.query
            );
            for name in operation.answers.iter().flat_map(|answer| answer.headers) {
                assert!(parameter::answered(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn what_reads_json_says_which_and_nothing_else_does() {
        for route in ROUTES {
            let operation = describe(route.handler);
            let reads = matches!(route.body, BodyRule::Json(_));
            assert_eq!(operation.request.is_some(), reads, "{}", route.pattern);
            assert!(!operation.answers.is_empty(), "{}", route.pattern);
        }
    }

    /// Two types of one name would overwrite each other.
    #[test]
    fn one_name_is_one_schema() {
        let mut seen: BTreeMap<String, Value> = BTreeMap::new();
        for operation in ROUTES.iter().map(|route| describe(route.handler)) {
            let answers = operation.answers.iter().filter_map(|answer| match &answer.content {
                Content::Json(shape) => Some(shape),
                _ => None,
            });
            for (name, schema) in operation.request.iter().chain(answers).flat_map(|shape| &shape.parts) {
                let known = seen.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(known, schema, "{name}");
            }
        }
        assert!(seen.len() > 50);
    }

    #[test]
    fn keys_are_sorted_and_the_prefix_is_the_server() {
        let text = value("/shop").to_string();
        let at = |key: &str| text.find(key).unwrap();
        assert!(at("\"components\"") < at("\"info\"") && at("\"info\"") < at("\"openapi\""));
        assert_eq!(value("/shop")["servers"], json!([{ "url": "/shop" }]));
        assert_eq!(value("")["servers"], json!([{ "url": "/" }]));
        assert_eq!(text, value("/shop").to_string());
    }
}
