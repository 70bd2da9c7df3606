//! What identity asks of a store.

use super::{Email, Session, User};
use crate::{
    error::StoreError,
    id::{TokenHash, UserId},
    time::Timestamp,
};
use async_trait::async_trait;
use std::fmt;

/// Reads users.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Users: fmt::Debug + Send + Sync + 'static {
    /// The user, if there is one.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The user with this address, if there is one.
    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError>;
}

/// Sign-in sessions: single rows without money, each call atomic alone.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Sessions: fmt::Debug + Send + Sync + 'static {
    /// Adds a session. The same session again is no error and no second row.
    async fn start_session(&self, session: Session) -> Result<(), StoreError>;
    /// The session with this token, ended and expired ones excepted.
    async fn session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Session>, StoreError>;
    /// Ends a session at once. Returns whether it was alive.
    async fn end_session(&self, token: &TokenHash, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends every session of a user at once. Returns how many were alive.
    async fn end_sessions(&self, user: UserId, now: Timestamp) -> Result<u64, StoreError>;
}
