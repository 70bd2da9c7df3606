//! Refunds.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    state::{Done, State, fresh, missing, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    commit::Refusal,
    error::StoreError,
    id::{Reference, RefundId},
    page::Page,
    refund::{Refund, RefundRows},
};

impl State {
    pub(super) fn insert_refund(&mut self, refund: Refund) -> Done {
        unique(self.refunds.has(&refund.id))?;
        self.require_order(refund.order)?;
        if !self.attempts.has(&refund.reference) {
            return Err(missing(&refund.reference));
        }
        self.put_refund(refund)
    }

    pub(super) fn advance_refund(&mut self, seen: Version, to: Refund) -> Done {
        let old = self.refunds.get(&to.id).ok_or(Refusal::Stale)?;
        fresh(old.version == seen || self.has(Defect::IgnoresVersions))?;
        self.put_refund(Refund { version: seen.next(), ..to })
    }

    fn put_refund(&mut self, refund: Refund) -> Done {
        let other = self.refunds.values().find(|other| {
            other.reference == refund.reference && other.status.is_open() && other.id != refund.id
        });
        unique(refund.status.is_open() && other.is_some() && !self.has(Defect::OpensTwoRefunds))?;
        self.refunds.put(refund.id, refund);
        Ok(())
    }
}

#[async_trait]
impl RefundRows for MemoryStore {
    async fn refund(&self, id: RefundId) -> Result<Option<Refund>, StoreError> {
        self.call(|state| Ok(state.refunds.get(&id).cloned())).await
    }

    async fn refunds_of(&self, reference: &Reference) -> Result<Vec<Refund>, StoreError> {
        self.call(|state| {
            Ok(state.refunds.values().filter(|refund| refund.reference == *reference).cloned().collect())
        })
        .await
    }

    async fn refunds(&self, page: Page) -> Result<Vec<Refund>, StoreError> {
        self.call(|state| {
            let all = state.refunds.values().cloned();
            Ok(page_of(state, all, page, |refund| refund.id.uuid()))
        })
        .await
    }
}
