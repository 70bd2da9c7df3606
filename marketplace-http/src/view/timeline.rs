//! A timeline on the wire.

use super::MoneyView;
use marketplace_core::{
    delivery::AgentClass,
    id::{FileId, JobId, LinkId, ProductId},
    time::Timestamp,
    timeline::{Step, StepKind},
};
use serde::Serialize;

/// Every step that its viewer may know of, oldest first. It is one list, not a page of one.
#[derive(Debug, Serialize)]
pub(crate) struct TimelineView {
    items: Vec<StepView>,
}

#[derive(Debug, Serialize)]
struct StepView {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    kind: StepKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<ProductId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<FileId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_id: Option<LinkId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<JobId>,
}

impl From<Vec<Step>> for TimelineView {
    fn from(steps: Vec<Step>) -> Self {
        Self { items: steps.into_iter().map(StepView::from).collect() }
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        Self {
            at: step.at,
            last_at: step.last_at,
            count: step.count,
            kind: step.kind,
            result: step.result,
            agent: step.agent,
            mail: step.mail,
            buyer: step.buyer,
            product_id: step.product,
            title: step.title,
            file_id: step.file,
            link_id: step.link,
            reference: step.reference,
            amount: step.amount.map(MoneyView::from),
            until: step.until,
            next_try: step.next_try,
            failures: step.failures,
            reason: step.reason,
            by: step.by,
            job_id: step.job,
        }
    }
}
