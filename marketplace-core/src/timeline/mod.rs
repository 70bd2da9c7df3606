//! The timeline of an order: every step from payment to bytes, to each who may know of it.
//!
//! Guarantees: what rows tell is read from them and written nowhere else, so the timeline cannot contradict them; who sees
//! what is one pure function ([`Viewer`]); an operator sees everything, a buyer nothing of what is internal, a creator
//! nothing of other creators, of payments, or of the buyer's address. No token, and nothing of a client but its class,
//! stands in it at all.
//!
//! Does not: read everything of one moment, so a step that happens meanwhile may stand beside one that it ends; tell of
//! every link of an order that has very many, or of visits that could not be counted.
//!
//! Called by: the timeline's route, and hosts that show it on pages of their own.

mod model;
mod service;
mod steps;
#[cfg(test)]
mod tests;
mod view;

pub use model::{Step, StepKind};
pub use service::Timeline;
pub use view::Viewer;
