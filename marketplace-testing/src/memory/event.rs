//! What happened, numbered.

use super::{Defect, MemoryStore, state::State, store::pause};
use async_trait::async_trait;
use marketplace_core::{
    commit::{ChangeSet, Decision},
    error::StoreError,
    event::{Event, Events},
};

impl State {
    pub(super) fn last_event(&self) -> u64 {
        self.events.rows().next_back().map_or(0, |(number, _)| *number)
    }

    /// Writes what a set brought about, under the next number, or under one that was promised before.
    pub(super) fn tell(&mut self, set: &ChangeSet, promised: Option<u64>) {
        let Some(kinds) = set.events() else { return };
        let number = promised.unwrap_or_else(|| self.last_event() + 1);
        let Decision { key, subject, actor, at, .. } = set.decision().clone();
        self.events
            .put(number, Event { number, kinds: Event::kinds_of(&kinds), decision: key, subject, actor, at });
    }
}

impl MemoryStore {
    /// Only for [`Defect::NumbersEventsEarly`]: takes a number, lets others go first, and returns it.
    pub(super) async fn early_number(&self) -> u64 {
        let number = self.locked(|state| {
            state.promised_event = state.promised_event.max(state.last_event()) + 1;
            state.promised_event
        });
        // Every second one stands still for a while.
        for _ in 0..number % 2 * 20 {
            pause().await;
        }
        number
    }
}

#[async_trait]
impl Events for MemoryStore {
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.call(|state| {
            let from = if state.has(Defect::RepeatsLastEvent) { after } else { after.saturating_add(1) };
            let later = state.events.rows().filter(|(number, _)| **number >= from);
            Ok(later.take(limit as usize).map(|(_, event)| event.clone()).collect())
        })
        .await
    }

    async fn last_event(&self) -> Result<u64, StoreError> {
        self.call(|state| Ok(state.last_event())).await
    }
}
