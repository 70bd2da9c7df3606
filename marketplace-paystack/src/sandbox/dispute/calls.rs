//! Reading disputes.
//!
//! Guarantees that nothing is changed. Caller: `api`.

use super::book::Dispute;
use super::wire;
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::paging::Paging;
use crate::sandbox::refusal::{self, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::state::Transaction;
use crate::sandbox::twin::Shared;
use crate::sandbox::wire::{Place, word};

pub(super) const UNKNOWN: Refusal =
    validation("Dispute not found", CHECK_VALUES, "dispute_not_found").with_status(404);

pub(super) fn id(call: &Call<'_>) -> Result<u64, Refused> {
    Ok(call.argument.parse().map_err(|_| UNKNOWN)?)
}

pub(super) fn find(shared: &Shared, id: u64) -> Result<&Dispute, Refused> {
    Ok(shared.state.disputes.get(id).ok_or(UNKNOWN)?)
}

/// The transaction of a dispute, and what it is called now.
pub(super) fn about<'a>(
    shared: &'a Shared,
    dispute: &Dispute,
) -> Result<(&'a Transaction, &'static str), Refused> {
    let transaction = shared.state.by_id(dispute.opened.transaction).ok_or(refusal::BROKEN)?;
    let standing = shared.state.standing(transaction);
    Ok((transaction, word(standing, shared.behaviour.reversals_with_underscore)))
}

pub(in crate::sandbox) fn fetch(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let id = id(call)?;
    let shared = call.sandbox.lock();
    let dispute = find(&shared, id)?;
    let (transaction, status) = about(&shared, dispute)?;
    Ok(answer::ok("Dispute retrieved", wire::shown(dispute, transaction, status, Place::Object)))
}

/// The latest dispute of a transaction: one object, whatever the name of the call promises.
pub(in crate::sandbox) fn of_transaction(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let id = id(call)?;
    let shared = call.sandbox.lock();
    let dispute = shared.state.disputes.newest().find(|known| known.opened.transaction == id);
    let dispute = dispute.ok_or(UNKNOWN)?;
    let (transaction, status) = about(&shared, dispute)?;
    Ok(answer::ok("Dispute retrieved successfully", wire::of_transaction(dispute, transaction, status)))
}

pub(in crate::sandbox) fn list(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, 1_000)?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let (transaction, status) = (query.number("transaction"), query.text("status"));
    let shared = call.sandbox.lock();
    let wanted = |dispute: &&Dispute| {
        let opened = &dispute.opened;
        from.is_none_or(|from| from <= opened.at)
            && to.is_none_or(|to| opened.at <= to)
            && transaction.is_none_or(|id| id == opened.transaction)
            && status.as_deref().is_none_or(|status| status == dispute.status.as_str())
    };
    let mut rows = Vec::new();
    for dispute in shared.state.disputes.newest().filter(wanted) {
        let (transaction, status) = about(&shared, dispute)?;
        let row = wire::shown(dispute, transaction, status, Place::List);
        rows.push((dispute.opened.dispute, row));
    }
    let page = paging.cut(rows);
    Ok(answer::list("Disputes retrieved", page.rows, Some(page.meta)))
}
