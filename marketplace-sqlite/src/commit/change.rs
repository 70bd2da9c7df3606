//! Which statement a change is.

use crate::{
    catalog::{file, product},
    delivery::{link, model as entitlement},
    error::Fault,
    identity::user,
    job::model as job,
    ledger::{entry, hold},
    order::model as order,
    payment::{attempt, notice, review},
    sql::commit as sql,
};
use marketplace_core::commit::{Change, LimitKey, Refusal};
use sqlx::{SqliteConnection, query};

/// Applies one change, or says which guard refused it.
pub(super) async fn apply(connection: &mut SqliteConnection, change: &Change) -> Result<(), Fault> {
    match change {
        Change::InsertUser(user) => user::insert(connection, user).await,
        Change::UpdateUser { seen, to } => user::update(connection, *seen, to).await,
        Change::InsertProduct(product) => product::insert(connection, product).await,
        Change::UpdateProduct { seen, to } => product::update(connection, *seen, to).await,
        Change::InsertFile { file, version, upload } => {
            file::insert(connection, file, version, *upload).await
        }
        Change::RemoveFile { id, at } => file::remove(connection, *id, *at).await,
        Change::InsertOrder(order) => order::insert(connection, order).await,
        Change::AdvanceOrder { id, seen, to, at } => order::advance(connection, *id, *seen, *to, *at).await,
        Change::InsertAttempt(attempt) => attempt::insert(connection, attempt).await,
        Change::AdvanceAttempt { seen, to } => attempt::advance(connection, *seen, to).await,
        Change::Post(entry) => entry::post(connection, entry).await,
        Change::InsertHold(hold) => hold::insert(connection, hold).await,
        Change::ReleaseHold { id, at } => hold::release(connection, *id, *at).await,
        Change::Grant(right) => entitlement::grant(connection, right).await,
        Change::Revoke { id, seen, reason, at } => {
            entitlement::revoke(connection, *id, *seen, *reason, *at).await
        }
        Change::IssueLink(link) => link::issue(connection, link).await,
        Change::ClaimLink { id, at, session } => link::claim(connection, *id, *at, session).await,
        Change::Take { limit, units, cap } => take(connection, limit, *units, *cap).await,
        Change::Enqueue(job) => job::enqueue(connection, job).await,
        Change::InsertNotice(notice) => notice::insert(connection, notice).await,
        Change::CloseNotice { key, outcome, at } => notice::close(connection, key, *outcome, *at).await,
        Change::OpenReview(review) => review::open(connection, review).await,
    }
}

async fn take(
    connection: &mut SqliteConnection,
    limit: &LimitKey,
    units: i64,
    cap: i64,
) -> Result<(), Fault> {
    let take = query(sql::TAKE).bind(limit.as_str()).bind(units).bind(cap);
    match take.execute(connection).await?.rows_affected() {
        0 => Err(Fault::Refused(Refusal::LimitReached)),
        _ => Ok(()),
    }
}
