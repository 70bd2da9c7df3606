//! Users on the wire.

use crate::openapi::wire;
use marketplace_core::{
    id::UserId,
    identity::{Role, SignedIn, User},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A user, to itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = wire::UserId)]
    id: UserId,
    #[schema(value_type = wire::Email)]
    email: String,
    #[schema(examples("Ada"))]
    display_name: String,
    #[schema(value_type = wire::Role)]
    role: Role,
    #[schema(examples(true))]
    email_verified: bool,
    #[schema(value_type = wire::Timestamp)]
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
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInView {
    user: UserView,
    #[schema(value_type = wire::Token)]
    token: String,
    #[schema(value_type = wire::Timestamp)]
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
