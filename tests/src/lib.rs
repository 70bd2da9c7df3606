//! The harness of the journeys: starts the built servers, talks to them over HTTP, knows their twin.
//!
//! Guarantees: every server has a data folder and a port of its own, so tests run in parallel; nothing of the
//! caller's environment reaches it; it is gone when its handle is dropped. Waiting is for conditions, with a
//! deadline that names what did not happen.
//!
//! Every answer of the API is held against the product's own description of it ([`Description`]), whatever the test
//! is about.
//!
//! Does not: link any other part of the product. What a test knows, it knows from the wire, from a file that the
//! product documents, or from the process.
//!
//! Called by: the tests beside it, against whatever binary and store [`ServerOptions`] names.

mod bucket;
mod description;
mod detour;
mod process;
mod raw;
mod server;
mod twin;

pub use bucket::Bucket;
pub use description::Description;
pub use detour::{Detour, Held};
pub use marketplace_testing::http::{
    Account, Answer, Ask, Bought, Client, Mail, PASSWORD, PATIENCE, Placed, Product, Transcript, Upload,
    keep_asking, multipart, poll, wait_until,
};
pub use process::{Exit, Process, Signal, program, repository};
pub use raw::exchange;
pub use server::{Server, ServerOptions, Stopped};
pub use twin::{SIGNATURE, Twin, charge_success, sign, sign_short};
