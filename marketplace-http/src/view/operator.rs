//! What operators see on the wire.

use super::MoneyView;
use crate::openapi::wire;
use marketplace_core::{
    id::{JobId, OrderId, RefundId, ReviewId},
    job::{Job, JobState},
    ledger::{Finding, LedgerReport},
    payment::{Review, ReviewClosing, ReviewDecision, ReviewReason},
    refund::{Refund, RefundStatus},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A job. Its payload holds ids only, and the subject names the one that matters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    #[schema(value_type = wire::JobId)]
    id: JobId,
    #[schema(examples("mail.order"))]
    kind: String,
    #[schema(examples("ord_019ab3c45d6e7f8090a1b2c3d4e5f60b"))]
    subject: String,
    #[schema(value_type = wire::JobState)]
    state: JobState,
    #[schema(examples(12))]
    attempts: u32,
    #[schema(required, examples("the mail server did not answer"))]
    last_error: Option<String>,
    #[schema(value_type = wire::Timestamp)]
    run_at: Timestamp,
    #[schema(value_type = wire::Timestamp)]
    created_at: Timestamp,
    #[schema(value_type = Option<wire::Timestamp>, required)]
    ended_at: Option<Timestamp>,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.new.id,
            kind: job.new.kind,
            subject: job.new.subject.as_str().to_owned(),
            state: job.state,
            attempts: job.attempts,
            last_error: job.last_error,
            run_at: job.new.run_at,
            created_at: job.new.created_at,
            ended_at: job.ended_at,
        }
    }
}

/// A payment in review.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewView {
    #[schema(value_type = wire::ReviewId)]
    id: ReviewId,
    #[schema(value_type = wire::ReviewStatus)]
    status: &'static str,
    #[schema(value_type = wire::ReviewReason)]
    reason: ReviewReason,
    #[schema(examples("mkt-019ab3c45d6e7f8090a1b2c3d4e5f610"))]
    reference: String,
    #[schema(value_type = Option<wire::OrderId>, required)]
    order_id: Option<OrderId>,
    #[schema(required)]
    expected: Option<MoneyView>,
    #[schema(required)]
    found: Option<MoneyView>,
    #[schema(value_type = wire::Timestamp)]
    opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    resolution: Option<ResolutionView>,
}

/// Reviews that were decided about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResolvedReviews)]
pub(crate) struct ResolvedView {
    items: Vec<ReviewView>,
}

impl From<Vec<Review>> for ResolvedView {
    fn from(reviews: Vec<Review>) -> Self {
        Self { items: reviews.into_iter().map(ReviewView::from).collect() }
    }
}

/// What an operator decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReviewResolution)]
pub(crate) struct ResolutionView {
    #[schema(value_type = wire::ReviewDecision)]
    decision: ReviewDecision,
    #[schema(examples("operator:usr_019ab3c45d6e7f8090a1b2c3d4e5f60f"))]
    by: String,
    #[schema(examples("the bank shows it"))]
    reason: String,
    #[schema(value_type = wire::Timestamp)]
    at: Timestamp,
}

impl From<ReviewClosing> for ResolutionView {
    fn from(closing: ReviewClosing) -> Self {
        Self { decision: closing.decision, by: closing.by.to_string(), reason: closing.why, at: closing.at }
    }
}

impl From<Review> for ReviewView {
    fn from(review: Review) -> Self {
        Self {
            id: review.id,
            status: if review.closing.is_none() { "needs_review" } else { "resolved" },
            reason: review.reason,
            reference: review.reference,
            order_id: review.order,
            expected: review.expected.map(MoneyView::from),
            found: review.found.map(MoneyView::from),
            opened_at: review.opened_at,
            resolution: review.closing.map(ResolutionView::from),
        }
    }
}

/// Money that is given back, as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefundRow)]
pub(crate) struct RefundView {
    #[schema(value_type = wire::RefundId)]
    id: RefundId,
    #[schema(value_type = wire::Reference)]
    reference: String,
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
    amount: MoneyView,
    #[schema(value_type = wire::RefundStatus)]
    status: RefundStatus,
    #[schema(required, examples("3018284"))]
    gateway_id: Option<String>,
    #[schema(examples("paid twice"))]
    reason: String,
    #[schema(examples("operator:usr_019ab3c45d6e7f8090a1b2c3d4e5f60f"))]
    requested_by: String,
    #[schema(value_type = wire::Timestamp)]
    requested_at: Timestamp,
    #[schema(value_type = Option<wire::Timestamp>, required)]
    ended_at: Option<Timestamp>,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            id: refund.id,
            reference: refund.reference.to_string(),
            order_id: refund.order,
            amount: MoneyView::from(refund.amount),
            status: refund.status,
            gateway_id: refund.gateway_id,
            reason: refund.reason,
            requested_by: refund.requested_by.to_string(),
            requested_at: refund.requested_at,
            ended_at: refund.ended_at,
        }
    }
}

/// What verifying the ledger found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerReport)]
pub(crate) struct LedgerReportView {
    #[schema(examples(true))]
    healthy: bool,
    findings: Vec<FindingView>,
    #[schema(examples(1_204))]
    sealed: u64,
    #[schema(examples(3))]
    unsealed: u64,
}

/// Something that is wrong.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = LedgerFinding)]
struct FindingView {
    #[schema(examples("imbalance"))]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples("entry"))]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(0))]
    expected: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(100))]
    found: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, examples(17))]
    seal: Option<u64>,
}

impl From<LedgerReport> for LedgerReportView {
    fn from(report: LedgerReport) -> Self {
        Self {
            healthy: report.is_healthy(),
            findings: report.findings.into_iter().map(FindingView::from).collect(),
            sealed: report.sealed,
            unsealed: report.unsealed,
        }
    }
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        match finding {
            Finding::Imbalance(found) => Self {
                kind: "imbalance",
                subject: Some(found.subject),
                expected: Some(found.expected),
                found: Some(found.found),
                seal: None,
            },
            Finding::EntryMissing { seal } => {
                Self { kind: "entry_missing", seal: Some(seal), ..Self::default() }
            }
            Finding::ChainBroken { seal } => {
                Self { kind: "chain_broken", seal: Some(seal), ..Self::default() }
            }
            Finding::Unreadable { after, why } => {
                Self { kind: "unreadable", subject: Some(why), seal: Some(after), ..Self::default() }
            }
            _ => Self { kind: "other", ..Self::default() },
        }
    }
}
