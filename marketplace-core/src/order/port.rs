//! What orders ask of a store.

use super::Order;
use crate::{
    error::StoreError,
    id::{OrderId, TokenHash, UserId},
    page::Page,
};
use async_trait::async_trait;
use std::fmt;

/// Reads orders, always with their lines.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Orders: fmt::Debug + Send + Sync + 'static {
    /// The order, if there is one.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;
    /// The order that this token opens, if there is one.
    async fn order_by_token(&self, token: &TokenHash) -> Result<Option<Order>, StoreError>;
    /// A user's own orders, newest first by id.
    async fn orders_of(&self, user: UserId, page: Page) -> Result<Vec<Order>, StoreError>;
}
