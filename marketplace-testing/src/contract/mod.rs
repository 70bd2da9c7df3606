//! Contract suites: what every adapter of a port must do, as cases that an adapter's own tests run.
//!
//! Guarantees: a case asks only for what the documentation of the ports promises, and holds for stores with
//! foreign keys; each runs in an empty store of its own, so cases run in parallel and in any order.
//!
//! Does not: measure speed, or test what an adapter offers beyond its port.
//!
//! Called by: the tests of adapters.

mod list;

pub mod files;
pub mod gateway;
#[cfg(feature = "http")]
pub mod http;
pub mod store;
