//! Delivery: from a paid order to the bytes.
//!
//! Guarantees: only an active entitlement opens a file; a link works once, until it expires, for its own
//! file; looking at a link changes nothing, so mail scanners burn none; a claim opens a download session,
//! which resumes and runs in parallel until its time is over or the right is taken away; an object that is
//! missing does not use up the link. What came to a link is counted beside it, which decides nothing.
//!
//! Called by: the link, download and library routes, the mail jobs.

mod download;
mod error;
mod library;
mod link;
mod model;
mod port;
mod service;
mod visit;
mod witness;

pub use download::{DownloadPlan, Source};
pub use error::DeliveryError;
pub use library::LibraryItem;
pub use link::{DownloadSession, Link, Redemption};
pub use model::{Entitlement, EntitlementState, RevokeReason};
pub use port::{Entitlements, Links, Visits};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockEntitlements, MockLinks, MockVisits};
pub use service::{Delivery, FreshLink, LinkPage, Opened};
pub use visit::{AgentClass, NewVisit, Visit, VisitKind, VisitResult};
pub use witness::Witness;
