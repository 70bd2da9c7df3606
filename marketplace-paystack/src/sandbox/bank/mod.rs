//! Banks and telephone companies: `GET /bank` and `GET /bank/resolve`.
//!
//! Guarantees the forms of codes that clients trip over: leading zeros, letters, telephone companies, one code
//! that two houses share. The list is a selection, not Paystack's. Callers: `api`, `transfer`.

mod calls;
mod table;

pub(super) use calls::{Resolves, list, resolve};
pub(super) use table::find;
