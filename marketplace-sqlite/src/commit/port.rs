//! The port itself.

use super::set::Prepared;
use crate::{SqliteStore, writer::OPENING};
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed};

#[async_trait]
impl Commit for SqliteStore {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        let prepared = Prepared::of(set, OPENING)?;
        Ok(self.writer().run(prepared).await?)
    }
}
