//! The memory as a subject of the suite of file stores.

use super::{FilesDefect, MemoryFiles};
use crate::contract::files::{FilesHarness, FreshFiles};
use async_trait::async_trait;
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
        Self { addresses: true, defect: Some(defect) }
    }
}

#[async_trait]
impl FilesHarness for MemoryFilesHarness {
    async fn fresh(&self) -> FreshFiles {
        let files = if self.addresses { MemoryFiles::with_presigning() } else { MemoryFiles::new() };
        let files = Arc::new(match self.defect {
            Some(defect) => files.with_defect(defect),
            None => files,
        });
        FreshFiles { files: files.clone(), addresses: self.addresses, world: files, guard: Box::new(()) }
    }
}
