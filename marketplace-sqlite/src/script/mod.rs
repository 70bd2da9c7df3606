//! Several statements in one round trip.
//!
//! A statement that is sent alone costs two changes of thread, because the driver runs SQLite in a thread of its own:
//! several times what SQLite needs for it. A set of changes is a dozen statements or more, so they go together, as one
//! text that the driver prepares once and keeps.
//!
//! Guarantees: statements run in their order, and the first one that fails, or that changed nothing where it had to,
//! gives the outcome; what comes after it has no effect once the caller takes its savepoint back. A text is made of
//! constants of [`crate::sql`] and nothing else.
//!
//! Does not: take anything back.
//!
//! Called by: `commit`, which makes a script of a set, and `writer`, which runs scripts.

mod run;
mod step;
mod value;

pub(crate) use run::{Stop, run};
pub(crate) use step::{Guard, STALE, Script, Sendable, TAKEN};
pub(crate) use value::Value;
