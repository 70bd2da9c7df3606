//! The memory as a subject of the suite of file stores.

use super::{FilesDefect, MemoryFiles};
use crate::contract::files::{AddressWorld, FilesHarness, FreshFiles, FreshParts, PartAddressWorld};
use async_trait::async_trait;
use marketplace_core::file::{DirectUpload as _, PartLimits};
use std::sync::Arc;

/// Makes file stores in memory.
#[derive(Debug, Clone, Copy)]
pub struct MemoryFilesHarness {
    addresses: bool,
    defect: Option<FilesDefect>,
}

impl Default for MemoryFilesHarness {
    /// Stores that give out addresses.
    fn default() -> Self {
        Self { addresses: true, defect: None }
    }
}

impl MemoryFilesHarness {
    /// Makes stores that send their bytes through the server.
    pub const fn without_addresses() -> Self {
        Self { addresses: false, defect: None }
    }

    /// Makes stores with a bug.
    pub const fn with_defect(defect: FilesDefect) -> Self {
        Self { addresses: !defect.is_of_the_server(), defect: Some(defect) }
    }
}

#[async_trait]
impl FilesHarness for MemoryFilesHarness {
    async fn fresh(&self) -> FreshFiles {
        let files = if self.addresses { MemoryFiles::with_presigning() } else { MemoryFiles::new() };
        let limits = PartLimits { smallest: 1_000, ..files.part_limits() };
        let files = files.with_part_limits(limits);
        let files = Arc::new(match self.defect {
            Some(defect) => files.with_defect(defect),
            None => files,
        });
        let direct = files.clone();
        let parts = FreshParts {
            direct,
            addresses: self.addresses.then(|| files.clone() as Arc<dyn PartAddressWorld>),
        };
        FreshFiles {
            files: files.clone(),
            addresses: self.addresses.then(|| files.clone() as Arc<dyn AddressWorld>),
            parts: Some(parts),
            world: files,
            guard: Box::new(()),
        }
    }
}
