//! Events, and how stores keep what they are of.

use super::EventKind;
use crate::{
    actor::Actor,
    commit::{DecisionKey, Subject},
    time::Timestamp,
};

/// A committed decision that a host may want to know of. A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the feed, from 1. Numbers rise; none is given twice, and none is given below one that was read.
    pub number: u64,
    /// What the decision brought about; one kind mostly. Empty if this version knows none of them.
    pub kinds: Vec<EventKind>,
    /// The decision. Unique for ever, so a key for the host's own effect.
    pub decision: DecisionKey,
    /// What it is about: `ord_…`.
    pub subject: Subject,
    /// Who caused it.
    pub actor: Actor,
    /// When it was decided, by the clock of who decided. Only numbers tell an order.
    pub at: Timestamp,
}

impl Event {
    /// Reads kinds from one text, as [`crate::commit::ChangeSet::events`] writes them; leaves out what it does not know.
    pub fn kinds_of(text: &str) -> Vec<EventKind> {
        text.split(' ').filter_map(|word| word.parse().ok()).collect()
    }
}
