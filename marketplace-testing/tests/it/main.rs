//! The tests of this crate.

#[cfg(feature = "postgres")]
mod cluster;
mod listed;
mod planted;
mod planted_gateway;
mod push_gateway;

mod contract {
    mod store {
        marketplace_testing::store_contract!(marketplace_testing::memory::MemoryHarness::default());
    }
    mod gateway {
        marketplace_testing::gateway_contract!(marketplace_testing::fake::ScriptedHarness::default());
    }
}

mod mocks;
mod services;
