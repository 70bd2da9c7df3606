//! What creators sold.
//!
//! Guarantees: reads of one statement, so of one moment; a series costs one step in an index per bound, and a page of
//! sales what stands on it, however much was sold. The sums behind it are written where entries are chained, see
//! `migrations/0003_earnings.sql`.
//!
//! Called by: the port of `marketplace_core::earnings`.

mod model;
mod port;
#[cfg(test)]
mod tests;
