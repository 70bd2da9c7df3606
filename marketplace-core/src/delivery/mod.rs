//! Delivery: from a paid order to the bytes.
//!
//! Guarantees: only an active entitlement opens a file; a link works once, until it expires, for its own
//! file; looking at a link changes nothing, so mail scanners burn none; a claim opens a download session,
//! which resumes and runs in parallel until its time is over or the right is taken away; an object that is
//! missing does not use up the link.
//!
//! Called by: the link, download and library routes, the mail jobs.

mod link;
mod model;
mod port;
mod service;

pub use link::{DownloadSession, Link, Redemption};
pub use model::{Entitlement, EntitlementState, RevokeReason};
pub use port::{Entitlements, Links};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockEntitlements, MockLinks};
pub use service::{Delivery, DeliveryError, DownloadPlan, FreshLink, LibraryItem, LinkPage, Source};
