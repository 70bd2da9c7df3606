//! Lists of Paystack, page by page.
//!
//! Guarantees: a row that cannot be read is left out and logged by its field and id, and never fails its
//! page; a page is the one that was asked for; counts are 64 bits wide; a list ends where Paystack says so,
//! or with a page that is not full where it says nothing, and an empty page is always the end; what lies
//! outside a window is not in it, however Paystack reads the window's ends.
//!
//! Does not: hold a list still. A row that is added while a list is read may push another one over to the
//! next page, where it is seen twice.
//!
//! Called by: `collect`, `refunds`, `disputes`.

use crate::{
    client::Paystack,
    failure::{Effect, not_sent},
    wire::{self, Field},
};
use marketplace_core::{
    payment::{GatewayError, Listing, Window},
    time::Timestamp,
};
use serde_json::Value;
use std::fmt;

/// Rows of a page: as many as Paystack gives when nothing is asked, so that another spelling of the parameter
/// (its specification has two) changes nothing.
const ROWS: usize = 50;

/// Both spellings of the time at which something was begun.
const BEGUN: [&str; 2] = ["created_at", "createdAt"];

/// The number of a page, from one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Page(u64);

impl Page {
    pub(crate) const FIRST: Self = Self(1);

    /// The page that an earlier answer named, or the first.
    fn named(page: Option<String>) -> Result<Self, GatewayError> {
        let Some(text) = page else {
            return Ok(Self::FIRST);
        };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| plain && *number > 0);
        number.map(Self).ok_or_else(|| not_sent("the page is none of paystack's"))
    }

    /// The page after this one, if there is one.
    fn next(self, meta: &Value, rows: usize) -> Result<Option<Self>, GatewayError> {
        if let Field::Is(page) = wire::number(meta, "page")
            && page != self.0
        {
            // Else a gateway that forgot the number would tell the first page for ever.
            return Err(Effect::Reads.unread("meta.page"));
        }
        let more = match wire::number(meta, "pageCount") {
            Field::Is(pages) => self.0 < pages,
            Field::Absent | Field::Unreadable => rows >= ROWS,
        };
        Ok(if more && rows > 0 { self.0.checked_add(1).map(Self) } else { None })
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Paystack {
    /// A page of rows, and the next one.
    pub(crate) async fn page(
        &self,
        path: &[&str],
        page: Page,
        filter: &[(&'static str, &str)],
    ) -> Result<(Vec<Value>, Option<Page>), GatewayError> {
        let (rows, number) = (ROWS.to_string(), page.to_string());
        let mut query = filter.to_vec();
        query.extend([("perPage", rows.as_str()), ("page", number.as_str())]);
        let answer = self.get_page(path, &query).await?;
        let Value::Array(rows) = answer.data else {
            return Err(Effect::Reads.unread("data"));
        };
        let next = page.next(&answer.meta, rows.len())?;
        Ok((rows, next))
    }

    /// A page of what was begun in a window, without what cannot be read.
    pub(crate) async fn window<T: Send>(
        &self,
        path: &[&str],
        window: Window,
        page: Option<String>,
        read: fn(&Value) -> Result<T, &'static str>,
    ) -> Result<Listing<T>, GatewayError> {
        let page = Page::named(page)?;
        let (from, to) = wire_window(window);
        let (rows, next) = self.page(path, page, &[("from", &from), ("to", &to)]).await?;
        let within = rows.iter().filter(|row| is_within(window, row));
        let items = within.filter_map(|row| read_or_skip(row, read)).collect();
        Ok(Listing { items, next: next.map(|page| page.to_string()) })
    }
}

/// The ends of a window in milliseconds, which is all that Paystack keeps: down at the beginning and up at
/// the end.
fn wire_window(window: Window) -> (String, String) {
    let millis = |at: Timestamp| at.as_micros().div_euclid(1000);
    let text = |millis: i64| Timestamp::from_micros(millis.saturating_mul(1000)).to_string();
    let until = window.until.as_micros().saturating_add(999);
    (text(millis(window.from)), text(millis(Timestamp::from_micros(until))))
}

/// What says nothing of its beginning counts as within: Paystack chose it.
fn is_within(window: Window, row: &Value) -> bool {
    begun(row).is_none_or(|begun| window.from <= begun && begun < window.until)
}

fn read_or_skip<T>(row: &Value, read: fn(&Value) -> Result<T, &'static str>) -> Option<T> {
    read(row).map_err(|field| skipped(row, field)).ok()
}

/// Says which row is left out, and why.
pub(crate) fn skipped(row: &Value, field: &'static str) {
    let id = wire::id(row).unwrap_or_else(|| "unreadable".to_owned());
    tracing::warn!(target: "marketplace::paystack", field, id, "a row of a list cannot be read and is left out");
}

/// When a row was begun.
pub(crate) fn begun(row: &Value) -> Option<Timestamp> {
    wire::moment(row, &BEGUN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::payment::GatewayErrorKind;
    use serde_json::json;

    fn next(page: u64, meta: &Value, rows: usize) -> Result<Option<u64>, GatewayErrorKind> {
        let next = Page(page).next(meta, rows);
        next.map(|page| page.map(|page| page.0)).map_err(|error| error.kind)
    }

    #[test]
    fn the_end_is_where_paystack_says_or_where_a_page_is_not_full() {
        for (page, meta, rows, expected) in [
            (1, json!({"total": 120, "skipped": 0, "perPage": 50, "page": 1, "pageCount": 3}), 50, Some(2)),
            (3, json!({"total": 120, "perPage": "50", "page": 3, "pageCount": 3}), 20, None),
            (1, json!({"page": "1", "pageCount": "2"}), 50, Some(2)),
            (
                65_536,
                json!({"total": 6_617_829_946_u64, "page": 65_536, "pageCount": 132_356_599}),
                50,
                Some(65_537),
            ),
            (2, json!({"page": 2, "pageCount": 9}), 0, None),
            (1, json!({"page": 1, "pageCount": 2}), 7, Some(2)),
            (1, json!({}), 50, Some(2)),
            (1, json!({}), 49, None),
            (1, json!(null), 50, Some(2)),
            (1, json!({"next": "null", "previous": "null", "perPage": 50}), 3, None),
            (1, json!({"page": null, "pageCount": null}), 50, Some(2)),
            (u64::MAX, json!({"pageCount": "odd"}), 50, None),
        ] {
            assert_eq!(next(page, &meta, rows), Ok(expected), "{page} {meta}");
        }
        assert_eq!(next(2, &json!({"page": 1, "pageCount": 9}), 50), Err(GatewayErrorKind::Malformed));
    }

    #[test]
    fn pages_are_named_by_numbers() {
        assert_eq!(Page::named(None).unwrap(), Page::FIRST);
        assert_eq!(Page::named(Some("70000".to_owned())).unwrap(), Page(70_000));
        for wrong in ["", "0", "-1", "+1", " 1", "1&x=y", "one", "99999999999999999999"] {
            let refused = Page::named(Some(wrong.to_owned())).unwrap_err();
            assert_eq!(refused.kind, GatewayErrorKind::InvalidRequest, "{wrong}");
        }
    }

    #[test]
    fn windows_are_widened_to_milliseconds_and_cut_again() {
        let at = |text: &str| text.parse().unwrap();
        let window = Window { from: at("2026-08-22T09:00:00.0015Z"), until: at("2026-08-22T10:00:00.0001Z") };
        assert_eq!(
            wire_window(window),
            ("2026-08-22T09:00:00.001Z".to_owned(), "2026-08-22T10:00:00.001Z".to_owned())
        );
        let whole = Window { from: at("2026-08-22T09:00:00Z"), until: at("2026-08-22T10:00:00Z") };
        assert_eq!(
            wire_window(whole),
            ("2026-08-22T09:00:00Z".to_owned(), "2026-08-22T10:00:00Z".to_owned())
        );
        for (row, within) in [
            (json!({"created_at": "2026-08-22T09:00:00.000Z"}), true),
            (json!({"createdAt": "2026-08-22T09:59:59.999Z"}), true),
            (json!({"createdAt": "2026-08-22T10:00:00.000Z"}), false),
            (json!({"created_at": "2026-08-22T08:59:59.999Z"}), false),
            (json!({"created_at": null}), true),
            (json!({}), true),
        ] {
            assert_eq!(is_within(whole, &row), within, "{row}");
        }
    }
}
