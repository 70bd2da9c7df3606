//! The store itself.

use super::{Defect, group::Group, state::State};
use async_trait::async_trait;
use marketplace_core::{
    Health,
    commit::{Decision, DecisionKey},
    error::StoreError,
};
use std::{
    fmt,
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::Poll,
};

/// A store in memory. See the [module](super).
pub struct MemoryStore {
    state: Mutex<State>,
    /// Of use to some defects only.
    pub(super) group: Mutex<Group>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self { state: Mutex::default(), group: Mutex::default() }
    }

    /// An empty store with a bug, to see whether a suite notices it.
    pub fn with_defect(defect: Defect) -> Self {
        let state = State { defect: Some(defect), ..State::default() };
        Self { state: Mutex::new(state), group: Mutex::default() }
    }

    /// What was decided under a key, and by whom.
    pub fn decision(&self, key: &DecisionKey) -> Option<Decision> {
        self.locked(|state| state.decisions.get(key).cloned())
    }

    /// How many decisions were applied.
    pub fn decisions(&self) -> usize {
        self.locked(|state| state.decisions.rows().count())
    }

    /// One critical section. Never waits inside.
    pub(super) fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // A case that panics elsewhere leaves no half-done section behind, so a poisoned lock is still good.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One call: waits once before its critical section and once after, as a database does on its network,
    /// so that others may come between, and so that the caller may go away at both points.
    pub(super) async fn call<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        pause().await;
        let outcome = self.locked(work);
        pause().await;
        outcome
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl Health for MemoryStore {
    async fn check(&self) -> Result<(), StoreError> {
        self.call(|_| Ok(())).await
    }
}

/// Lets every other task run once. Of no runtime, so that a simulator with its own scheduler can use the store.
pub(super) async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
