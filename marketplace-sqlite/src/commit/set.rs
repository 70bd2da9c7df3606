//! A set as statements, and what their end means for it.

use super::change;
use crate::{
    columns::Fields,
    error::{Fault, TransactionLost},
    script::{self, Guard, Script, Sendable, Stop},
    sql::{commit as sql, event::INSERT_EVENT},
    writer::{Body, Effect, Ran},
};
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Committed, Decision, InputHash, Refusal};
use sqlx::{SqliteConnection, query};

/// A set, ready to be applied on a connection that is in a transaction. Whoever applies it takes back what it wrote
/// unless it is `Applied`: also a set that turns out to be known may have written before that was seen.
pub(crate) struct Prepared {
    set: ChangeSet,
    script: Sendable,
}

impl Prepared {
    /// `opening` goes before the set's own statements, in the same round trip.
    pub(crate) fn of(set: ChangeSet, opening: &[&'static str]) -> Result<Self, Fault> {
        let mut script = Script::new();
        note(&mut script, &set);
        for change in set.changes() {
            if script.is_broken() {
                break;
            }
            change::add(&mut script, change);
        }
        Ok(Self { script: script.sendable(opening)?, set })
    }

    pub(crate) async fn apply(&self, connection: &mut SqliteConnection) -> Ran<Committed> {
        match script::run(connection, &self.script).await {
            Ok(_) => Ran { outcome: Ok(Committed::Applied), effect: Effect::Written },
            Err(Stop::Known) => {
                let outcome = replayed(connection, self.set.decision()).await;
                Ran { outcome, effect: Effect::None }
            }
            Err(Stop::By(fault)) => Ran::stopped(fault),
            Err(Stop::Unopened(fault)) => Ran::unopened(fault),
        }
    }
}

#[async_trait]
impl Body for Prepared {
    type Output = Committed;
    const REPEATABLE: bool = true;

    async fn run(&mut self, connection: &mut SqliteConnection) -> Ran<Committed> {
        self.apply(connection).await
    }
}

/// Writes the decision, if its key is new.
fn note(script: &mut Script, set: &ChangeSet) {
    let (decision, events) = (set.decision(), set.events());
    let is_heard = events.is_some();
    script
        .step(sql::INSERT_DECISION, Guard::New)
        .bind(decision.key.as_str())
        .bind(decision.name)
        .bind(decision.input.as_bytes())
        .bind(decision.subject.as_str())
        .bind(decision.actor.to_string())
        .bind(decision.at)
        .bind(events);
    if is_heard {
        script.step(INSERT_EVENT, Guard::None).bind(decision.key.as_str());
    }
}

async fn replayed(connection: &mut SqliteConnection, decision: &Decision) -> Result<Committed, Fault> {
    let row = query(sql::DECISION_INPUT).bind(decision.key.as_str()).fetch_optional(connection).await?;
    // Only where SQLite ended the transaction in which it was written.
    let row = row.ok_or_else(|| Fault::Unavailable(TransactionLost.into()))?;
    let input = InputHash::from_bytes(Fields::new(&row, "mkt_decisions", "key").bytes("input_hash")?);
    if input == decision.input { Ok(Committed::Replayed) } else { Err(Fault::Refused(Refusal::KeyReused)) }
}
