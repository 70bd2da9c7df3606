//! Every statement of the store, as constants. What a commit does stands in `migrations/0002_commit.sql`.
//!
//! Guarantees: a statement's text never contains data; each module lists its statements in `ALL`, and one test
//! prepares all of them on a migrated database.
//!
//! Does not: use sqlx's macros. They would connect to whatever `DATABASE_URL` the host has set while it builds.
//!
//! Called by: the modules of the same names, and nobody else.

/// Declares statements, and collects them for the test that prepares them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)+

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

pub(crate) mod answer;
pub(crate) mod bulk;
pub(crate) mod catalog;
pub(crate) mod commit;
pub(crate) mod delivery;
pub(crate) mod earnings;
pub(crate) mod event;
pub(crate) mod identity;
pub(crate) mod job;
pub(crate) mod ledger;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod refund;

#[cfg(test)]
mod tests;
