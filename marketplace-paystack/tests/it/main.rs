//! Integration tests of this crate, in one binary.

mod adapter;
mod contract;
mod sandbox;
