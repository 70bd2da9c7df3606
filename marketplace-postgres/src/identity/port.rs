//! The read port of users and the port of sign-in sessions.

use super::{session, user};
use crate::{PostgresStore, sql::identity as sql};
use async_trait::async_trait;
use marketplace_core::{
    error::StoreError,
    id::{TokenHash, UserId},
    identity::{Email, Session, Sessions, User, Users},
    time::Timestamp,
};
use sqlx::query;

#[async_trait]
impl Users for PostgresStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read_one(query(sql::USER).bind(id.uuid()), user::decode).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.read_one(query(sql::USER_BY_EMAIL).bind(email.as_str().to_owned()), user::decode).await
    }
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn start_session(&self, session: Session) -> Result<(), StoreError> {
        let start = query(sql::START_SESSION)
            .bind(session.id.uuid())
            .bind(session.user.uuid())
            .bind(session.token.as_bytes().to_vec())
            .bind(session.created_at.as_micros())
            .bind(session.expires_at.as_micros());
        self.write_one(start).await?;
        Ok(())
    }

    async fn session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let find = query(sql::SESSION).bind(token.as_bytes().to_vec()).bind(now.as_micros());
        self.read_one(find, session::decode).await
    }

    async fn end_session(&self, token: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        let end = query(sql::END_SESSION).bind(token.as_bytes().to_vec()).bind(now.as_micros());
        Ok(self.write_one(end).await? > 0)
    }

    async fn end_sessions(&self, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
        let end = query(sql::END_SESSIONS).bind(user.uuid()).bind(now.as_micros());
        Ok(self.write_one(end).await?)
    }
}
