//! The port itself.

use crate::PostgresStore;
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed};
use std::sync::Arc;

#[async_trait]
impl Commit for PostgresStore {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        Ok(Arc::clone(self.committer()).commit(set).await?)
    }
}
