//! The port itself.

use super::set;
use crate::SqliteStore;
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed};

#[async_trait]
impl Commit for SqliteStore {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        let committed =
            self.write(move |connection| Box::pin(async move { set::apply(connection, &set).await }));
        Ok(committed.await?)
    }
}
