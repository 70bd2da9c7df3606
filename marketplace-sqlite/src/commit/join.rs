//! A set in a transaction of the host.

use super::set::Prepared;
use crate::{SqliteStore, error::Fault, writer::Effect};
use marketplace_core::commit::{ChangeSet, CommitError, Committed};
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};

impl SqliteStore {
    /// Applies a set inside a transaction of the host: what the host writes and the set are committed together,
    /// or neither is.
    ///
    /// Begin the transaction with [`Self::begin`]. One that the host began on a connection of its own works as
    /// well, if it is on the same database file and began with `BEGIN IMMEDIATE`; it then competes with the store
    /// for SQLite's one write lock.
    ///
    /// `Applied` is an effect only once the host has committed. On `Refused` the set is taken back and the
    /// transaction goes on without it: the host decides whether to commit its own rows. On every other error, and
    /// on an error of a statement of its own, the host must roll back, because SQLite ends a transaction by itself
    /// where the disk is full or fails. Nothing here is `Unknown`; the host's own commit may be. Cancellation:
    /// dropping the future takes the set back, unless it was complete.
    pub async fn commit_in(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        set: &ChangeSet,
    ) -> Result<Committed, CommitError> {
        Ok(join(tx, set).await?)
    }
}

async fn join(connection: &mut SqliteConnection, set: &ChangeSet) -> Result<Committed, Fault> {
    let prepared = Prepared::of(set.clone(), &[])?;
    let mut savepoint = connection.begin().await?;
    let ran = prepared.apply(&mut savepoint).await;
    if ran.effect == Effect::Written {
        savepoint.commit().await?;
        return ran.outcome;
    }
    match savepoint.rollback().await {
        Ok(()) => ran.outcome,
        // Only where SQLite has rolled back everything by itself: what failed first says why.
        Err(error) => {
            tracing::debug!(error = %error, "the host's transaction is over");
            ran.outcome.and(Err(error.into()))
        }
    }
}
