//! JSON bodies, read strictly.
//!
//! Guarantees: another content type, charset or encoding is 415; too many bytes are 413 and reading stops;
//! what is not JSON is 400 `malformed_json`; JSON of another shape (an unknown, missing, repeated or mistyped
//! field, `null` for a value) is 422 and names the field. No message repeats what was sent.
//!
//! Called by: the dispatch, before a handler runs.

use crate::{
    headers::Headers,
    problem::Problem,
    request::{Body, BodyError},
};
use bytes::Bytes;
use marketplace_core::error::FieldError;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// Reads the bytes of a body that must be JSON.
pub(crate) async fn read(headers: &Headers, body: Body, max: usize) -> Result<Bytes, Problem> {
    check_json_type(headers)?;
    let bytes = read_raw(headers, body, max).await?;
    check_syntax(&bytes)?;
    Ok(bytes)
}

/// Reads a body that may be absent or `{}`.
pub(crate) async fn read_none(headers: &Headers, body: Body) -> Result<(), Problem> {
    let bytes = read_raw(headers, body, 4096).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    check_json_type(headers)?;
    check_syntax(&bytes)?;
    typed::<Nothing>(&bytes).map(|_| ())
}

/// Reads the bytes of a body, whatever they are.
pub(crate) async fn read_raw(headers: &Headers, body: Body, max: usize) -> Result<Bytes, Problem> {
    let announced = headers.get("content-length").and_then(|length| length.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > u64::try_from(max).unwrap_or(u64::MAX)) {
        return Err(too_large());
    }
    body.read(max).await.map_err(|error| match error {
        BodyError::TooLarge => too_large(),
        BodyError::Broken(_) => Problem::new(400, "body_broken_off", "the body broke off"),
    })
}

fn too_large() -> Problem {
    Problem::new(413, "payload_too_large", "the body is larger than allowed")
}

/// The value of a body that was read.
pub(crate) fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer);
    read.map(|object| object.0).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Problem::invalid(vec![wrong_shape(&path, &error.into_inner().to_string())])
    })
}

/// For an optional field that has no `null`: absent is `None`, present must be a value.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A value that is written as an object. Derived structs would take an array of their fields, too.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_map(Fields(PhantomData)).map(Self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn check_syntax(bytes: &[u8]) -> Result<(), Problem> {
    let malformed = || Problem::new(400, "malformed_json", "the body is not JSON in UTF-8");
    std::str::from_utf8(bytes).map_err(|_| malformed())?;
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|_| malformed())?;
    Ok(())
}

/// What serde says of a wrong shape, in our words. Its own text would repeat what was sent.
fn wrong_shape(path: &str, said: &str) -> FieldError {
    let named = |name: &str| {
        let name: String = name.chars().take(100).collect();
        if path.is_empty() { name } else { format!("{path}.{name}") }
    };
    let quoted = || said.split('`').nth(1).unwrap_or_default();
    if said.starts_with("unknown field") {
        // The path already leads to it.
        let path: String = path.chars().take(200).collect();
        FieldError::new(path, "unknown_field", "this field is not known here")
    } else if said.starts_with("missing field") {
        FieldError::new(named(quoted()), "required", "this field is required")
    } else if said.starts_with("duplicate field") {
        FieldError::new(named(quoted()), "duplicate_field", "this field occurs twice")
    } else if said.starts_with("unknown word") {
        FieldError::new(path, "invalid", "this is none of the possible words")
    } else {
        FieldError::new(path, "wrong_type", "this value has another type or form")
    }
}

/// `application/json`, in UTF-8, not packed.
fn check_json_type(headers: &Headers) -> Result<(), Problem> {
    check_not_packed(headers)?;
    let refuse = || Problem::new(415, "unsupported_media_type", "the body must be application/json in UTF-8");
    let given = headers.single("content-type").map_err(|_| refuse())?.ok_or_else(refuse)?;
    let mut parts = given.split(';');
    if !parts.next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(refuse());
    }
    for parameter in parts {
        let (name, value) = parameter.split_once('=').ok_or_else(refuse)?;
        let value = value.trim().trim_matches('"');
        if !name.trim().eq_ignore_ascii_case("charset") || !value.eq_ignore_ascii_case("utf-8") {
            return Err(refuse());
        }
    }
    Ok(())
}

