//! The tests of this crate.

#[cfg(feature = "postgres")]
mod cluster;
mod listed;
mod planted;

mod contract {
    marketplace_testing::store_contract!(marketplace_testing::memory::MemoryHarness::default());
}

mod mocks;
mod services;
