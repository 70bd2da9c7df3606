//! Users and sign-in sessions.

use super::{
    Defect, MemoryStore,
    state::{Done, SessionRow, State, fresh, missing, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    commit::Refusal,
    error::StoreError,
    id::{TokenHash, UserId},
    identity::{Email, Session, Sessions, User, Users},
    time::Timestamp,
};

impl State {
    pub(super) fn insert_user(&mut self, mut user: User) -> Done {
        unique(self.users.has(&user.id) || self.users_by_email.has(user.email.as_str()))?;
        if self.has(Defect::TruncatesMicros) {
            let micros = user.created_at.as_micros();
            user.created_at = Timestamp::from_micros(micros - micros % 1000);
        }
        self.users_by_email.put(user.email.as_str().to_owned(), user.id);
        self.users.put(user.id, user);
        Ok(())
    }

    pub(super) fn update_user(&mut self, seen: Version, to: User) -> Done {
        let old = self.users.get(&to.id).ok_or(Refusal::Stale)?;
        fresh(old.version == seen || self.has(Defect::IgnoresVersions))?;
        let (id, address) = (old.id, old.email.as_str().to_owned());
        unique(self.users_by_email.get(to.email.as_str()).is_some_and(|owner| *owner != id))?;
        self.users_by_email.remove(&address);
        self.users_by_email.put(to.email.as_str().to_owned(), id);
        self.users.put(id, User { version: seen.next(), ..to });
        Ok(())
    }

    /// Refuses like a foreign key.
    pub(super) fn require_user(&self, id: UserId) -> Done {
        if self.users.has(&id) { Ok(()) } else { Err(missing(id)) }
    }
}

fn alive(row: &SessionRow, now: Timestamp) -> bool {
    row.ended_at.is_none() && now < row.session.expires_at
}

#[async_trait]
impl Users for MemoryStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.call(|state| Ok(state.users.get(&id).cloned())).await
    }

    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        self.call(|state| {
            let id = state.users_by_email.get(email.as_str());
            Ok(id.and_then(|id| state.users.get(id)).cloned())
        })
        .await
    }
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn start_session(&self, session: Session) -> Result<(), StoreError> {
        self.call(|state| {
            state.alone(|state| {
                state.require_user(session.user)?;
                if let Some(row) = state.sessions.get(&session.token) {
                    return unique(row.session.id != session.id);
                }
                state.sessions.put(session.token, SessionRow { session, ended_at: None });
                Ok(())
            })
        })
        .await
    }

    async fn session(&self, token: &TokenHash, now: Timestamp) -> Result<Option<Session>, StoreError> {
        self.call(|state| {
            let row = state.sessions.get(token).filter(|row| alive(row, now));
            Ok(row.map(|row| row.session.clone()))
        })
        .await
    }

    async fn end_session(&self, token: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        self.call(|state| {
            let Some(row) = state.sessions.get(token).filter(|row| alive(row, now)).cloned() else {
                return Ok(false);
            };
            state.sessions.put(*token, SessionRow { ended_at: Some(now), ..row });
            state.keep();
            Ok(true)
        })
        .await
    }

    async fn end_sessions(&self, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
        self.call(|state| {
            let of_user =
                state.sessions.rows().filter(|(_, row)| row.session.user == user && alive(row, now));
            let ended: Vec<_> = of_user.map(|(token, row)| (*token, row.clone())).collect();
            let count = ended.len() as u64;
            for (token, row) in ended {
                state.sessions.put(token, SessionRow { ended_at: Some(now), ..row });
            }
            state.keep();
            Ok(count)
        })
        .await
    }
}