/// No `Content-Encoding`: packed bodies would grow behind every limit.
pub(crate) fn check_not_packed(headers: &Headers) -> Result<(), Problem> {
    if headers.get_all("content-encoding").all(|coding| coding.trim().eq_ignore_ascii_case("identity")) {
        return Ok(());
    }
    Err(Problem::new(415, "unsupported_media_type", "the body must not be packed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::ResponseBody;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape is tested")]
    struct Sample {
        title: String,
        #[serde(default, deserialize_with = "present")]
        note: Option<String>,
        #[serde(default)]
        items: Vec<Object<Inner>>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the shape is tested")]
    struct Inner {
        amount: String,
    }

    async fn outcome(content_type: &str, body: &'static str) -> Result<(), (u16, String)> {
        let headers: Headers = [("content-type", content_type)].into_iter().collect();
        let read = async { typed::<Sample>(&read(&headers, Body::from(body), 200).await?) };
        read.await.map(|_| ()).map_err(|problem: Problem| {
            let answer = problem.into_response("r");
            let ResponseBody::Bytes(bytes) = answer.body else { panic!("no body") };
            let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let first = &body["errors"][0];
            let said = match first["field"].as_str() {
                Some(field) => format!("{field} {}", first["code"].as_str().unwrap()),
                None => body["code"].as_str().unwrap().to_owned(),
            };
            (answer.status, said)
        })
    }

    #[tokio::test]
    async fn every_wrong_body_has_its_answer() {
        let json = "application/json";
        for (kind, body, expected) in [
            (json, r#"{"title":"x"}"#, Ok(())),
            ("Application/JSON; charset=\"UTF-8\"", r#"{"title":"x","note":"y"}"#, Ok(())),
            ("application/json; charset=utf-16", "{}", Err((415, "unsupported_media_type"))),
            ("application/json; q=1", "{}", Err((415, "unsupported_media_type"))),
            ("text/plain", "{}", Err((415, "unsupported_media_type"))),
            ("application/x-www-form-urlencoded", "a=b", Err((415, "unsupported_media_type"))),
            (json, "", Err((400, "malformed_json"))),
            (json, "{", Err((400, "malformed_json"))),
            (json, r#"{"title":NaN}"#, Err((400, "malformed_json"))),
            (json, r#"{"title":"x"} x"#, Err((400, "malformed_json"))),
            (json, "\u{feff}{}", Err((400, "malformed_json"))),
            (json, r#"{"title":1e400}"#, Err((422, "title wrong_type"))),
            (json, r#"{"title":"\ud800"}"#, Err((422, "title wrong_type"))),
            (json, r#"{"title":"x","note":null}"#, Err((422, "note wrong_type"))),
            (json, "{}", Err((422, "title required"))),
            (json, "[]", Err((422, " wrong_type"))),
            (json, "1", Err((422, " wrong_type"))),
            (json, r#"["x"]"#, Err((422, " wrong_type"))),
            (json, r#"{"title":"x","items":[["1"]]}"#, Err((422, "items[0] wrong_type"))),
            (json, r#"{"title":"x","is_admin":true}"#, Err((422, "is_admin unknown_field"))),
            (json, r#"{"title":"x","title":"y"}"#, Err((422, "title duplicate_field"))),
            (
                json,
                r#"{"title":"x","items":[{"amount":"1"},{"amount":1}]}"#,
                Err((422, "items[1].amount wrong_type")),
            ),
            (json, r#"{"title":"x","items":[{}]}"#, Err((422, "items[0].amount required"))),
            (json, r#"{"title":"x","items":[{"a":1}]}"#, Err((422, "items[0].a unknown_field"))),
        ] {
            let got = outcome(kind, body).await;
            assert_eq!(
                got,
                expected.map_err(|(status, said): (u16, &str)| (status, said.to_owned())),
                "{body}"
            );
        }
        let long: &'static str = Box::leak(" ".repeat(201).into_boxed_str());
        assert_eq!(outcome(json, long).await, Err((413, "payload_too_large".to_owned())));
    }

    #[tokio::test]
    async fn a_deep_body_is_read_flat() {
        let deep: &'static str = Box::leak(format!("{}{}", "[".repeat(99), "]".repeat(99)).into_boxed_str());
        assert_eq!(outcome("application/json", deep).await, Err((422, " wrong_type".to_owned())));
    }

    #[tokio::test]
    async fn nothing_means_nothing_or_an_empty_object() {
        let json: Headers = [("content-type", "application/json")].into_iter().collect();
        let plain = Headers::new();
        let status = |result: Result<(), Problem>| result.map_err(|problem| problem.status());
        assert_eq!(status(read_none(&plain, Body::empty()).await), Ok(()));
        assert_eq!(status(read_none(&json, Body::from("{}")).await), Ok(()));
        assert_eq!(status(read_none(&plain, Body::from("{}")).await), Err(415));
        assert_eq!(status(read_none(&json, Body::from("{")).await), Err(400));
        assert_eq!(status(read_none(&json, Body::from("[]")).await), Err(422));
        assert_eq!(status(read_none(&json, Body::from(r#"{"a":1}"#)).await), Err(422));
        let packed: Headers =
            [("content-type", "application/json"), ("content-encoding", "gzip")].into_iter().collect();
        assert_eq!(status(read_none(&packed, Body::from("{}")).await), Err(415));
    }
}
