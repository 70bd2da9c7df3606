//! Lists of a gateway, page by page.

use crate::time::Timestamp;

/// From when to when: from the first moment on, before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment that counts.
    pub from: Timestamp,
    /// The first moment that does not count any more.
    pub until: Timestamp,
}

/// A page of a list, in the gateway's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end. Opaque.
    pub next: Option<String>,
}
