//! Which statements a change is.

use crate::{
    catalog::{file, product, upload},
    delivery::{link, model as entitlement},
    identity::user,
    job::model as job,
    ledger::{entry, hold},
    order::model as order,
    payment::{attempt, notice, review},
    refund::model as refund,
    script::{Guard, Script},
    sql::commit as sql,
};
use marketplace_core::commit::{Change, LimitKey, Refusal};

/// Adds the statements of one change, with the guards that can refuse it.
pub(super) fn add(script: &mut Script, change: &Change) {
    match change {
        Change::InsertUser(user) => user::insert(script, user),
        Change::UpdateUser { seen, to } => user::update(script, *seen, to),
        Change::InsertProduct(product) => product::insert(script, product),
        Change::UpdateProduct { seen, to } => product::update(script, *seen, to),
        Change::InsertFile { file, version, upload } => file::insert(script, file, version, *upload),
        Change::AdvanceUpload { id, seen, to, refusal, expires_at } => {
            upload::advance(script, *id, (*seen, *to), *refusal, *expires_at);
        }
        Change::RemoveFile { id, at } => file::remove(script, *id, *at),
        Change::InsertOrder(order) => order::insert(script, order),
        Change::AdvanceOrder { id, seen, to, at } => order::advance(script, *id, *seen, *to, *at),
        Change::InsertAttempt(attempt) => attempt::insert(script, attempt),
        Change::AdvanceAttempt { seen, to } => attempt::advance(script, *seen, to),
        Change::Post(entry) => entry::post(script, entry),
        Change::InsertHold(hold) => hold::insert(script, hold),
        Change::ReleaseHold { id, at } => hold::release(script, *id, *at),
        Change::Grant(right) => entitlement::grant(script, right),
        Change::Revoke { id, seen, reason, at } => entitlement::revoke(script, *id, *seen, *reason, *at),
        Change::IssueLink(link) => link::issue(script, link),
        Change::ClaimLink { id, at, session } => link::claim(script, *id, *at, session),
        Change::Take { limit, units, cap } => take(script, limit, *units, *cap),
        Change::Enqueue(job) => job::enqueue(script, job),
        Change::InsertNotice(notice) => notice::insert(script, notice),
        Change::CloseNotice { key, outcome, at } => notice::close(script, key, *outcome, *at),
        Change::InsertRefund(refund) => refund::insert(script, refund),
        Change::AdvanceRefund { seen, to } => refund::advance(script, *seen, to),
        Change::OpenReview(review) => review::open(script, review),
        Change::CloseReview { id, closing } => review::close(script, *id, closing),
    }
}

fn take(script: &mut Script, limit: &LimitKey, units: i64, cap: i64) {
    script.step(sql::TAKE, Guard::Changes(Refusal::LimitReached)).bind(limit.as_str()).bind(units).bind(cap);
}
