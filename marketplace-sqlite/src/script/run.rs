//! Sends a script, and judges what came back.

use super::{
    Guard, Sendable,
    step::{Check, Text},
};
use crate::error::Fault;
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Either, Executor as _, SqliteConnection, query_with};
use std::sync::Arc;

/// Where a script stopped. Statements behind it may have run all the same.
pub(crate) enum Stop {
    /// At the decision: its key is known.
    Known,
    /// Before its own first statement: it has no savepoint yet.
    Unopened(Fault),
    /// At anything else.
    By(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::By(fault)
    }
}

/// Runs a script, to its end or to the first statement that did not do what it had to. Returns how many rows the last
/// statement changed.
pub(crate) async fn run(connection: &mut SqliteConnection, script: &Sendable) -> Result<u64, Stop> {
    let mut changed = 0;
    for text in &script.texts {
        changed = run_text(connection, text).await?;
    }
    match &script.broken {
        Some(what) => Err(Fault::defect(*what).into()),
        None => Ok(changed),
    }
}

async fn run_text(connection: &mut SqliteConnection, text: &Text) -> Result<u64, Stop> {
    let mut checks = text.checks.iter();
    let mut check = checks.next();
    let mut changed = 0;
    let mut found = false;
    let query = query_with(AssertSqlSafe(Arc::clone(&text.sql)), text.arguments.clone());
    // Returning early drops this, and the driver's thread stops as soon as it sees that nobody listens.
    let mut results = connection.fetch_many(query);
    loop {
        match results.try_next().await {
            Ok(Some(Either::Right(_))) => found = true,
            Ok(Some(Either::Left(done))) => {
                changed = done.rows_affected();
                if let Some(check) = check {
                    check.judge(changed, found)?;
                }
                check = checks.next();
                found = false;
            }
            Ok(None) if check.is_some() => return Err(Fault::defect("a script ended early").into()),
            Ok(None) => return Ok(changed),
            Err(error) if check.is_some_and(|check| check.has_unique) => {
                return Err(Fault::of_unique(error).into());
            }
            Err(error) if check.is_none_or(|check| matches!(check.guard, Guard::Opening)) => {
                return Err(Stop::Unopened(error.into()));
            }
            Err(error) => return Err(Fault::from(error).into()),
        }
    }
}

impl Check {
    fn judge(self, changed: u64, found: bool) -> Result<(), Stop> {
        match self.guard {
            Guard::New if changed == 0 => Err(Stop::Known),
            Guard::Changes(refusal) if changed == 0 => Err(Fault::Refused(refusal).into()),
            Guard::Certain(what) if changed == 0 => Err(Fault::defect(what).into()),
            Guard::FindsNone(refusal) if found => Err(Fault::Refused(refusal).into()),
            _ => Ok(()),
        }
    }
}
