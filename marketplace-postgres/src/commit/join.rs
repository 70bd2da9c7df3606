//! A set in a transaction of the host.

use super::{call, set::Written};
use crate::{PostgresStore, error::Fault, transaction};
use marketplace_core::commit::{ChangeSet, CommitError, Committed};
use sqlx::{Postgres, Transaction};
use std::iter;

impl PostgresStore {
    /// Applies a set inside a transaction of the host: what the host writes and the set are committed together, or
    /// neither is. One round trip.
    ///
    /// The transaction must be on the same database, at READ COMMITTED or SERIALIZABLE; [`Self::begin`] gives such a
    /// one. Rows that the host locks itself are not in the store's lock order: lock them after the call, or expect a
    /// deadlock now and then, which is `Unavailable`.
    ///
    /// On a refusal or a defect of the set, the set is taken back and the transaction goes on without it: the host
    /// decides whether to commit its own rows. When the call itself fails (a lost connection, a timeout), the whole
    /// transaction is over. `Applied` is an effect only once the host has committed. Nothing here is `Unknown`; the
    /// host's own commit may be. Cancellation: after dropping the future, only roll back.
    pub async fn commit_in(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        set: &ChangeSet,
    ) -> Result<Committed, CommitError> {
        let written = Written::of(set)?;
        let done = transaction::run(tx, call::one_by_one(iter::once(&written), true))
            .await
            .map_err(Fault::uncommitted)?;
        match call::only_outcome(&done) {
            Err(Fault::Unknown(source)) => Err(CommitError::Defect(source)),
            settled => Ok(settled?),
        }
    }
}
