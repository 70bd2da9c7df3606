//! The endpoints of refunds.
//!
//! Guarantees that a refund that was answered is committed. Callers: `api`.

use super::facts::RefundStatus;
use super::rules::{self, Asked};
use super::wire;
use super::{RefundOrigin, book::Refund};
use crate::sandbox::answer;
use crate::sandbox::api::Call;
use crate::sandbox::fields::Fields;
use crate::sandbox::http::TwinResponse;
use crate::sandbox::paging::Paging;
use crate::sandbox::refusal::{self, ALL_PARAMS, CHECK_VALUES, Refusal, Refused, validation};
use crate::sandbox::twin::Shared;
use crate::sandbox::wire::in_refund;

const UNKNOWN: Refusal = validation("Refund not found", CHECK_VALUES, "refund_not_found").with_status(404);
const WRONG_STATE: Refusal = validation(
    "Invalid Refund state, refund status should be \"needs-attention\"",
    CHECK_VALUES,
    "invalid_params",
)
.with_status(422);
const DETAILS_MISSING: Refusal =
    validation("Refund account details are required", ALL_PARAMS, "missing_params");

pub(in crate::sandbox) fn create(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let fields = Fields::of_body(call.request)?;
    let asked = Asked {
        transaction: fields.text("transaction"),
        amount: fields.amount("amount")?,
        currency: fields.text("currency"),
        customer_note: fields.text("customer_note"),
        merchant_note: fields.text("merchant_note"),
        origin: RefundOrigin::Api,
    };
    let id = call.sandbox.decide(|desk| rules::create(desk, asked))?;
    let shared = call.sandbox.lock();
    let refund = find(&shared, id)?;
    let transaction = shared.state.by_id(refund.created.transaction).ok_or(refusal::BROKEN)?;
    let data = wire::created(refund, &in_refund(transaction));
    Ok(answer::ok("Refund has been queued for processing", data))
}

fn find(shared: &Shared, id: u64) -> Result<&Refund, Refused> {
    Ok(shared.state.refunds.get(id).ok_or(UNKNOWN)?)
}

fn id(call: &Call<'_>) -> Result<u64, Refused> {
    Ok(call.argument.parse().map_err(|_| UNKNOWN)?)
}

pub(in crate::sandbox) fn fetch(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let id = id(call)?;
    let shared = call.sandbox.lock();
    Ok(answer::ok("Refund retrieved", wire::fetched(find(&shared, id)?)))
}

/// The filter by transaction knows numeric ids only: a reference finds nothing. The filter by currency is
/// ignored. Both are traps of the real API, kept on purpose.
pub(in crate::sandbox) fn list(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let query = Fields::of_query(call.request);
    let paging = Paging::read(&query, 1_000)?;
    let (from, to) = (query.time("from")?, query.time("to")?);
    let transaction = query.text("transaction").map(|id| id.parse::<u64>().ok());
    let shared = call.sandbox.lock();
    let wanted = |refund: &&Refund| {
        let at = refund.created.at;
        from.is_none_or(|from| from <= at)
            && to.is_none_or(|to| at <= to)
            && transaction.is_none_or(|id| id == Some(refund.created.transaction))
    };
    let refunds = shared.state.refunds.newest().filter(wanted);
    let rows = refunds.map(|refund| (refund.created.refund, wire::listed(refund))).collect();
    let page = paging.cut(rows);
    Ok(answer::list("Refunds retrieved", page.rows, Some(page.meta)))
}

pub(in crate::sandbox) fn retry(call: &Call<'_>) -> Result<TwinResponse, Refused> {
    let id = id(call)?;
    let details = Fields::of_body(call.request)?.object("refund_account_details").ok_or(DETAILS_MISSING)?;
    for name in ["currency", "bank_id"] {
        details.get(name).ok_or(DETAILS_MISSING)?;
    }
    let account = details.text("account_number").ok_or(DETAILS_MISSING)?;
    call.sandbox.decide(|desk| {
        let refund = desk.state.refunds.get(id).ok_or(UNKNOWN)?;
        if refund.status != RefundStatus::NeedsAttention {
            return Err(Refused::from(WRONG_STATE));
        }
        rules::move_to(desk, refund, RefundStatus::Processing, Some(account));
        Ok(())
    })?;
    let shared = call.sandbox.lock();
    let data = wire::retried(find(&shared, id)?);
    Ok(answer::ok("Refund retried and has been queued for processing", data))
}
