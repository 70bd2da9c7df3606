//! Products, their files, and uploads under way.
//!
//! Called by: `commit` (products, files), `delivery` (versions), and the ports of `marketplace_core::catalog`.

pub(crate) mod file;
mod port;
pub(crate) mod product;
pub(crate) mod upload;
