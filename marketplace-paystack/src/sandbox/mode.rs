//! Play money or real: the two sides of an account at Paystack, which know nothing of each other.
//!
//! Guarantees that whatever leaves an account of live mode says `live`, answers and webhooks alike: it is said in this
//! one place, so that no object can be forgotten. What a client sent as `metadata` is left as it is. No money moves in
//! either. Callers: `builder` chooses, `api`, `desk`, `access` and `webhook` ask.

use serde_json::{Value, json};

use super::http::TwinResponse;
use super::wire;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Test,
    Live,
}

impl Mode {
    /// How a secret key of this mode begins.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Test => "sk_test_",
            Self::Live => "sk_live_",
        }
    }

    /// The calls of a minute that are announced when no other limit is set.
    pub(super) const fn announced_limit(self) -> u32 {
        match self {
            Self::Test => 100,
            Self::Live => 600,
        }
    }

    /// An answer as it leaves the account.
    pub(super) fn tell(self, mut answer: TwinResponse) -> TwinResponse {
        if self == Self::Live
            && let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
        {
            say_live(&mut body);
            answer.body = body.to_string().into_bytes();
        }
        answer
    }

    /// The text of a webhook as it leaves the account.
    pub(super) fn tell_hook(self, name: &str, body: &str) -> String {
        if self == Self::Test {
            return body.to_owned();
        }
        let mut body: Value = serde_json::from_str(body).unwrap_or_default();
        say_live(&mut body);
        wire::event(name, body.get_mut("data").map(Value::take).unwrap_or_default())
    }
}

fn say_live(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "metadata" => {}
                    "domain" if member.is_string() => *member = json!("live"),
                    "is_live" if member.is_boolean() => *member = json!(true),
                    _ => say_live(member),
                }
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(say_live),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Mode, TwinResponse};

    #[test]
    fn everything_that_leaves_a_live_account_says_so() {
        let told = |live: &str| {
            json!({
                "domain": live, "metadata": {"domain": "test"}, "rows": [{"domain": live}],
                "integration": {"is_live": live == "live"}
            })
        };
        let answer = TwinResponse::json(200, &json!({"data": told("test")}));
        assert_eq!(Mode::Test.tell(answer.clone()), answer);
        assert_eq!(Mode::Live.tell(answer), TwinResponse::json(200, &json!({"data": told("live")})));
        let hook = crate::sandbox::wire::event("a.b", told("test"));
        assert_eq!(Mode::Test.tell_hook("a.b", &hook), hook);
        assert_eq!(Mode::Live.tell_hook("a.b", &hook), crate::sandbox::wire::event("a.b", told("live")));
        let empty = TwinResponse::empty_json(200);
        assert_eq!(Mode::Live.tell(empty.clone()), empty);
    }
}
