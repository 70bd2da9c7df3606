//! What creators sold: series by day, week or month, and the list of sales.
//!
//! A sale of a creator is an entry of the kind `sale` with a line on one of the creator's accounts. Its gross are the
//! prices of the creator's lines in the order, its net is what the entry brought, its fees are the difference: the
//! marketplace's fee, and the gateway's where creators bear it. Orders that brought a creator nothing, such as free
//! ones, are in no ledger and not counted here.
//!
//! Guarantees: every figure comes from entries of the journal, each counted once, whenever it was committed: stores
//! keep sums of what is sealed, folded in the very transaction that seals, and add what is not sealed yet;
//! `ledger verify` compares the sums with the entries. A read costs by what it shows, not by how much was ever sold.
//!
//! Does not: write. Settlement posts entries, and the sealing job folds them.
//!
//! Called by: hosts and HTTP; [`facts`] also by stores without a query language.

mod fold;
mod period;
mod port;
mod sale;
mod service;

pub use fold::{Fact, Figures, facts, quarter_of};
pub use period::{Edge, Interval, ParseEdgeError};
#[cfg(any(test, feature = "mock"))]
pub use port::MockSales;
pub use port::{Sales, SalesFilter, SoldLine, SoldOrder};
pub use sale::{AskSales, ListedSales, Sale, SalePlace};
pub use service::{AskSeries, Earnings, EarningsError, EarningsSeries, Point};
