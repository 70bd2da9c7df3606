//! What operators see on the wire.

use super::MoneyView;
use marketplace_core::{
    id::{JobId, OrderId, RefundId, ReviewId},
    job::{Job, JobState},
    ledger::{Finding, LedgerReport},
    payment::{Review, ReviewClosing, ReviewDecision, ReviewReason},
    refund::{Refund, RefundStatus},
    time::Timestamp,
};
use serde::Serialize;

/// A job. Its payload holds ids only, and the subject names the one that matters.
#[derive(Debug, Serialize)]
pub(crate) struct JobView {
    id: JobId,
    kind: String,
    subject: String,
    state: JobState,
    attempts: u32,
    last_error: Option<String>,
    run_at: Timestamp,
    created_at: Timestamp,
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
#[derive(Debug, Serialize)]
pub(crate) struct ReviewView {
    id: ReviewId,
    status: &'static str,
    reason: ReviewReason,
    reference: String,
    order_id: Option<OrderId>,
    expected: Option<MoneyView>,
    found: Option<MoneyView>,
    opened_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<ResolutionView>,
}

/// What an operator decided.
#[derive(Debug, Serialize)]
pub(crate) struct ResolutionView {
    decision: ReviewDecision,
    by: String,
    reason: String,
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
#[derive(Debug, Serialize)]
pub(crate) struct RefundView {
    id: RefundId,
    reference: String,
    order_id: OrderId,
    amount: MoneyView,
    status: RefundStatus,
    gateway_id: Option<String>,
    reason: String,
    requested_by: String,
    requested_at: Timestamp,
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
#[derive(Debug, Serialize)]
pub(crate) struct LedgerReportView {
    healthy: bool,
    findings: Vec<FindingView>,
    sealed: u64,
    unsealed: u64,
}

#[derive(Debug, Default, Serialize)]
struct FindingView {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
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
