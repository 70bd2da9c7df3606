//! The contract of the ports, on SQLite.

use crate::support::Place;
use async_trait::async_trait;
use marketplace_testing::contract::store::{FreshStore, StoreHarness};
use std::sync::Arc;

/// Makes stores on files of their own.
struct OnDisk;

#[async_trait]
impl StoreHarness for OnDisk {
    async fn fresh(&self) -> FreshStore {
        let place = Place::new();
        let store = place.store().await;
        FreshStore::with_guard(Arc::new(store), place)
    }
}

marketplace_testing::store_contract!(OnDisk);
