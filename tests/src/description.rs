//! The API's own description of itself, as a judge of its answers.
//!
//! Guarantees: of an answer to a described path it checks that the operation is there, that its status is described,
//! that the headers which every such answer has are there and no header is neither described nor common, that the type is one of those described, that JSON keeps to
//! the schema and has no field that stands in none, and that a refusal's code is one of the operation's. A request that
//! was granted must have been a described one, too. What is not described must be refused with 404 or 405, and `Allow`
//! must name the described methods.
//!
//! Does not: judge what a host adds beside the API.
//!
//! Called by: the client of every [`crate::Server`], with every answer.

use jsonschema::Validator;
use marketplace_testing::http::Given;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// A description in OpenAPI, its objects closed.
#[derive(Debug)]
pub struct Description {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static OF_THE_CODE: LazyLock<Description> = LazyLock::new(|| Description::new(&marketplace_http::openapi()));

const PROBLEM: &str = "application/problem+json";

/// What stands on answers whatever they are about: of HTTP itself, against the misuse of pages, and the id of the request.
const COMMON: [&str; 10] = [
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "referrer-policy",
    "x-content-type-options",
    "x-request-id",
    "x-robots-tag",
];

impl Description {
    /// The one that the code generates.
    pub fn of_the_code() -> &'static Self {
        &OF_THE_CODE
    }

    /// A client's [`marketplace_testing::http::Judge`] by it.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn judge(given: &Given<'_>) -> Result<(), String> {
        Self::of_the_code().check(given)
    }

    /// That of a document.
    ///
    /// # Panics
    /// If it is no JSON.
    pub fn new(document: &str) -> Self {
        let mut document = serde_json::from_str(document).expect("the description is JSON");
        close(&mut document);
        Self { document, validators: Mutex::default() }
    }

    /// Whether an answer is as described.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, given: &Given<'_>) -> Result<(), String> {
        let path = given.path.split(['?', '#']).next().unwrap_or_default();
        let Some((template, item)) = self.find(path) else {
            let described = path.starts_with("/api/v1/") || path.starts_with("/health/");
            if !described {
                return Ok(());
            }
            self.refused(given, 404, "not_found")?;
            return only_known(given, |_| false);
        };
        let method = if given.method == "HEAD" { "GET" } else { given.method };
        let Some(operation) = item.get(method.to_ascii_lowercase()) else {
            self.refused(given, 405, "method_not_allowed")?;
            only_known(given, |name| name == "allow")?;
            return allowed(given, item);
        };
        let response =
            operation["responses"].get(given.status.to_string()).ok_or("this status is not described")?;
        let response = self.resolve(response);
        if (200..300).contains(&given.status) {
            self.asked(template, method, operation, given)?;
        }
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            if header["required"] == true && !given.headers.contains_key(name) {
                return Err(format!("there is no {name}"));
            }
        }
        only_known(given, |name| response["headers"].get(name).is_some())?;
        let Some(content) = response.get("content") else {
            let empty = given.body.is_none_or(<[u8]>::is_empty);
            return if empty { Ok(()) } else { Err("no body is described".to_owned()) };
        };
        let kind = kind(given)?;
        let media = content.get(kind).or_else(|| content.get("*/*"));
        let media = media.ok_or_else(|| format!("the type {kind} is not described"))?;
        let Some(body) = given.body.filter(|_| given.method != "HEAD" && kind.ends_with("json")) else {
            return Ok(());
        };
        let body =
            self.valid(&format!("{template} {method} {} {kind}", given.status), &media["schema"], body)?;
        if kind == PROBLEM {
            let codes = response["x-problem-codes"].as_array().into_iter().flatten();
            return known(&body, given.status, codes.filter_map(Value::as_str));
        }
        Ok(())
    }

    /// What was granted is described, too: else a client would never know that it may ask for it.
    fn asked(
        &self,
        template: &str,
        method: &str,
        operation: &Value,
        given: &Given<'_>,
    ) -> Result<(), String> {
        let content = &operation["requestBody"]["content"];
        if let (Some(sent), Some(media)) = (given.sent, content.get("application/json")) {
            let name = format!("{template} {method} request");
            self.valid(&name, &media["schema"], sent)
                .map_err(|wrong| format!("granted, but sent: {wrong}"))?;
        }
        let query = given.path.split_once('?').map_or("", |(_, query)| query);
        for name in query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty())
        {
            let mut known = operation["parameters"].as_array().into_iter().flatten();
            if !known.any(|parameter| parameter["in"] == "query" && parameter["name"] == name) {
                return Err(format!("granted, but the parameter {name} is not described"));
            }
        }
        Ok(())
    }

    /// What is not described is refused, with this status and code.
    fn refused(&self, given: &Given<'_>, status: u16, code: &str) -> Result<(), String> {
        if given.status != status {
            return Err(format!("what is not described answers {status}"));
        }
        if kind(given)? != PROBLEM {
            return Err("a refusal is a problem".to_owned());
        }
        let Some(body) = given.body.filter(|_| given.method != "HEAD") else { return Ok(()) };
        let body = self.valid(PROBLEM, &json!({ "$ref": "#/components/schemas/Problem" }), body)?;
        known(&body, status, [code].into_iter())
    }

    /// The template that a path keeps to, and its methods. What has a name of its own comes first.
    fn find(&self, path: &str) -> Option<(&str, &Value)> {
        let paths = self.document["paths"].as_object()?;
        let mut found: Vec<_> = paths.iter().filter(|(template, _)| keeps_to(path, template)).collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        found.first().map(|(template, item)| (template.as_str(), *item))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let reference = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        reference.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    /// A body that keeps to a schema. `name` stands for the schema.
    fn valid(&self, name: &str, schema: &Value, body: &[u8]) -> Result<Value, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let validator = self.validator(name, schema);
        let wrong: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        if wrong.is_empty() { Ok(body) } else { Err(wrong.join("; ")) }
    }

    fn validator(&self, name: &str, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = known.entry(name.to_owned()).or_insert_with(|| {
            let mut schema = schema.clone();
            schema["components"] = self.document["components"].clone();
            let options = jsonschema::options().should_validate_formats(true);
            Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{name}: {error}")))
        });
        Arc::clone(made)
    }
}

