//! A timeline on the wire.

use super::MoneyView;
use crate::openapi::wire;
use marketplace_core::{
    delivery::AgentClass,
    id::{FileId, JobId, LinkId, ProductId},
    time::Timestamp,
    timeline::{Step, StepKind},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Every step that its viewer may know of, oldest first. It is one list, not a page of one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub(crate) struct TimelineView {
    items: Vec<StepView>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
struct StepView {
    #[schema(value_type = wire::Timestamp)]
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
    last_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(8), nullable = false)]
    count: Option<u64>,
    #[schema(value_type = wire::StepKind)]
    kind: StepKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("sent"), nullable = false)]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::AgentClass>, nullable = false)]
    agent: Option<AgentClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("purchase"), nullable = false)]
    mail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("b***@mail.example"), nullable = false)]
    buyer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::ProductId>, nullable = false)]
    product_id: Option<ProductId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("The book"), nullable = false)]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::FileId>, nullable = false)]
    file_id: Option<FileId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::LinkId>, nullable = false)]
    link_id: Option<LinkId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Reference>, nullable = false)]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    amount: Option<MoneyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
    next_try: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(1), nullable = false)]
    failures: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("mailbox unavailable"), nullable = false)]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("operator"), nullable = false)]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::JobId>, nullable = false)]
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
