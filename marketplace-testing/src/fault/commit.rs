//! A faulty write port.

use super::Script;
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed};
use std::sync::Arc;

/// Only the write port of a store, with faults.
#[derive(Debug)]
pub struct FaultyCommit {
    inner: Arc<dyn Commit>,
    script: Script,
}

impl FaultyCommit {
    /// A wrapper that lets everything through until it is told otherwise.
    pub fn new(inner: Arc<dyn Commit>) -> Self {
        Self { inner, script: Script::default() }
    }

    /// The faults to come.
    pub const fn script(&self) -> &Script {
        &self.script
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a default method would go around the faults")]
impl Commit for FaultyCommit {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        self.script.commit(self.inner.commit(set)).await
    }
}
