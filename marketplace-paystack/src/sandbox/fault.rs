//! Calls that fail, and answers that are not as they should be.
//!
//! Guarantees that each fault says whether the call it hits is executed. A connection breaks only on a server that
//! looks at [`TwinResponse::ending`], as `serve` does; one that is refused is not among them, because then nothing
//! is asked. Callers: `control` orders them, `api` applies them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::TwinResponse;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Not executed: this status, with a JSON error body.
    Status(u16),
    /// Not executed: 502 with an HTML page, as from the edge.
    Html,
    /// Not executed: 200 with a JSON content type and no body.
    EmptyJson,
    /// Not executed: 404 with a JSON content type and no body.
    EmptyNotFound,
    /// Not executed: 429, whatever the limit is.
    RateLimited,
    /// Not executed: the connection is closed once the request was read.
    Closed,
    /// Not executed: the connection is reset once the request was read.
    Reset,
    /// Executed, then the connection is closed.
    ClosedAfterCommit,
    /// Executed, then the connection is reset.
    ResetAfterCommit,
    /// Executed, then 504 with an HTML page.
    TimeoutAfterCommit,
    /// Executed, then no answer until [`Control::release_hanging`](super::Control::release_hanging), then 504.
    HangAfterCommit,
    /// Executed, then no answer until [`Control::release_hanging`](super::Control::release_hanging), then the
    /// right one.
    Late,
    /// Executed, and the answer breaks off in its middle.
    Truncated,
    /// Executed, and `data.status` is a word that nobody has heard of.
    UnknownStatus,
    /// Executed, and the answer has members that nobody has heard of.
    ExtraFields,
    /// Executed, and every `domain` in the answer is that of the other mode.
    OtherMode,
}

/// The answer, cut in the middle.
pub(super) fn truncated(mut answer: TwinResponse) -> TwinResponse {
    let half = answer.body.len() / 2;
    answer.body.truncate(half);
    answer
}

/// The answer, with an unheard-of word for the status of its object or its rows.
pub(super) fn with_unknown_status(answer: TwinResponse) -> TwinResponse {
    rewritten(answer, |object| {
        if object.get("status").is_some_and(Value::is_string) {
            set(object, "status", json!("somewhere-else"));
        }
    })
}

/// The answer, with unheard-of members in its object or its rows.
pub(super) fn with_extra_fields(answer: TwinResponse) -> TwinResponse {
    rewritten(answer, |object| {
        set(object, "a_new_flag", json!(true));
        set(object, "a_new_object", json!({"deep": [null, {"er": "x"}]}));
    })
}

/// The answer, as one of the other mode.
pub(super) fn of_the_other_mode(answer: TwinResponse) -> TwinResponse {
    rewritten(answer, turn_domains)
}

fn turn_domains(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some("test") if name == "domain" => *member = json!("live"),
                    Some("live") if name == "domain" => *member = json!("test"),
                    _ => turn_domains(member),
                }
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(turn_domains),
        _ => {}
    }
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn rewritten(mut answer: TwinResponse, change: impl Fn(&mut Value)) -> TwinResponse {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return answer;
    };
    match body.get_mut("data") {
        Some(Value::Array(rows)) => rows.iter_mut().for_each(change),
        Some(object) => change(object),
        None => {}
    }
    answer.body = body.to_string().into_bytes();
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{of_the_other_mode, truncated, with_extra_fields, with_unknown_status};
    use crate::sandbox::http::TwinResponse;

    fn body(answer: &TwinResponse) -> Value {
        serde_json::from_slice(&answer.body).unwrap()
    }

    #[test]
    fn answers_are_rewritten_in_their_data() {
        let one = || TwinResponse::json(200, &json!({"status": true, "data": {"status": "success", "a": 1}}));
        let rows = TwinResponse::json(200, &json!({"status": true, "data": [{"status": "success"}, {}]}));
        let bare = TwinResponse::json(400, &json!({"status": false}));
        let expected = json!({"status": true, "data": {"status": "somewhere-else", "a": 1}});
        assert_eq!(body(&with_unknown_status(one())), expected);
        let expected = json!({"status": true, "data": [{"status": "somewhere-else"}, {}]});
        assert_eq!(body(&with_unknown_status(rows)), expected);
        assert_eq!(body(&with_unknown_status(bare)), json!({"status": false}));
        assert_eq!(body(&with_extra_fields(one()))["data"]["a_new_flag"], true);
        assert!(serde_json::from_slice::<Value>(&truncated(one()).body).is_err());
        let nested =
            json!({"domain": "test", "transaction": {"domain": "live"}, "rows": [{"domain": "test"}]});
        let turned = of_the_other_mode(TwinResponse::json(200, &json!({"domain": "test", "data": nested})));
        let expected =
            json!({"domain": "live", "transaction": {"domain": "test"}, "rows": [{"domain": "live"}]});
        assert_eq!(body(&turned), json!({"domain": "test", "data": expected}));
    }
}
