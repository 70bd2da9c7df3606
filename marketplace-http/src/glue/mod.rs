//! Thin layers between frameworks and the contract: they translate and decide nothing.

#[cfg(feature = "axum")]
pub mod axum;
