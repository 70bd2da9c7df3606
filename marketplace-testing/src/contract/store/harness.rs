//! What an adapter's tests give to the suite.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use marketplace_core::Store;
use std::{any::Any, fmt, sync::Arc};

/// An empty store that nobody else uses.
pub struct FreshStore {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Dropped after the case: whatever must live as long as the store, such as its folder.
    pub guard: Box<dyn Any + Send + Sync>,
}

impl FreshStore {
    /// A store that needs no cleaning up.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, guard: Box::new(()) }
    }

    /// A store whose surroundings are cleaned up when `guard` is dropped.
    pub fn with_guard(store: Arc<dyn Store>, guard: impl Any + Send + Sync) -> Self {
        Self { store, guard: Box::new(guard) }
    }
}

impl fmt::Debug for FreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshStore").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Makes the stores that the cases run on.
#[async_trait]
pub trait StoreHarness: Send + Sync {
    /// A new, empty store, isolated from all others. Panics when that is impossible.
    async fn fresh(&self) -> FreshStore;
}

/// A case of the suite: panics with a clear message when the store breaks the contract.
pub type CaseFn = for<'a> fn(&'a dyn StoreHarness) -> BoxFuture<'a, ()>;
