//! Attempts, notices and reviews.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    state::{Done, State, fresh, unique},
    store::pause,
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    commit::Refusal,
    error::StoreError,
    id::{OrderId, Reference, ReviewId},
    page::Page,
    payment::{Attempt, Notice, NoticeOutcome, OpenNotice, PaymentRows, Review, ReviewClosing, Verified},
    time::Timestamp,
};

impl State {
    pub(super) fn insert_attempt(&mut self, attempt: Attempt) -> Done {
        unique(self.attempts.has(&attempt.reference))?;
        self.require_order(attempt.order)?;
        self.put_attempt(attempt)
    }

    pub(super) fn advance_attempt(&mut self, seen: Version, to: Attempt) -> Done {
        let old = self.attempts.get(&to.reference).ok_or(Refusal::Stale)?;
        fresh(old.version == seen || self.has(Defect::IgnoresVersions))?;
        let (order, reference) = (old.order, old.reference.clone());
        if self.open_attempts.get(&order) == Some(&reference) {
            self.open_attempts.remove(&order);
        }
        self.put_attempt(Attempt { version: seen.next(), ..to })
    }

    fn put_attempt(&mut self, attempt: Attempt) -> Done {
        if attempt.state.is_open() {
            unique(self.open_attempts.has(&attempt.order) && !self.has(Defect::OpensTwoAttempts))?;
            self.open_attempts.put(attempt.order, attempt.reference.clone());
        }
        self.attempts.put(attempt.reference.clone(), attempt);
        Ok(())
    }

    fn payment(&self, reference: &Reference) -> Option<Verified> {
        let attempt = self.attempts.get(reference)?.clone();
        let order = self.orders.get(&attempt.order)?.clone();
        Some(Verified { order, attempt })
    }

    fn open_notice(&self, key: &str) -> Option<OpenNotice> {
        let shows_closed = self.has(Defect::ShowsClosedNotices);
        let notice = self.notices.get(key).filter(|notice| notice.closed_at.is_none() || shows_closed)?;
        let claim = notice.claim.clone();
        let reference = claim.as_ref().and_then(|claim| claim.reference.parse().ok());
        Some(OpenNotice { claim, payment: reference.and_then(|reference| self.payment(&reference)) })
    }

    pub(super) fn insert_notice(&mut self, notice: Notice) -> Done {
        unique(self.notices.has(&notice.key))?;
        self.notices.put(notice.key.clone(), notice);
        Ok(())
    }

    pub(super) fn close_notice(&mut self, key: &str, outcome: NoticeOutcome, at: Timestamp) -> Done {
        let mut notice = self.notices.get(key).cloned().ok_or(Refusal::Stale)?;
        fresh(notice.outcome.is_none())?;
        notice.outcome = Some(outcome);
        notice.closed_at = Some(at);
        self.notices.put(key.to_owned(), notice);
        Ok(())
    }

    pub(super) fn open_review(&mut self, review: Review) -> Done {
        unique(self.reviews.has(&review.id))?;
        if let Some(order) = review.order {
            self.require_order(order)?;
        }
        let subject = (review.reference.clone(), review.reason.as_str());
        if !self.reviews_by_subject.has(&subject) {
            self.reviews_by_subject.put(subject, review.id);
            self.reviews.put(review.id, review);
        }
        Ok(())
    }

    pub(super) fn close_review(&mut self, id: ReviewId, closing: ReviewClosing) -> Done {
        let mut review = self.reviews.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(review.closing.is_none())?;
        self.reviews_by_subject.remove(&(review.reference.clone(), review.reason.as_str()));
        review.closing = Some(closing);
        self.reviews.put(id, review);
        Ok(())
    }
}

impl MemoryStore {
    /// Only for [`Defect::MixesMoments`]: the order as it is a moment later.
    async fn at_two_moments(&self, found: Option<Verified>) -> Option<Verified> {
        let Verified { order, attempt } = found?;
        if !self.locked(|state| state.has(Defect::MixesMoments)) {
            return Some(Verified { order, attempt });
        }
        pause().await;
        let order = self.locked(|state| state.orders.get(&order.id).cloned())?;
        Some(Verified { order, attempt })
    }
}

#[async_trait]
impl PaymentRows for MemoryStore {
    async fn attempt(&self, reference: &Reference) -> Result<Option<Attempt>, StoreError> {
        self.call(|state| Ok(state.attempts.get(reference).cloned())).await
    }

    async fn attempts_of(&self, order: OrderId) -> Result<Vec<Attempt>, StoreError> {
        self.call(|state| {
            let own = state.attempts.values().filter(|attempt| attempt.order == order);
            let mut attempts: Vec<_> = own.cloned().collect();
            attempts.sort_by_key(|attempt| (attempt.created_at, attempt.reference.clone()));
            Ok(attempts)
        })
        .await
    }

    async fn payment(&self, reference: &Reference) -> Result<Option<Verified>, StoreError> {
        let found = self.call(|state| Ok(state.payment(reference))).await?;
        Ok(self.at_two_moments(found).await)
    }

    async fn open_notice(&self, key: &str) -> Result<Option<OpenNotice>, StoreError> {
        let mut key = key.to_owned();
        if self.locked(|state| state.has(Defect::AnswersOtherReaders)) {
            key = self.asked_together(&key).await;
        }
        let found = self.call(|state| Ok(state.open_notice(&key))).await?;
        let Some(OpenNotice { claim, payment }) = found else { return Ok(None) };
        Ok(Some(OpenNotice { claim, payment: self.at_two_moments(payment).await }))
    }

    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError> {
        self.call(|state| Ok(state.notices.get(key).cloned())).await
    }

    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError> {
        self.call(|state| {
            let all = state.reviews.values().filter(|review| review.closing.is_none()).cloned();
            Ok(page_of(state, all, page, |review| review.id.uuid()))
        })
        .await
    }

    async fn review(&self, id: ReviewId) -> Result<Option<Review>, StoreError> {
        self.call(|state| Ok(state.reviews.get(&id).cloned())).await
    }

    async fn reviews_of(&self, reference: &str) -> Result<Vec<Review>, StoreError> {
        self.call(|state| {
            let own = state.reviews.values().filter(|review| review.reference == reference);
            let mut reviews: Vec<_> = own.cloned().collect();
            reviews.sort_by_key(|review| review.id);
            Ok(reviews)
        })
        .await
    }
}
