//! What refunds ask of a store.

use super::Refund;
use crate::{
    error::StoreError,
    id::{Reference, RefundId},
    page::Page,
};
use async_trait::async_trait;
use std::fmt;

/// Reads refunds.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RefundRows: fmt::Debug + Send + Sync + 'static {
    /// The refund with this id, if there is one.
    async fn refund(&self, id: RefundId) -> Result<Option<Refund>, StoreError>;
    /// Every refund of a payment, oldest first by id.
    async fn refunds_of(&self, reference: &Reference) -> Result<Vec<Refund>, StoreError>;
    /// All refunds, newest first by id.
    async fn refunds(&self, page: Page) -> Result<Vec<Refund>, StoreError>;
}
