//! Pages of lists: by number, and by cursor.
//!
//! Guarantees the two forms of `meta` that Paystack documents, and that a walk by cursor sees every row that
//! was there when it began once, whatever is added meanwhile. Rows come in the caller's order. Callers: every
//! endpoint that lists.

use serde_json::{Value, json};

use super::fields::Fields;
use super::refusal::{self, Refusal};

const DEFAULT_SIZE: u64 = 50;

/// Which page is wanted.
pub(super) struct Paging {
    size: u64,
    place: Place,
}

enum Place {
    /// Counted from one.
    Page(u64),
    /// After the row with this id, or from the beginning.
    After(Option<u64>),
    /// Before the row with this id.
    Before(u64),
}

/// Rows with the ids that cursors name.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    pub(super) meta: Value,
}

impl Paging {
    /// `most` is the largest page that the endpoint gives.
    pub(super) fn read(query: &Fields, most: u64) -> Result<Self, Refusal> {
        let size = query.number("perPage").or_else(|| query.number("per_page"));
        let size = size.filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE).min(most);
        let place = if let Some(cursor) = query.text("next") {
            Place::After(Some(id_of(&cursor)?))
        } else if let Some(cursor) = query.text("previous") {
            Place::Before(id_of(&cursor)?)
        } else if query.flag("use_cursor") {
            Place::After(None)
        } else {
            Place::Page(query.number("page").filter(|page| *page > 0).unwrap_or(1))
        };
        Ok(Self { size, place })
    }

    pub(super) fn by_cursor(&self) -> bool {
        !matches!(self.place, Place::Page(_))
    }

    /// Cuts the page out of all rows.
    pub(super) fn cut<T>(&self, all: Vec<(u64, T)>) -> Page<T> {
        let size = count(self.size);
        let at = |id: u64| all.iter().position(|(row, _)| *row == id);
        let start = match self.place {
            Place::Page(page) => count(page.saturating_sub(1)).saturating_mul(size),
            Place::After(None) => 0,
            Place::After(Some(id)) => at(id).map_or(all.len(), |index| index.saturating_add(1)),
            Place::Before(id) => at(id).unwrap_or(0).saturating_sub(size),
        };
        let end = match self.place {
            Place::Before(id) => at(id).unwrap_or(0),
            _ => start.saturating_add(size),
        };
        let total = all.len();
        let (first, last) = (all.get(start), all.get(end.min(total).saturating_sub(1)));
        let meta = if self.by_cursor() {
            let next = last.filter(|_| (1..total).contains(&end)).map(|(id, _)| cursor(*id));
            let previous = first.filter(|_| start > 0).map(|(id, _)| cursor(*id));
            json!({"next": next, "previous": previous, "perPage": self.size})
        } else {
            let page = if let Place::Page(page) = self.place { page } else { 1 };
            let skipped = self.size.saturating_mul(page.saturating_sub(1));
            let pages = u64::try_from(total).unwrap_or(u64::MAX).div_ceil(self.size);
            json!({
                "total": total, "skipped": skipped, "perPage": self.size, "page": page, "pageCount": pages
            })
        };
        let rows = all.into_iter().skip(start).take(end.saturating_sub(start)).map(|(_, row)| row).collect();
        Page { rows, meta }
    }
}

impl<T> Page<T> {
    /// Adds a member to `meta` where pages have numbers.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        let numbered = self.meta.get("total").is_some();
        if let Some(meta) = self.meta.as_object_mut().filter(|_| numbered) {
            meta.insert(name.to_owned(), value);
        }
        self
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Opaque to clients.
fn cursor(id: u64) -> String {
    hex::encode(format!("id:{id}"))
}

fn id_of(cursor: &str) -> Result<u64, Refusal> {
    let text = hex::decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.as_deref().and_then(|text| text.strip_prefix("id:")).and_then(|id| id.parse().ok());
    id.ok_or(refusal::INVALID_PARAMS)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Paging;
    use crate::sandbox::fields::Fields;
    use crate::sandbox::http::TwinRequest;

    fn cut(query: &str, rows: u64) -> (Vec<u64>, Value) {
        let request = TwinRequest { query: Some(query.into()), ..Default::default() };
        let paging = Paging::read(&Fields::of_query(&request), 100).unwrap();
        let page = paging.cut((1..=rows).rev().map(|id| (id, id)).collect());
        (page.rows, page.meta)
    }

    #[test]
    fn numbered_pages() {
        let (rows, meta) = cut("perPage=2&page=2", 5);
        assert_eq!(rows, [3, 2]);
        assert_eq!(meta, json!({"total": 5, "skipped": 2, "perPage": 2, "page": 2, "pageCount": 3}));
        assert_eq!(cut("perPage=2&page=4", 5).0, Vec::<u64>::new());
        assert_eq!(cut("", 60).0.len(), 50, "the default");
        assert_eq!(cut("perPage=0", 60).0.len(), 50);
        assert_eq!(cut("per_page=500", 200).0.len(), 100, "the most");
        let (rows, meta) = cut("", 0);
        assert_eq!((rows.len(), &meta["pageCount"], &meta["total"]), (0, &json!(0), &json!(0)));
    }

    #[test]
    fn a_walk_by_cursor_misses_nothing_and_ends() {
        let mut seen = Vec::new();
        let mut query = "use_cursor=true&perPage=2".to_owned();
        let mut rows = 5;
        loop {
            let (page, meta) = cut(&query, rows);
            seen.extend(page);
            let Some(next) = meta["next"].as_str() else {
                assert_eq!(meta["next"], json!(null));
                break;
            };
            query = format!("use_cursor=true&perPage=2&next={next}");
            rows += 1;
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
    }

    #[test]
    fn back_by_cursor() {
        let (_, meta) = cut("use_cursor=true&perPage=2", 5);
        assert_eq!(meta["previous"], json!(null));
        let next = meta["next"].as_str().unwrap().to_owned();
        let (rows, meta) = cut(&format!("use_cursor=true&perPage=2&next={next}"), 5);
        assert_eq!(rows, [3, 2]);
        let previous = meta["previous"].as_str().unwrap();
        let (rows, meta) = cut(&format!("use_cursor=true&perPage=2&previous={previous}"), 5);
        assert_eq!((rows.as_slice(), &meta["previous"]), ([5, 4].as_slice(), &json!(null)));
        assert_eq!(meta["next"], next);
    }

    #[test]
    fn a_cursor_that_was_never_given_is_refused() {
        let request = TwinRequest { query: Some("next=abc".into()), ..Default::default() };
        assert!(Paging::read(&Fields::of_query(&request), 100).is_err());
    }
}
