//! How a change is written for `mkt_apply`.
//!
//! The match is exhaustive: a change that this store cannot apply does not compile.

use super::lock::{Locks, Table};
use crate::{
    catalog::{file, product},
    columns::text,
    delivery::{link, model as entitlement},
    error::Fault,
    identity::user,
    job::model as job,
    ledger::{entry, hold},
    order::model as order,
    payment::{attempt, notice, review},
    refund::model as refund,
};
use marketplace_core::{catalog::UploadRefusal, commit::Change, order::OrderState};
use serde_json::{Value, json};

/// The change as JSON. Notes in `locks` the rows that it changes.
pub(super) fn write(change: &Change, locks: &mut Locks) -> Result<Value, Fault> {
    Ok(match change {
        Change::InsertUser(user) => json!({ "op": "insert_user", "row": user::row(user) }),
        Change::UpdateUser { seen, to } => {
            locks.add(Table::Users, to.id.uuid());
            json!({ "op": "update_user", "seen": seen.as_i64(), "row": user::row(to) })
        }
        Change::InsertProduct(product) => json!({ "op": "insert_product", "row": product::row(product) }),
        Change::UpdateProduct { seen, to } => {
            locks.add(Table::Products, to.id.uuid());
            json!({ "op": "update_product", "seen": seen.as_i64(), "row": product::row(to) })
        }
        Change::InsertFile { file, version, upload } => {
            locks.add(Table::Uploads, upload.uuid());
            let version = file::version_row(version)?;
            json!({ "op": "insert_file", "upload": text(upload.uuid()), "row": file::row(file), "version": version })
        }
        Change::AdvanceUpload { id, seen, to, refusal, expires_at } => {
            locks.add(Table::Uploads, id.uuid());
            json!({
                "op": "advance_upload", "id": text(id.uuid()), "seen": seen.as_str(), "to": to.as_str(),
                "refusal": refusal.map(UploadRefusal::as_str), "expires_at": expires_at.as_micros()
            })
        }
        Change::RemoveFile { id, at } => {
            locks.add(Table::Files, id.uuid());
            json!({ "op": "remove_file", "id": text(id.uuid()), "at": at.as_micros() })
        }
        Change::InsertOrder(order) => {
            json!({ "op": "insert_order", "row": order::row(order), "lines": order::line_rows(order)? })
        }
        Change::AdvanceOrder { id, seen, to, at } => {
            locks.add(Table::Orders, id.uuid());
            let paid_at = (*to == OrderState::Paid).then_some(at.as_micros());
            json!({
                "op": "advance_order", "id": text(id.uuid()), "seen": seen.as_i64(), "to": to.as_str(), "paid_at": paid_at
            })
        }
        Change::InsertAttempt(attempt) => json!({ "op": "insert_attempt", "row": attempt::row(attempt) }),
        Change::AdvanceAttempt { seen, to } => {
            locks.add(Table::Attempts, to.reference.as_str());
            json!({ "op": "advance_attempt", "seen": seen.as_i64(), "row": attempt::row(to) })
        }
        Change::Post(posted) => {
            let lines = entry::line_rows(posted, |account| locks.add(Table::Balances, account));
            json!({ "op": "post", "row": entry::row(posted), "debits": entry::has_debits(posted), "lines": lines })
        }
        Change::InsertHold(hold) => json!({ "op": "insert_hold", "row": hold::row(hold) }),
        Change::ReleaseHold { id, at } => {
            locks.add(Table::Holds, id.uuid());
            json!({ "op": "release_hold", "id": text(id.uuid()), "at": at.as_micros() })
        }
        Change::Grant(right) => json!({ "op": "grant", "row": entitlement::row(right) }),
        Change::Revoke { id, seen, reason, at } => {
            locks.add(Table::Entitlements, id.uuid());
            json!({
                "op": "revoke", "id": text(id.uuid()), "seen": seen.as_i64(), "reason": reason.as_str(),
                "at": at.as_micros()
            })
        }
        Change::IssueLink(link) => json!({ "op": "issue_link", "row": link::row(link) }),
        Change::ClaimLink { id, at, session } => {
            locks.add(Table::Links, id.uuid());
            json!({
                "op": "claim_link", "id": text(id.uuid()), "at": at.as_micros(), "row": link::session_row(session)
            })
        }
        Change::Take { limit, units, cap } => {
            locks.add(Table::Limits, limit.as_str());
            json!({ "op": "take", "key": limit.as_str(), "units": units, "cap": cap })
        }
        Change::Enqueue(job) => {
            json!({ "op": "enqueue", "row": job::row(job), "payload": job.payload.to_string() })
        }
        Change::InsertNotice(notice) => json!({ "op": "insert_notice", "row": notice::row(notice) }),
        Change::CloseNotice { key, outcome, at } => {
            locks.add(Table::Notices, key);
            json!({ "op": "close_notice", "key": key, "outcome": outcome.as_str(), "at": at.as_micros() })
        }
        Change::InsertRefund(refund) => json!({ "op": "insert_refund", "row": refund::row(refund) }),
        Change::AdvanceRefund { seen, to } => {
            locks.add(Table::Refunds, to.id.uuid());
            json!({ "op": "advance_refund", "seen": seen.as_i64(), "row": refund::row(to) })
        }
        Change::OpenReview(review) => json!({ "op": "open_review", "row": review::row(review) }),
        Change::CloseReview { id, closing } => {
            locks.add(Table::Reviews, id.uuid());
            json!({
                "op": "close_review", "id": text(id.uuid()), "decision": closing.decision.as_str(),
                "by": closing.by.to_string(), "why": closing.why, "at": closing.at.as_micros()
            })
        }
    })
}
