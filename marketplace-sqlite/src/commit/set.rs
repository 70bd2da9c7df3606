//! Applies one set on a connection that is in a transaction. Whoever calls it takes back what it wrote when it
//! fails: by ROLLBACK for a set alone, by a savepoint for a set among others.

use super::change;
use crate::{columns::Fields, error::Fault, sql::commit as sql};
use marketplace_core::commit::{ChangeSet, Committed, Decision, InputHash, Refusal};
use sqlx::{SqliteConnection, query};

pub(crate) async fn apply(connection: &mut SqliteConnection, set: &ChangeSet) -> Result<Committed, Fault> {
    if !note(connection, set.decision()).await? {
        return replayed(connection, set.decision()).await;
    }
    for change in set.changes() {
        change::apply(connection, change).await?;
    }
    Ok(Committed::Applied)
}

/// Writes the decision. Returns whether its key was new.
async fn note(connection: &mut SqliteConnection, decision: &Decision) -> Result<bool, Fault> {
    let insert = query(sql::INSERT_DECISION)
        .bind(decision.key.as_str())
        .bind(decision.name)
        .bind(decision.input.as_bytes().to_vec())
        .bind(decision.subject.as_str())
        .bind(decision.actor.to_string())
        .bind(decision.at.as_micros());
    Ok(insert.execute(connection).await?.rows_affected() > 0)
}

async fn replayed(connection: &mut SqliteConnection, decision: &Decision) -> Result<Committed, Fault> {
    let row = query(sql::DECISION_INPUT).bind(decision.key.as_str()).fetch_one(connection).await?;
    let input = InputHash::from_bytes(Fields::new(&row, "mkt_decisions", "key").bytes("input_hash")?);
    if input == decision.input { Ok(Committed::Replayed) } else { Err(Fault::Refused(Refusal::KeyReused)) }
}
