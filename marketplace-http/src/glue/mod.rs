//! Thin layers between frameworks and the contract: they translate and decide nothing.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
pub mod axum;
