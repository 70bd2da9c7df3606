//! The tests of this crate.

mod cloud_files;
#[cfg(feature = "postgres")]
mod cluster;
mod listed;
mod planted;
mod planted_files;
mod planted_gateway;
mod push_gateway;

mod contract {
    mod store {
        marketplace_testing::store_contract!(marketplace_testing::memory::MemoryHarness::default());
    }
    mod files {
        marketplace_testing::files_contract!(marketplace_testing::fake::MemoryFilesHarness::default());
    }
    mod files_without_addresses {
        marketplace_testing::files_contract!(
            marketplace_testing::fake::MemoryFilesHarness::without_addresses()
        );
    }
    mod gateway {
        marketplace_testing::gateway_contract!(marketplace_testing::fake::ScriptedHarness::default());
    }
}

mod mocks;
mod services;
#[cfg(feature = "smtp")]
mod smtp;
