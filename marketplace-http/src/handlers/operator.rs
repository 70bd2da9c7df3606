//! What operators look at and set right.

use crate::{
    call::Call,
    json::typed,
    openapi::wire,
    problem::Problem,
    query::ListView,
    response::Response,
    view::{JobView, LedgerReportView, RefundView, ResolvedView, ReviewView},
};
use marketplace_core::{
    actor::Actor,
    id::{JobId, ReviewId},
    job::JobState,
    page::{Listed, Page},
    payment::{Resolve, ReviewDecision},
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A decision about payments in review.
#[derive(Deserialize, ToSchema)]
#[schema(as = ReviewDecisionInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveInput {
    #[schema(value_type = wire::ReviewDecision)]
    decision: String,
    #[schema(examples("the bank shows it"), min_length = 1, max_length = 1_000)]
    reason: String,
    /// Those that the operator saw, and no others, are decided about.
    #[schema(value_type = Vec<wire::ReviewId>, min_items = 1)]
    reviews: Vec<String>,
}

pub(super) async fn jobs(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    let state: JobState =
        call.query.get("state").unwrap_or(JobState::Dead.as_str()).parse().map_err(|_| {
            Problem::invalid_field("state", "invalid", "a state is ready, running, done or dead")
        })?;
    let jobs = call.market.jobs().jobs_in(state, one_more(page)).await?;
    Response::json(200, &ListView::of(cut(jobs, page, |job| job.new.id.uuid()), JobView::from))
}

pub(super) async fn retry_job(call: &Call<'_>) -> Result<Response, Problem> {
    let id: JobId = call.id("id")?;
    let jobs = call.market.jobs();
    let revived = jobs.revive(id, call.market.clock().now()).await?;
    let job = jobs.job(id).await?.ok_or_else(Problem::not_found)?;
    if !revived {
        return Err(Problem::new(
            409,
            "job_not_dead",
            "only a dead job can be retried, and only if it runs nowhere else",
        ));
    }
    call.market.wake_worker();
    Response::json(200, &JobView::from(job))
}

pub(super) async fn reviews(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    if call.query.get("status").is_some_and(|status| status != "needs_review") {
        return Err(Problem::invalid_field("status", "invalid", "the status is needs_review"));
    }
    let reviews = call.market.payment_rows().reviews(one_more(page)).await?;
    Response::json(200, &ListView::of(cut(reviews, page, |review| review.id.uuid()), ReviewView::from))
}

pub(super) async fn resolve(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let input: ResolveInput = typed(body)?;
    let decision: ReviewDecision = input.decision.parse().map_err(|_| {
        Problem::invalid_field("decision", "invalid", "a decision is accept, refund or dismiss")
    })?;
    let seen: Result<Vec<ReviewId>, _> = input.reviews.iter().map(|id| id.parse()).collect();
    let command = Resolve {
        reference: call.params.get("reference"),
        seen: &seen.map_err(|_| Problem::not_found())?,
        decision,
        why: &input.reason,
        operator: Actor::Operator(call.user()?.id),
    };
    let reviews = call.market.payments().resolve(command).await?;
    Response::json(200, &ResolvedView::from(reviews))
}

pub(super) async fn refunds(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    let refunds = call.market.refund_rows().refunds(one_more(page)).await?;
    Response::json(200, &ListView::of(cut(refunds, page, |refund| refund.id.uuid()), RefundView::from))
}

pub(super) async fn verify_ledger(call: &Call<'_>) -> Result<Response, Problem> {
    let report = call.market.wallet().verify().await?;
    Response::json(200, &LedgerReportView::from(report))
}

/// A page with one row more, which tells whether there is a next one.
const fn one_more(page: Page) -> Page {
    Page { limit: page.limit.saturating_add(1), before: page.before }
}

fn cut<T>(mut rows: Vec<T>, page: Page, id: impl Fn(&T) -> Uuid) -> Listed<T> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(id) } else { None };
    Listed { items: rows, next }
}
