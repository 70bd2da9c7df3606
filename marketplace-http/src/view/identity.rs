//! Users on the wire.

use marketplace_core::{
    id::UserId,
    identity::{Role, SignedIn, User},
    time::Timestamp,
};
use serde::Serialize;

/// A user, to itself.
#[derive(Debug, Serialize)]
pub(crate) struct UserView {
    id: UserId,
    email: String,
    display_name: String,
    role: Role,
    email_verified: bool,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            display_name: user.display_name,
            role: user.role,
            email_verified: user.email_verified,
            created_at: user.created_at,
        }
    }
}

/// A sign-in, with the token that is shown once.
#[derive(Serialize)]
pub(crate) struct SignedInView {
    user: UserView,
    token: String,
    expires_at: Timestamp,
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            user: signed_in.user.into(),
            token: signed_in.token.expose().to_owned(),
            expires_at: signed_in.expires_at,
        }
    }
}
