//! The calls that commit, and what they answer.

use super::{lock::Locks, set::Written};
use crate::{
    columns::Fields,
    error::{Fault, Outcome},
    sql::commit as sql,
    store::Bound,
    transaction::Done,
};
use marketplace_core::commit::Committed;
use sqlx::query;

/// A call for these sets, in this order, one by one. One that waits takes the rows of others as they become free; one
/// that does not answers `Busy` for the sets that want them.
pub(super) fn one_by_one<'a>(sets: impl Iterator<Item = &'a Written> + Clone, waits: bool) -> Bound {
    let mut locks = Locks::default();
    sets.clone().for_each(|set| locks.join(&set.locks));
    let sets: Vec<&str> = sets.map(|set| set.json.as_str()).collect();
    query(sql::COMMIT).bind(format!("[{}]", sets.join(","))).bind(locks.by_table().to_string()).bind(waits)
}

/// What a call answered, one outcome per set. By now it is committed, so an answer that makes no sense is unknown.
pub(super) fn outcomes(done: &Done, count: usize) -> Result<Vec<Outcome>, Fault> {
    let row = done.rows.first().ok_or_else(|| Fault::Unknown("a commit gave no row".into()))?;
    let answers: Vec<String> = match Fields::new(row, "mkt_commit", "outcomes").get("outcomes") {
        Ok(answers) => answers,
        Err(Fault::Defect(source)) => return Err(Fault::Unknown(source)),
        Err(other) => return Err(other),
    };
    if answers.len() != count {
        return Err(Fault::Unknown(format!("{} outcomes for {count} sets", answers.len()).into()));
    }
    Ok(answers.iter().map(|answer| Outcome::parse(answer)).collect())
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
