//! Keyset pages: newest first, by id.

use uuid::Uuid;

/// Which part of a list to read. Lists run from the newest id to the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// At most so many rows, 1 to 100.
    pub limit: u32,
    /// Only rows with an id below this one.
    pub before: Option<Uuid>,
}

impl Page {
    /// The largest page.
    pub const MAX: u32 = 100;

    /// The first `limit` rows.
    pub const fn first(limit: u32) -> Self {
        Self { limit, before: None }
    }

    /// The page with one row more, by which a service knows whether there is a next page.
    #[must_use]
    pub(crate) const fn with_lookahead(self) -> Self {
        Self { limit: self.limit.saturating_add(1), ..self }
    }
}

/// Part of a list, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give this as [`Page::before`] to read on; `None` at the end.
    pub next: Option<Uuid>,
}

impl<T> Listed<T> {
    /// Cuts a list that was read with lookahead.
    pub(crate) fn cut(mut items: Vec<T>, page: Page, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = page.limit as usize;
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(id)
        } else {
            None
        };
        Self { items, next }
    }

    /// The same list of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
