//! Values at the edges of their types: read back equal, to the last unit, microsecond and byte.
//!
//! Guarantees: text is kept as it is, whatever it would mean to a database: quotes, patterns, escapes, parameters,
//! forms of one letter, controls (but no NUL, which not every database keeps).
//!
//! Does not: ask for long texts where a value is unique; indexes have bounds.

mod keep;
mod text;
mod value;

pub use text::{bytes, names, payloads, ruled_names, texts};
pub use value::{moments, money, numbers, words};
