//! Reading a timeline.

use super::{
    Step, Viewer,
    steps::{Facts, steps},
};
use crate::{
    commit::Subject,
    delivery::{Entitlements, Links, Visits},
    error::StoreError,
    id::LinkId,
    job::Jobs,
    order::Order,
    payment::PaymentRows,
    refund::RefundRows,
    time::Clock,
};
use std::sync::Arc;

/// What a timeline is read from.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Reads attempts and reviews.
    pub payments: Arc<dyn PaymentRows>,
    /// Reads refunds.
    pub refunds: Arc<dyn RefundRows>,
    /// Reads rights.
    pub entitlements: Arc<dyn Entitlements>,
    /// Reads links.
    pub links: Arc<dyn Links>,
    /// Reads visits.
    pub visits: Arc<dyn Visits>,
    /// Reads mail jobs.
    pub jobs: Arc<dyn Jobs>,
    /// The time, by which links expire.
    pub clock: Arc<dyn Clock>,
}

/// How many links, and how many mails, of one order are told of: the newest.
const MOST: u32 = 500;

impl Timeline {
    /// Every step of an order that this viewer may know of, oldest first. That they are this viewer, see
    /// [`Viewer::of`], is up to the caller.
    pub async fn of(&self, order: &Order, viewer: Viewer) -> Result<Vec<Step>, StoreError> {
        let (mut attempts, mut reviews, mut refunds) = (Vec::new(), Vec::new(), Vec::new());
        // Payments are none of a creator's business, so they are not even read.
        if !matches!(viewer, Viewer::Creator(_)) {
            attempts = self.payments.attempts_of(order.id).await?;
            for attempt in &attempts {
                if viewer == Viewer::Operator {
                    reviews.extend(self.payments.reviews_of(attempt.reference.as_str()).await?);
                }
                refunds.extend(self.refunds.refunds_of(&attempt.reference).await?);
            }
        }
        let rights = self.entitlements.entitlements_of_order(order.id).await?;
        let mut subjects = vec![Subject::of(order.id)];
        subjects.extend(rights.iter().map(|right| Subject::of(right.id)));
        let mails = self.jobs.mails_about(&subjects, MOST).await?;
        let links = self.links.links_of(order.id, MOST).await?;
        let ids: Vec<LinkId> = links.iter().map(|link| link.id).collect();
        let visits = self.visits.visits_of(&ids).await?;
        let now = self.clock.now();
        let order = order.clone();
        let facts = Facts { order, attempts, reviews, refunds, rights, mails, links, visits, now };
        Ok(viewer.sees(steps(&facts), &facts.order.buyer.email))
    }
}
