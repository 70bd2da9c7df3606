//! Rows of `mkt_users`.

use crate::{
    columns::{Fields, micros, text},
    error::Fault,
};
use marketplace_core::{
    id::UserId,
    identity::{PasswordHash, User},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(user: &User) -> Value {
    json!({
        "id": text(user.id.uuid()),
        "email": user.email.as_str(),
        "password": user.password.as_ref().map(PasswordHash::as_str),
        "display_name": user.display_name,
        "role": user.role.as_str(),
        "email_verified": user.email_verified,
        "suspended_at": micros(user.suspended_at),
        "created_at": user.created_at.as_micros(),
        "version": user.version.as_i64(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<User, Fault> {
    let fields = Fields::new(row, "mkt_users", "id");
    Ok(User {
        id: UserId::from_uuid(fields.uuid("id")?),
        email: fields.parse("email")?,
        password: fields.get::<Option<String>>("password")?.map(PasswordHash::new),
        display_name: fields.get("display_name")?,
        role: fields.parse("role")?,
        email_verified: fields.get("email_verified")?,
        suspended_at: fields.time_maybe("suspended_at")?,
        created_at: fields.time("created_at")?,
        version: fields.version()?,
    })
}
