//! Users and sign-in sessions.

use super::Fixture;
use marketplace_core::{
    Version,
    id::{SessionId, UserId},
    identity::{Email, PasswordHash, Phone, Role, Session, User},
};
use std::time::Duration;

impl Fixture {
    /// A new address.
    pub fn email(&self) -> Email {
        let text = format!("{}@example.com", self.word("someone"));
        text.parse().expect("an address of plain words is an address")
    }

    /// A telephone number.
    pub fn phone(&self) -> Phone {
        let text = format!("+2547{:08}", self.uuid().as_u128() % 100_000_000);
        text.parse().expect("digits are a number")
    }

    /// A customer.
    pub fn user(&self) -> User {
        User {
            id: UserId::from_uuid(self.uuid()),
            email: self.email(),
            password: Some(PasswordHash::new("$test$no-password")),
            display_name: self.word("Someone"),
            role: Role::Customer,
            email_verified: false,
            suspended_at: None,
            created_at: self.tick(),
            version: Version::FIRST,
        }
    }

    /// A creator.
    pub fn creator(&self) -> User {
        User { role: Role::Creator, email_verified: true, ..self.user() }
    }

    /// A sign-in of a user, for an hour.
    pub fn session(&self, user: &User) -> Session {
        let created_at = self.tick();
        Session {
            id: SessionId::from_uuid(self.uuid()),
            user: user.id,
            token: self.token(),
            created_at,
            expires_at: created_at.saturating_add(Duration::from_hours(1)),
        }
    }
}