/// Forbids fields that stand in no schema. Clients are to take them, so the document itself allows them.
fn close(value: &mut Value) {
    if let Some(object) = value.as_object_mut() {
        if object.get("type").is_some_and(|kind| kind == "object") && object.contains_key("properties") {
            object.insert("additionalProperties".to_owned(), false.into());
        }
        object.values_mut().for_each(close);
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(close);
    }
}

/// A header of an answer is common, or one that a client can know of.
fn only_known(given: &Given<'_>, is_described: impl Fn(&str) -> bool) -> Result<(), String> {
    let mut names = given.headers.keys().map(|name| name.as_str());
    match names.find(|name| !COMMON.contains(name) && !is_described(name)) {
        Some(name) => Err(format!("the header {name} is not described")),
        None => Ok(()),
    }
}

/// The media type of an answer, without parameters.
fn kind<'a>(given: &Given<'a>) -> Result<&'a str, String> {
    let line = given.headers.get("content-type").and_then(|value| value.to_str().ok());
    let line = line.ok_or("there is no content-type")?;
    Ok(line.split(';').next().unwrap_or_default().trim())
}

/// A problem of this status, with one of these codes.
fn known<'a>(problem: &Value, status: u16, mut codes: impl Iterator<Item = &'a str>) -> Result<(), String> {
    if problem["status"] != status {
        return Err("the problem tells another status".to_owned());
    }
    let code = problem["code"].as_str().unwrap_or_default();
    if codes.any(|known| known == code) { Ok(()) } else { Err(format!("the code {code} is not described")) }
}

/// `Allow` names the methods of a path, and `HEAD` wherever `GET` is.
fn allowed(given: &Given<'_>, item: &Value) -> Result<(), String> {
    let told: BTreeSet<String> = given
        .headers
        .get("allow")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .split(", ")
        .map(str::to_ascii_lowercase)
        .collect();
    let mut described: BTreeSet<String> =
        item.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    if described.contains("get") {
        described.insert("head".to_owned());
    }
    if told == described { Ok(()) } else { Err(format!("Allow names {told:?}, described are {described:?}")) }
}

