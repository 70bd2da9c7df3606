//! Integration tests of this crate, in one binary.

mod adapter;
mod sandbox;
