//! The business rows that a decision can change.

use crate::{
    catalog::{FileVersion, Product, ProductFile, UploadRefusal, UploadState},
    delivery::{DownloadSession, Entitlement, Link, RevokeReason},
    id::{EntitlementId, FileId, HoldId, LinkId, OrderId, ReviewId, UploadId},
    identity::User,
    job::NewJob,
    ledger::{Hold, JournalEntry},
    order::{Order, OrderState},
    payment::{Attempt, Notice, NoticeOutcome, Review, ReviewClosing},
    refund::Refund,
    time::Timestamp,
    version::Version,
};
use std::fmt;

/// What a [`Change::Take`] counts against.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitKey(String);

impl LimitKey {
    /// `<what>:<of whom>`, for example `files:prd_…`.
    pub fn new(what: &str, of: impl fmt::Display) -> Self {
        Self(format!("{what}:{of}"))
    }

    /// The text, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One change of one business row.
///
/// Exhaustive on purpose: a store that cannot apply one does not compile. The guards are four: *version*
/// (the row still has the version that was seen, else `Stale`), *floor* (an account that must not be negative,
/// else `BelowFloor`), *limit* (a counter with a cap, else `LimitReached`) and *uniqueness* (else `Taken`).
/// Wherever a change carries a whole row to replace (`to`), its version is `seen.next()` and its immutable
/// columns are those of the old row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new user. Unique: id, e-mail address.
    InsertUser(User),
    /// Replaces a user's row. Version; unique: e-mail address.
    UpdateUser {
        /// The version that the decision saw.
        seen: Version,
        /// The new row.
        to: User,
    },
    /// A new product. Unique: id, slug.
    InsertProduct(Product),
    /// Replaces a product's row. Version; unique: slug.
    UpdateProduct {
        /// The version that the decision saw.
        seen: Version,
        /// The new row.
        to: Product,
    },
    /// A new file with its first version; its upload is ready. Unique: ids. An upload that is neither open nor being
    /// checked: `Stale`.
    InsertFile {
        /// The file.
        file: ProductFile,
        /// Its bytes.
        version: FileVersion,
        /// The upload that brought them.
        upload: UploadId,
    },
    /// Moves an upload on. An upload in another state than was seen, or unknown: `Stale`.
    AdvanceUpload {
        /// The upload.
        id: UploadId,
        /// The state that the decision saw.
        seen: UploadState,
        /// The new state; never `Ready`, which [`Change::InsertFile`] sets.
        to: UploadState,
        /// Why it is refused.
        refusal: Option<UploadRefusal>,
        /// When the sweep may take it away.
        expires_at: Timestamp,
    },
    /// Takes a file off sale; earlier buyers keep it. A file already removed, or unknown: `Stale`.
    RemoveFile {
        /// The file.
        id: FileId,
        /// When.
        at: Timestamp,
    },
    /// A new order with its lines. Unique: id, token.
    InsertOrder(Order),
    /// Moves an order to another state; sets `paid_at` to `at` when that state is `Paid` for the first time.
    /// Version.
    AdvanceOrder {
        /// The order.
        id: OrderId,
        /// The version that the decision saw.
        seen: Version,
        /// The new state.
        to: OrderState,
        /// When.
        at: Timestamp,
    },
    /// A new payment attempt. Unique: reference. At most one *open* attempt (initiated or pending) per order,
    /// else `Taken`.
    InsertAttempt(Attempt),
    /// Replaces an attempt's row. Version; at most one open attempt per order, else `Taken`.
    AdvanceAttempt {
        /// The version that the decision saw.
        seen: Version,
        /// The new row.
        to: Attempt,
    },
    /// An entry of the journal, append only. Unique: id, cause. Floor: no debit takes a floored account
    /// below zero.
    Post(JournalEntry),
    /// Money held until a date. Unique: id.
    InsertHold(Hold),
    /// Ends a hold. A hold already released, or unknown: `Stale`.
    ReleaseHold {
        /// The hold.
        id: HoldId,
        /// When.
        at: Timestamp,
    },
    /// A buyer's right to a product. Unique: id, and one per order line.
    Grant(Entitlement),
    /// Takes a right away. Version.
    Revoke {
        /// The entitlement.
        id: EntitlementId,
        /// The version that the decision saw.
        seen: Version,
        /// Why.
        reason: RevokeReason,
        /// When.
        at: Timestamp,
    },
    /// A one-time link. Unique: id, token.
    IssueLink(Link),
    /// Uses a link up and opens its download session. A link already used, or unknown: `Stale`. Unique: session.
    ClaimLink {
        /// The link.
        id: LinkId,
        /// When.
        at: Timestamp,
        /// What the claim opens.
        session: DownloadSession,
    },
    /// Counts `units` (negative to give back; never below zero) against a cap. Above it: `LimitReached`; giving
    /// back is never refused, also where the cap was lowered below the count.
    Take {
        /// The counter. A new one starts at zero.
        limit: LimitKey,
        /// How many.
        units: i64,
        /// The most there may be.
        cap: i64,
    },
    /// A background job. Unique: id. A job whose unique name is already taken by a live job is left out.
    Enqueue(NewJob),
    /// A notice in the inbox. Unique: key.
    InsertNotice(Notice),
    /// Notes what became of a notice. A notice already closed, or unknown: `Stale`.
    CloseNotice {
        /// The notice's key.
        key: String,
        /// What became of it.
        outcome: NoticeOutcome,
        /// When.
        at: Timestamp,
    },
    /// Something that an operator must look at. Unique: id, and one open one per reference and reason (a second is
    /// left out).
    OpenReview(Review),
    /// Money to give back. Unique: id, and one open one per payment, else `Taken`.
    InsertRefund(Refund),
    /// Replaces a refund's row. Version; one open one per payment.
    AdvanceRefund {
        /// The version that the decision saw.
        seen: Version,
        /// The new row.
        to: Refund,
    },
    /// Notes what an operator decided. A review already closed, or unknown: `Stale`.
    CloseReview {
        /// The review.
        id: ReviewId,
        /// What was decided.
        closing: ReviewClosing,
    },
}
