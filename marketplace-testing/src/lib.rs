//! placeholder
pub mod build;
pub mod contract;
pub mod fake;
pub mod fault;
pub mod memory;
