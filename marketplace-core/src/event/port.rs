//! What a host asks of a store about what happened.

use super::Event;
use crate::error::StoreError;
use async_trait::async_trait;
use std::fmt;

/// Reads the feed.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Events: fmt::Debug + Send + Sync + 'static {
    /// The events behind number `after` (0: all), in the order of their numbers, `limit` at most. What is committed when
    /// it is called is there, or comes with a later number: whoever goes on behind the last number of what it was given
    /// misses nothing and sees nothing twice. Fewer than `limit`: for now there are no more.
    async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// The last number, 0 if nothing happened yet: where a host begins that wants to hear of new events only.
    async fn last_event(&self) -> Result<u64, StoreError>;
}
