//! The calls that commit, and what they answer.

use super::{bulk, lock::Locks, set::Written};
use crate::{
    columns::Fields,
    error::{Fault, Outcome},
    sql::commit as sql,
    store::Bound,
    transaction::Done,
};
use marketplace_core::commit::{ChangeSet, Committed};
use sqlx::query;

/// A call for these sets, in this order, one by one. One that waits takes the rows of others as they become free; one
/// that does not answers `Busy` for the sets that want them.
pub(super) fn one_by_one<'a>(sets: impl Iterator<Item = &'a Written> + Clone, waits: bool) -> Bound {
    let mut locks = Locks::default();
    sets.clone().for_each(|set| locks.join(&set.locks));
    let sets: Vec<&str> = sets.map(|set| set.json.as_str()).collect();
    query(sql::COMMIT).bind(format!("[{}]", sets.join(","))).bind(locks.by_table().to_string()).bind(waits)
}

/// A call for these sets, all of them plain, together.
pub(super) fn in_bulk<'a>(sets: impl Iterator<Item = &'a ChangeSet>) -> Result<Bound, Fault> {
    bulk::call(sets).map_err(Fault::Defect)
}

/// What a call answered, one outcome per set. By now it is committed, so an answer that makes no sense is unknown.
pub(super) fn outcomes(done: &Done, count: usize) -> Result<Vec<Outcome>, Fault> {
    match bulk_outcomes(done, count)? {
        Some(outcomes) => Ok(outcomes),
        None => Err(Fault::Unknown("a call one by one was put off".into())),
    }
}

/// Likewise; `None` where the sets were put off, and nothing was written.
pub(super) fn bulk_outcomes(done: &Done, count: usize) -> Result<Option<Vec<Outcome>>, Fault> {
    let row = done.rows.first().ok_or_else(|| Fault::Unknown("mkt_commit gave no row".into()))?;
    let answers: Option<Vec<String>> = match Fields::new(row, "mkt_commit", "outcomes").get("outcomes") {
        Ok(answers) => answers,
        Err(Fault::Defect(source)) => return Err(Fault::Unknown(source)),
        Err(other) => return Err(other),
    };
    let Some(answers) = answers else { return Ok(None) };
    if answers.len() != count {
        return Err(Fault::Unknown(format!("{} outcomes for {count} sets", answers.len()).into()));
    }
    Ok(Some(answers.iter().map(|answer| Outcome::parse(answer)).collect()))
}

/// What a call for one set answered that waits, and so is never put off.
pub(super) fn only_outcome(done: &Done) -> Result<Committed, Fault> {
    match outcomes(done, 1)?.pop() {
        Some(Outcome::Settled(settled)) => settled,
        Some(Outcome::Busy | Outcome::Again) | None => {
            Err(Fault::Unknown("a call that waits was not tried".into()))
        }
    }
}
