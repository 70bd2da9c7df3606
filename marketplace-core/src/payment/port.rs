//! What payments ask of a store.

use super::{Attempt, Notice, OpenNotice, Review, Verified};
use crate::{
    error::StoreError,
    id::{OrderId, Reference, ReviewId},
    page::Page,
};
use async_trait::async_trait;
use std::fmt;

/// Reads attempts, notices and reviews.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PaymentRows: fmt::Debug + Send + Sync + 'static {
    /// The attempt with this reference, if there is one.
    async fn attempt(&self, reference: &Reference) -> Result<Option<Attempt>, StoreError>;
    /// Every attempt of an order, oldest first by creation, then reference.
    async fn attempts_of(&self, order: OrderId) -> Result<Vec<Attempt>, StoreError>;
    /// The attempt with this reference and its order, of one moment.
    async fn payment(&self, reference: &Reference) -> Result<Option<Verified>, StoreError>;
    /// The notice with this key, if there is one that is not closed, with the payment that it names, of one moment.
    async fn open_notice(&self, key: &str) -> Result<Option<OpenNotice>, StoreError>;
    /// The notice with this key, if there is one.
    async fn notice(&self, key: &str) -> Result<Option<Notice>, StoreError>;
    /// What waits for an operator, newest first by id.
    async fn reviews(&self, page: Page) -> Result<Vec<Review>, StoreError>;
    /// The review with this id, if there is one.
    async fn review(&self, id: ReviewId) -> Result<Option<Review>, StoreError>;
    /// Every review of a reference, ours or not, oldest first by id; those that are over, too.
    async fn reviews_of(&self, reference: &str) -> Result<Vec<Review>, StoreError>;
}
