//! The memory as its owner sees it.

use super::MemoryFiles;
use crate::contract::files::{AddressWorld, FilesWorld, PartAddressWorld, Trouble, Visit};
use async_trait::async_trait;
use bytes::Bytes;
use marketplace_core::{
    file::{DirectUpload, FileStore, ObjectKey, PartAddress},
    time::{Clock, Timestamp},
};
use std::{sync::Arc, time::Duration};

/// A clock that is behind another by a fixed time.
#[derive(Debug)]
struct Behind(Timestamp);

impl Clock for Behind {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl MemoryFiles {
    fn earlier(&self, by: Duration) -> Self {
        self.by(Arc::new(Behind(self.clock().now().saturating_sub(by))))
    }
}

#[async_trait]
impl FilesWorld for MemoryFiles {
    async fn trouble(&self, trouble: Trouble) -> bool {
        self.locked(|state| state.trouble = Some(trouble));
        true
    }

    async fn heal(&self) {
        self.locked(|state| state.trouble = None);
    }

    async fn cut(&self, key: &ObjectKey, size: u64) {
        self.locked(|state| {
            let object = state.objects.get_mut(key).expect("it is there");
            object.truncate(usize::try_from(size).expect("it is in memory"));
        });
    }

    async fn lose(&self, key: &ObjectKey) {
        assert!(Self::lose(self, key), "only what is there is lost");
    }

    async fn remains(&self) -> usize {
        self.open_uploads()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.secret().to_owned()]
    }
}

#[async_trait]
impl AddressWorld for MemoryFiles {
    async fn visit(&self, method: &str, address: &str, range: Option<&str>) -> Visit {
        Self::visit(self, method, address, range)
    }

    fn stranger(&self) -> Arc<dyn FileStore> {
        Arc::new(self.by_a_stranger())
    }

    fn behind(&self, by: Duration) -> Arc<dyn FileStore> {
        Arc::new(self.earlier(by))
    }
}

#[async_trait]
impl PartAddressWorld for MemoryFiles {
    async fn send(&self, address: &PartAddress, body: Bytes) -> Visit {
        Self::send(self, address, body)
    }

    fn stranger_to_parts(&self) -> Arc<dyn DirectUpload> {
        Arc::new(self.by_a_stranger())
    }

    fn behind_with_parts(&self, by: Duration) -> Arc<dyn DirectUpload> {
        Arc::new(self.earlier(by))
    }
}
