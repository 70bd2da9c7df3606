//! Sign-in sessions: opaque, revocable, hashed at rest.

use crate::{
    id::{SessionId, TokenHash, UserId},
    time::Timestamp,
};

/// A sign-in. It holds only the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The hash of its bearer token; unique.
    pub token: TokenHash,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when, if nobody signs out.
    pub expires_at: Timestamp,
}
