//! Registering, signing in and out, and one's own account.

use crate::{
    auth::Caller,
    call::Call,
    json::{present, typed},
    limits,
    openapi::wire,
    problem::Problem,
    response::Response,
    view::{SignedInView, UserView},
};
use marketplace_core::identity::{NewAccount, Role};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

/// A new account.
#[derive(Deserialize, ToSchema)]
#[schema(as = Registration)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    #[schema(value_type = wire::Email)]
    email: String,
    #[schema(value_type = wire::Password)]
    password: SecretText,
    #[schema(examples("Ada"), min_length = 1, max_length = 100)]
    display_name: String,
    #[schema(value_type = wire::NewRole)]
    role: Role,
}

/// What a person signs in with.
#[derive(Deserialize, ToSchema)]
#[schema(as = Credentials)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(value_type = wire::Email)]
    email: String,
    #[schema(value_type = wire::Password)]
    password: SecretText,
}

/// What changes of an account; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = AccountChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct Renaming {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, examples("Ada"), min_length = 1, max_length = 100)]
    display_name: Option<String>,
}

/// A secret in a body: read once, never printed.
#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

pub(super) async fn register(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let input: Registration = typed(body)?;
    count_account(call, &input.email).await?;
    let account = NewAccount {
        email: input.email,
        password: input.password.0,
        display_name: input.display_name,
        role: input.role,
    };
    let signed_in = call.market.identity().register(account).await?;
    Response::json(201, &SignedInView::from(signed_in))
}

pub(super) async fn login(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let input: Credentials = typed(body)?;
    count_account(call, &input.email).await?;
    let signed_in = call.market.identity().login(&input.email, input.password.0).await?;
    Response::json(200, &SignedInView::from(signed_in))
}

/// Counts against the account, from wherever the call comes. Every spelling of an address counts as one.
async fn count_account(call: &Call<'_>, email: &str) -> Result<(), Problem> {
    let key: String = email.trim().chars().take(254).collect::<String>().to_ascii_lowercase();
    limits::count(call.limiter, &limits::SIGN_IN_ACCOUNT, &key).await
}

pub(super) async fn logout(call: &Call<'_>) -> Result<Response, Problem> {
    let Caller::User(_, token) = &call.caller else { return Err(Problem::unauthenticated()) };
    // Where the host vouches, the sign-in is the host's to end.
    let Some(token) = token else { return Ok(Response::empty(204)) };
    if call.market.identity().logout(token).await? {
        Ok(Response::empty(204))
    } else {
        Err(Problem::unauthenticated())
    }
}

pub(super) fn me(call: &Call<'_>) -> Result<Response, Problem> {
    Response::json(200, &UserView::from(call.user()?.clone()))
}

pub(super) async fn rename(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let input: Renaming = typed(body)?;
    let user = call.user()?;
    let user = match input.display_name {
        Some(name) => call.market.identity().rename(user.id, &name).await?,
        None => user.clone(),
    };
    Response::json(200, &UserView::from(user))
}

pub(super) async fn become_creator(call: &Call<'_>) -> Result<Response, Problem> {
    let user = call.market.identity().become_creator(call.user()?.id).await?;
    Response::json(200, &UserView::from(user))
}
