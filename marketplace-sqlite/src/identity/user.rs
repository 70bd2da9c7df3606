//! Rows of `mkt_users`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::identity as sql,
};
use marketplace_core::{
    Version,
    id::UserId,
    identity::{PasswordHash, User},
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, user: &User) {
    script
        .step(sql::INSERT_USER, TAKEN)
        .bind(user.id.uuid())
        .bind(user.email.as_str())
        .bind(user.password.as_ref().map(PasswordHash::as_str))
        .bind(user.display_name.as_str())
        .bind(user.role.as_str())
        .bind(user.email_verified)
        .bind(user.suspended_at)
        .bind(user.created_at)
        .bind(user.version);
}

pub(crate) fn update(script: &mut Script, seen: Version, to: &User) {
    script
        .step(sql::UPDATE_USER, STALE)
        .unique()
        .bind(to.id.uuid())
        .bind(seen)
        .bind(to.email.as_str())
        .bind(to.password.as_ref().map(PasswordHash::as_str))
        .bind(to.display_name.as_str())
        .bind(to.role.as_str())
        .bind(to.email_verified)
        .bind(to.suspended_at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<User, Fault> {
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
