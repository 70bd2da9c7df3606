//! One-time links and the download sessions that they open.

use super::Entitlement;
use crate::{
    catalog::StoredFile,
    id::{EntitlementId, FileId, FileVersionId, LinkId, Nonce, SessionId, TokenHash},
    time::Timestamp,
};

/// A one-time link to a file of an entitlement. Holds only the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose right it uses.
    pub entitlement: EntitlementId,
    /// Which file.
    pub file: FileId,
    /// Part of the derivation of its token.
    pub nonce: Nonce,
    /// The hash of its token; unique.
    pub token: TokenHash,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when, if nobody uses it.
    pub expires_at: Timestamp,
    /// When it was used.
    pub claimed_at: Option<Timestamp>,
}

/// A link with all that decides whether it can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// The link.
    pub link: Link,
    /// Whose right it uses.
    pub entitlement: Entitlement,
    /// Its file, removed or not, with the newest version.
    pub file: StoredFile,
}

/// A download that was begun with a link. Its token is a bearer address: never mailed, never logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadSession {
    /// Its id.
    pub id: SessionId,
    /// The link that opened it.
    pub link: LinkId,
    /// Whose right it uses; checked at every request.
    pub entitlement: EntitlementId,
    /// Which bytes: fixed at the claim, so that a resumed download never mixes versions.
    pub version: FileVersionId,
    /// Of which file.
    pub file: FileId,
    /// Part of the derivation of its token.
    pub nonce: Nonce,
    /// The hash of its token; unique.
    pub token: TokenHash,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}
