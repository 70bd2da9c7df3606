//! Identities and secrets.
//!
//! Guarantees: an id of one kind never passes for another; its text form carries the kind (`ord_…`). Ids are
//! UUIDv7: unique, sortable by time, and *not* secret. What must not be guessed is a [`Token`]: 256 bits,
//! derived by HMAC from the application secret so that no row, job or stored answer ever holds one, and
//! kept only as its hash.
//!
//! Called by: services, which draw ids and nonces from the injected [`IdGen`] before they decide.

mod entropy;
mod ids;
mod reference;
mod token;

#[cfg(any(test, feature = "mock"))]
pub use entropy::MockIdGen;
pub use entropy::{EntropyError, IdGen, OsIdGen};
pub use ids::{
    CreatorId, EntitlementId, EntryId, FileId, FileVersionId, HoldId, JobId, LineId, LinkId, OrderId,
    ParseIdError, ProductId, RefundId, ReviewId, SessionId, UploadId, UserId,
};
pub use reference::{ParseReferenceError, Reference};
pub use token::{AppSecret, Nonce, ParseTokenError, Purpose, Token, TokenHash, WeakSecret};
