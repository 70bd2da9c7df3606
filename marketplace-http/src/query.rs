//! Query strings, read strictly, and the pages of lists.
//!
//! Guarantees: an unknown, repeated or undecodable parameter is 422; a page has 1 to 100 rows, 20 if nothing
//! is said; a cursor is opaque and one that was not given out here is 422.
//!
//! Called by: the dispatch (reads), list handlers (pages and cursors).

use crate::problem::Problem;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use marketplace_core::{
    error::FieldError,
    page::{Listed, Page},
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which parameters a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// These, each once at most; any other is refused.
    Only(&'static [&'static str]),
    /// Any: pages to which others lead append parameters of their own.
    Any,
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what follows the `?`.
    pub(crate) fn read(raw: Option<&str>, accepts: Accepts) -> Result<Self, Problem> {
        let mut read = Self::default();
        let mut wrong = Vec::new();
        for pair in raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value), accepts) {
                (Some(name), Some(value), Accepts::Any) => read.0.push((name, value)),
                (_, _, Accepts::Any) => {}
                (Some(name), _, Accepts::Only(known)) if !known.contains(&name.as_str()) => {
                    let name: String = name.chars().take(100).collect();
                    wrong.push(FieldError::new(
                        name,
                        "unknown_parameter",
                        "this parameter is not known here",
                    ));
                }
                (Some(name), _, _) if read.get(&name).is_some() => {
                    wrong.push(FieldError::new(name, "duplicate_parameter", "this parameter occurs twice"));
                }
                (Some(name), Some(value), _) => read.0.push((name, value)),
                (name, ..) => {
                    let name = name.unwrap_or_default();
                    wrong.push(FieldError::new(name, "invalid", "this is not UTF-8 in percent encoding"));
                }
            }
        }
        if wrong.is_empty() { Ok(read) } else { Err(Problem::invalid(wrong)) }
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The page that `limit` and `cursor` ask for.
    pub(crate) fn page(&self) -> Result<Page, Problem> {
        self.page_by(|bytes| Uuid::from_slice(bytes).ok()).map(|(limit, before)| Page { limit, before })
    }

    /// The same with a cursor of the list's own form.
    pub(crate) fn page_by<C>(&self, read: impl Fn(&[u8]) -> Option<C>) -> Result<(u32, Option<C>), Problem> {
        let mut wrong = Vec::new();
        let limit = match self.get("limit") {
            None => 20,
            Some(text) => read_limit(text).unwrap_or_else(|| {
                wrong.push(FieldError::new("limit", "invalid", "a page has 1 to 100 rows"));
                1
            }),
        };
        let before = self.get("cursor").and_then(|text| {
            let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| read(&bytes));
            if cursor.is_none() {
                wrong.push(FieldError::new("cursor", "invalid", "this cursor was not given out here"));
            }
            cursor
        });
        if wrong.is_empty() { Ok((limit, before)) } else { Err(Problem::invalid(wrong)) }
    }
}

/// Plus is a blank; `None` for broken escapes and for what is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let plain = text.replace('+', " ");
    decode_percent(&plain)
}

/// Percent escapes undone; `None` for broken ones and for what is not UTF-8.
pub(crate) fn decode_percent(text: &str) -> Option<String> {
    let whole = text
        .split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    if !whole {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn read_limit(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| plain && (1..=Page::MAX).contains(limit))
}

fn write_cursor(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// A list on the wire.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListView<T> {
    items: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required, examples("AZqzxF1uf4CQobLD1OX2Cw"))]
    next_cursor: Option<String>,
}

impl<T> ListView<T> {
    /// A part of a list, its rows shown by `show`.
    pub(crate) fn of<U>(listed: Listed<U>, show: impl FnMut(U) -> T) -> Self {
        Self {
            items: listed.items.into_iter().map(show).collect(),
            next_cursor: listed.next.map(write_cursor),
        }
    }

    /// The same with a cursor of the list's own form.
    pub(crate) fn with_cursor(items: Vec<T>, next: Option<impl AsRef<[u8]>>) -> Self {
        Self { items, next_cursor: next.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Accepts = Accepts::Only(&["q", "limit", "cursor"]);

    #[test]
    fn only_known_parameters_once() {
        let query = Query::read(Some("q=a+b%20%26&limit=5&"), KNOWN).unwrap();
        assert_eq!(query.get("q"), Some("a b &"));
        for wrong in ["x=1", "q=1&q=2", "q=%zz", "q=%", "q=%ff", "%71=1&q=2", "limit=1&limit=1"] {
            assert_eq!(Query::read(Some(wrong), KNOWN).unwrap_err().status(), 422, "{wrong}");
        }
        let loose = Query::read(Some("reference=a&reference=b&x=%zz"), Accepts::Any).unwrap();
        assert_eq!(loose.get("reference"), Some("a"));
    }

    #[test]
    fn pages_have_bounds_and_cursors_round_trip() {
        let page = |text: &str| Query::read(Some(text), KNOWN).unwrap().page();
        assert_eq!(page(""), Ok(Page::first(20)));
        let id = Uuid::from_u128(7);
        let cursor = write_cursor(id);
        assert_eq!(page(&format!("limit=100&cursor={cursor}")), Ok(Page { limit: 100, before: Some(id) }));
        for wrong in
            ["limit=0", "limit=101", "limit=-1", "limit=+1", "limit=1.0", "limit=", "cursor=", "cursor=x'--"]
        {
            assert_eq!(page(wrong).unwrap_err().status(), 422, "{wrong}");
        }
    }
}
