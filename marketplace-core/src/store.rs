//! The sum of all that is asked of a store.

use crate::{
    answer::Answers,
    catalog::{Products, Uploads},
    commit::Commit,
    delivery::{Entitlements, Links, Visits},
    earnings::Sales,
    error::StoreError,
    event::Events,
    identity::{Sessions, Users},
    job::Jobs,
    ledger::{Audit, Ledger},
    order::Orders,
    payment::PaymentRows,
    refund::RefundRows,
};
use async_trait::async_trait;
use std::fmt;

/// Tells whether a part works.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Health: fmt::Debug + Send + Sync + 'static {
    /// Does one cheap round trip.
    async fn check(&self) -> Result<(), StoreError>;
}

/// A whole store. Implemented by whatever implements its parts.
pub trait Store:
    Commit
    + Users
    + Sessions
    + Products
    + Uploads
    + Orders
    + PaymentRows
    + RefundRows
    + Ledger
    + Audit
    + Sales
    + Events
    + Entitlements
    + Links
    + Visits
    + Jobs
    + Answers
    + Health
{
}

impl<T> Store for T where
    T: Commit
        + Users
        + Sessions
        + Products
        + Uploads
        + Orders
        + PaymentRows
        + RefundRows
        + Ledger
        + Audit
        + Sales
        + Events
        + Entitlements
        + Links
        + Visits
        + Jobs
        + Answers
        + Health
{
}
