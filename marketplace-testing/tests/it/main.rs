//! The tests of this crate.

mod contract {
    marketplace_testing::store_contract!(marketplace_testing::memory::MemoryHarness::default());
}
