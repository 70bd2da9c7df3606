//! What routes do, by topic: read the typed input, call the service, show the result.
//!
//! Guarantees: a thing of somebody else answers exactly as a thing that does not exist; no handler decides a
//! rule of the marketplace.
//!
//! Called by: the dispatch.

mod buying;
mod catalog;
mod delivery;
mod direct;
mod download;
mod earnings;
mod identity;
mod operator;
mod pages;
mod run;
mod service;
mod upload;
mod wallet;
mod webhook;

pub(crate) use buying::CheckoutInput;
pub(crate) use catalog::{EditInput, ProductInput};
pub(crate) use direct::{PartsInput, UploadInput};
pub(crate) use identity::{Credentials, Registration, Renaming};
pub(crate) use operator::ResolveInput;
pub(crate) use run::run;
