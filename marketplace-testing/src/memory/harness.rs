//! The memory store as a subject of the contract suite.

use super::{Defect, MemoryStore};
use crate::contract::store::{FreshStore, StoreHarness};
use async_trait::async_trait;
use std::sync::Arc;

/// Makes memory stores.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryHarness {
    defect: Option<Defect>,
}

impl MemoryHarness {
    /// Makes memory stores with a bug.
    pub const fn with_defect(defect: Defect) -> Self {
        Self { defect: Some(defect) }
    }
}

#[async_trait]
impl StoreHarness for MemoryHarness {
    async fn fresh(&self) -> FreshStore {
        let store = self.defect.map_or_else(MemoryStore::new, MemoryStore::with_defect);
        FreshStore::new(Arc::new(store))
    }
}
