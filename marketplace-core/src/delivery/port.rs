//! What delivery asks of a store.

use super::{DownloadSession, Entitlement, Link, NewVisit, Redemption, Visit};
use crate::{
    catalog::StoredFile,
    error::StoreError,
    id::{EntitlementId, FileVersionId, LinkId, OrderId, TokenHash, UserId},
    page::Page,
};
use async_trait::async_trait;
use std::fmt;

/// Reads entitlements.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Entitlements: fmt::Debug + Send + Sync + 'static {
    /// The entitlement, active or not.
    async fn entitlement(&self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError>;
    /// The entitlements of an order, oldest id first.
    async fn entitlements_of_order(&self, order: OrderId) -> Result<Vec<Entitlement>, StoreError>;
    /// The entitlements of a user's own orders, newest first by id.
    async fn entitlements_of_user(&self, user: UserId, page: Page) -> Result<Vec<Entitlement>, StoreError>;
}

/// Reads links and download sessions.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Links: fmt::Debug + Send + Sync + 'static {
    /// The link, used or not.
    async fn link(&self, id: LinkId) -> Result<Option<Link>, StoreError>;
    /// The link with this token, used or not, expired or not.
    async fn link_by_token(&self, token: &TokenHash) -> Result<Option<Link>, StoreError>;
    /// The link with this token, used or not, expired or not, with its entitlement and its file as they are now. Read
    /// together, because this stands before every download that begins.
    async fn redemption(&self, token: &TokenHash) -> Result<Option<Redemption>, StoreError>;
    /// The download session with this token, expired or not.
    async fn download_session(&self, token: &TokenHash) -> Result<Option<DownloadSession>, StoreError>;
    /// The newest `limit` links of an order, used or not, newest first by id.
    async fn links_of(&self, order: OrderId, limit: u32) -> Result<Vec<Link>, StoreError>;
    /// A version of a file's bytes, with its file.
    async fn file_version(&self, id: FileVersionId) -> Result<Option<StoredFile>, StoreError>;
}

/// Counts what comes to links and to their downloads. Rows without money, which nothing depends on.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Visits: fmt::Debug + Send + Sync + 'static {
    /// Counts one visit: one row for each link, kind, agent and result, however many come, and at the same moment too.
    /// Its first time is the earliest that was noted, its last time the latest, in whatever order they came.
    ///
    /// Atomic alone; not idempotent, so nobody sends it again: a visit whose outcome is unknown may be counted or not. A
    /// link that is not there is a defect. Cancellation: it is counted or not.
    async fn note_visit(&self, visit: NewVisit) -> Result<(), StoreError>;
    /// All visits of these links, in no order. No link: none.
    async fn visits_of(&self, links: &[LinkId]) -> Result<Vec<Visit>, StoreError>;
}
