//! A client of the reference servers, for journeys over HTTP.
//!
//! Guarantees: it shows every answer as it is (no redirect is followed, no connection kept), and knows what the
//! development pages tell: mails, and the gateway's page, on which an order is paid. Waiting is for conditions, with a
//! deadline that names what did not happen.
//!
//! Does not: start a server, or know anything but what comes over the wire.
//!
//! Called by: [`crate::contract::http`], and the project's own journeys.

mod answer;
mod buyer;
mod client;
mod form;
mod mailbox;
mod shop;
mod transcript;
mod wait;

pub use answer::Answer;
pub use buyer::{Bought, Placed};
pub use client::{Ask, Client, Given, Judge};
pub use form::{Upload, multipart};
pub use mailbox::Mail;
pub use shop::{Account, PASSWORD, Product};
pub use transcript::Transcript;
pub use wait::{PATIENCE, keep_asking, poll, wait_until};