/// Whether a path has the form of a template. What cannot be decoded, or holds a control character, names nothing.
fn keeps_to(path: &str, template: &str) -> bool {
    let (mut given, mut expected) = (path.split('/'), template.split('/'));
    loop {
        match (given.next(), expected.next()) {
            (None, None) => return true,
            (Some(given), Some(expected)) if expected.starts_with('{') => {
                if !names_something(given) {
                    return false;
                }
            }
            (given, expected) if given == expected => {}
            _ => return false,
        }
    }
}

fn names_something(segment: &str) -> bool {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let Some((digits, after)) = rest.split_at_checked(2) else { return false };
        let Ok(byte) = hex::decode(digits) else { return false };
        bytes.extend(byte);
        rest = after;
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    !text.is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_testing::http::Client;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// What is wrong with an answer; `ok` if nothing is.
    fn judged(line: (&str, &str), status: u16, headers: &[(&str, &str)], body: &str) -> String {
        let headers: HeaderMap = headers
            .iter()
            .chain(&[("x-request-id", "r")])
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let (method, path) = line;
        let given =
            Given { method, path, sent: None, status, headers: &headers, body: Some(body.as_bytes()) };
        Description::of_the_code().check(&given).err().unwrap_or_else(|| "ok".to_owned())
    }

    const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
    const REFUSAL: &[(&str, &str)] = &[("content-type", PROBLEM), ("www-authenticate", "Bearer")];

    fn user() -> Value {
        json!({
            "id": "usr_0", "email": "a@b.example", "display_name": "A", "role": "customer",
            "email_verified": false, "created_at": "2026-11-23T06:00:00.5Z",
        })
    }

    fn problem(status: u16, code: &str) -> String {
        let problem = json!({
            "type": "about:blank", "title": "t", "status": status, "detail": "d", "code": code, "request_id": "r",
        });
        problem.to_string()
    }

    #[test]
    fn what_is_as_described_passes() {
        let me = ("GET", "/api/v1/me");
        assert_eq!(judged(me, 200, JSON, &user().to_string()), "ok");
        assert_eq!(judged(me, 401, REFUSAL, &problem(401, "unauthenticated")), "ok");
        assert_eq!(judged(("HEAD", "/api/v1/me"), 200, JSON, ""), "ok");
        assert_eq!(judged(("POST", "/api/v1/auth/logout"), 204, &[], ""), "ok");
        let refusal = &REFUSAL[..1];
        assert_eq!(judged(("GET", "/api/v1/nowhere"), 404, refusal, &problem(404, "not_found")), "ok");
        assert_eq!(judged(("GET", "/api/v1/products/%00"), 404, refusal, &problem(404, "not_found")), "ok");
        assert_eq!(judged(("GET", "/hello"), 200, &[], "a route of the host's own"), "ok");
        let page = &[("content-type", "text/html; charset=utf-8")];
        assert_eq!(judged(("GET", "/d/x?y=z"), 410, page, "<p>gone</p>"), "ok");
    }

    #[test]
    fn what_is_not_is_found() {
        let me = ("GET", "/api/v1/me");
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut user = user();
            change(&mut user);
            judged(me, 200, JSON, &user.to_string())
        };
        let user = user().to_string();
        for (found, words) in [
            (judged(me, 201, JSON, &user), "status is not described"),
            (judged(me, 200, &[("content-type", "text/plain")], &user), "type text/plain is not described"),
            (judged(me, 200, &[], &user), "no content-type"),
            (judged(me, 200, JSON, "{"), "EOF"),
            (changed(&|user| user["password"] = "x".into()), "password"),
            (changed(&|user| user["email_verified"] = "no".into()), "boolean"),
            (changed(&|user| user["email"] = "nobody".into()), "email"),
            (changed(&|user| user["role"] = "king".into()), "king"),
            (changed(&|user| user["created_at"] = "2026-11-23".into()), "date-time"),
            (changed(&|user| drop(user.as_object_mut().unwrap().remove("id"))), "id"),
            (judged(me, 401, REFUSAL, &problem(401, "another")), "code another is not described"),
            (judged(me, 401, REFUSAL, &problem(403, "unauthenticated")), "another status"),
            (judged(me, 401, &REFUSAL[..1], &problem(401, "unauthenticated")), "www-authenticate"),
            (judged(me, 409, REFUSAL, &problem(409, "conflict")), "status is not described"),
            (judged(("POST", "/api/v1/auth/logout"), 204, &[], "x"), "no body is described"),
            (judged(("GET", "/api/v1/nowhere"), 200, JSON, "{}"), "answers 404"),
            (judged(("PUT", "/api/v1/me"), 200, JSON, "{}"), "answers 405"),
            (
                judged(("PUT", "/api/v1/me"), 405, &REFUSAL[..1], &problem(405, "method_not_allowed")),
                "Allow names",
            ),
            (judged(me, 200, &[JSON[0], ("set-cookie", "a=b")], &user), "header set-cookie is not described"),
            (
                judged(("GET", "/api/v1/nowhere"), 404, REFUSAL, &problem(404, "not_found")),
                "www-authenticate",
            ),
        ] {
            assert!(found.contains(words), "{words}: {found}");
        }
    }

    #[test]
    fn what_was_granted_was_described() {
        let headers: HeaderMap = [("content-type", "application/json"), ("x-request-id", "r")]
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        let body = user().to_string();
        let granted = |path: &str, sent: &str| {
            let (sent, body) = (Some(sent.as_bytes()), Some(body.as_bytes()));
            let given = Given { method: "PATCH", path, sent, status: 200, headers: &headers, body };
            Description::of_the_code().check(&given)
        };
        assert_eq!(granted("/api/v1/me", r#"{"display_name":"B"}"#), Ok(()));
        assert!(
            granted("/api/v1/me", r#"{"display_name":"B","role":"admin"}"#).unwrap_err().contains("role")
        );
        assert!(granted("/api/v1/me", r#"{"display_name":""}"#).unwrap_err().contains("granted, but sent"));
        assert!(granted("/api/v1/me?loud=1", "{}").unwrap_err().contains("loud"));
    }

    #[test]
    fn lists_and_what_stands_in_them_are_closed() {
        let money = json!({ "amount": "2500.00", "currency": "NGN" });
        let mut sale = json!({
            "order_id": "ord_0", "product": { "id": "prd_0", "title": "t" }, "buyer_email_masked": "a***@b.example",
            "gross": money, "fee": money, "net": money, "status": "paid", "paid_at": "2026-11-23T06:00:00Z",
        });
        let check = |sale: &Value| {
            let list = json!({ "items": [sale], "next_cursor": null });
            judged(("GET", "/api/v1/creator/sales"), 200, JSON, &list.to_string())
        };
        assert_eq!(check(&sale), "ok");
        sale["gross"]["amount"] = 2500.into();
        assert!(check(&sale).contains("/items/0/gross/amount"));
        sale["gross"] = json!({ "amount": "2500.00", "currency": "NGN", "minor": 250_000 });
        assert!(check(&sale).contains("minor"));
    }

    /// A server that answers one request with this body.
    async fn answering(body: &'static str) -> Client {
        answering_as("application/json", body).await
    }

    #[expect(clippy::disallowed_methods, reason = "the server of a test runs beside it")]
    async fn answering_as(kind: &'static str, body: &'static str) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nx-request-id: r\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            connection.write_all(answer.as_bytes()).await.unwrap();
        });
        Client::new(&base).with_judge(Description::judge)
    }

    #[tokio::test]
    async fn an_answer_as_described_is_handed_on() {
        let client = answering(r#"{"status":"live"}"#).await;
        client.get("/health/live").send().await.expect(200);
    }

    #[tokio::test]
    #[should_panic(expected = "not as described: GET /health/live: 200")]
    async fn no_test_gets_an_answer_that_is_not_as_described() {
        answering(r#"{"status":"live","pid":1}"#).await.get("/health/live").send().await;
    }

    #[tokio::test]
    #[should_panic(expected = "not as described: GET /api/v1/products: 200")]
    async fn nor_one_whose_head_alone_is_looked_at() {
        let client = answering_as("text/plain", "{}").await;
        client.get("/api/v1/products").open().await;
    }
}
