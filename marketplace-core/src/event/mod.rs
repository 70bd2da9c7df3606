//! What happened: a feed of committed decisions, for a host's own effects.
//!
//! Guarantees: a decision that brought about one of the [`EventKind`]s stands in the feed once, however often it was sent,
//! from the moment it is committed; what was refused or taken back never does. Events have numbers, given after the
//! commit, so that a reader who goes on behind the last number that it has seen misses nothing, also where transactions
//! commit late. Events of one subject are numbered in the order in which they happened. A host asks ([`Events`]), or has a
//! job of its own enqueued with each event of a kind ([`Reactions`]), in the commit that brings it about.
//!
//! Does not: tell who has read what: a host keeps the number of what it has done, beside its effect, and an effect that was
//! not noted is done again (at least once); carry more than names and ids: what an order holds is asked of the services;
//! order events of different subjects, or the jobs of reactions, which run at once and are tried again one by one.
//!
//! Called by: hosts; the committer, which adds the jobs.

mod kind;
mod model;
mod port;
mod reaction;

pub use kind::EventKind;
pub use model::Event;
pub use port::Events;
#[cfg(any(test, feature = "mock"))]
pub use port::MockEvents;
pub use reaction::Reactions;
