//! The contract of a store, in both modes.

mod own_connections {
    marketplace_testing::store_contract!(crate::harness::Harness(marketplace_postgres::PoolMode::Own));
}

mod a_hosts_pool {
    marketplace_testing::store_contract!(crate::harness::Harness(marketplace_postgres::PoolMode::Shared));
}
