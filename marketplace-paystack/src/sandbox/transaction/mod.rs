//! Transactions: what may happen to one, and how it is asked for.
//!
//! Guarantees that success and failure are final for a reference, and that reading changes nothing. How one
//! begins stands in `initialize` and `charge`. Callers: `api`, `page`, `charge`, `control`.

mod calls;
mod rules;

pub(super) use calls::{fetch, list, timeline, totals, verify};
pub(super) use rules::{abandon, decline, pay, refuse, resend, settle, take};
