//! What a timeline is made of.

use crate::{
    delivery::AgentClass,
    id::{CreatorId, FileId, JobId, LinkId, ProductId},
    money::Money,
    text::words,
    time::Timestamp,
};

/// What happened. In the order in which things of one moment happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// The order was placed.
    OrderPlaced,
    /// A payment was begun; the result tells how it stands.
    PaymentBegun,
    /// A payment came.
    PaymentPaid,
    /// A payment was put before an operator, and why.
    ReviewOpened,
    /// An operator decided about it, and what.
    ReviewClosed,
    /// The order is paid.
    OrderPaid,
    /// The buyer has a right to a product.
    AccessGranted,
    /// A mail: it waits, was taken by the mail server, failed for good, or was not needed any more.
    Mail,
    /// A one-time link was made.
    LinkIssued,
    /// The page of a link was asked for, so often, by this class of agent.
    LinkLooked,
    /// A claim of a link was refused, so often.
    LinkRefused,
    /// A link was used up: its download is open.
    LinkClaimed,
    /// The bytes of a download were asked for, so often.
    Download,
    /// A link expired unused.
    LinkExpired,
    /// Money is to be given back.
    RefundRequested,
    /// It was given back, or that failed.
    RefundEnded,
    /// The right was taken away, and why.
    AccessRevoked,
}
words!(StepKind {
    OrderPlaced = "order.placed",
    PaymentBegun = "payment.begun",
    PaymentPaid = "payment.paid",
    ReviewOpened = "review.opened",
    ReviewClosed = "review.closed",
    OrderPaid = "order.paid",
    AccessGranted = "access.granted",
    Mail = "mail",
    LinkIssued = "link.issued",
    LinkLooked = "link.looked",
    LinkRefused = "link.refused",
    LinkClaimed = "link.claimed",
    Download = "download",
    LinkExpired = "link.expired",
    RefundRequested = "refund.requested",
    RefundEnded = "refund.ended",
    AccessRevoked = "access.revoked",
});

/// Whom a step concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The order as a whole.
    Order,
    /// The payer.
    Payer,
    /// The creator of a line, and the buyer.
    Line(CreatorId),
    /// A creator alone.
    Creator(CreatorId),
    /// Operators alone.
    Operator,
}

/// One step. What does not belong to its kind, or is not for whoever looks, is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    pub(super) scope: Scope,
    /// When, or when first.
    pub at: Timestamp,
    /// When last, where it happened again and again.
    pub last_at: Option<Timestamp>,
    /// How often.
    pub count: Option<u64>,
    /// What happened.
    pub kind: StepKind,
    /// What came of it: a stable word of the kind.
    pub result: Option<&'static str>,
    /// What kind of program asked.
    pub agent: Option<AgentClass>,
    /// Which mail: `purchase`, `sold`, `fresh_link`, or a host's own.
    pub mail: Option<String>,
    /// The buyer's address; masked to creators.
    pub buyer: Option<String>,
    /// Which product.
    pub product: Option<ProductId>,
    /// The product's title in the order.
    pub title: Option<String>,
    /// Which file.
    pub file: Option<FileId>,
    /// Which link. Its id opens nothing.
    pub link: Option<LinkId>,
    /// Which payment.
    pub reference: Option<String>,
    /// How much.
    pub amount: Option<Money>,
    /// Until when it is good.
    pub until: Option<Timestamp>,
    /// When it is tried next.
    pub next_try: Option<Timestamp>,
    /// How often it has failed so far.
    pub failures: Option<u32>,
    /// Why, in words for operators, or for a creator whose mail failed for good.
    pub reason: Option<String>,
    /// Who decided.
    pub by: Option<String>,
    /// Which job, to be tried again by an operator.
    pub job: Option<JobId>,
}

impl Step {
    /// A step with nothing but its time and kind.
    pub(super) const fn new(scope: Scope, at: Timestamp, kind: StepKind) -> Self {
        Self {
            scope,
            at,
            last_at: None,
            count: None,
            kind,
            result: None,
            agent: None,
            mail: None,
            buyer: None,
            product: None,
            title: None,
            file: None,
            link: None,
            reference: None,
            amount: None,
            until: None,
            next_try: None,
            failures: None,
            reason: None,
            by: None,
            job: None,
        }
    }
}
