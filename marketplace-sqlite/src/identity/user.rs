//! Rows of `mkt_users`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::identity as sql,
};
use marketplace_core::{
    Version,
    id::UserId,
    identity::{PasswordHash, User},
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, user: &User) -> Result<(), Fault> {
    let insert = query(sql::INSERT_USER)
        .bind(blob(user.id.uuid()))
        .bind(user.email.as_str())
        .bind(user.password.as_ref().map(PasswordHash::as_str))
        .bind(user.display_name.as_str())
        .bind(user.role.as_str())
        .bind(user.email_verified)
        .bind(micros(user.suspended_at))
        .bind(user.created_at.as_micros())
        .bind(user.version.as_i64());
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn update(connection: &mut SqliteConnection, seen: Version, to: &User) -> Result<(), Fault> {
    let update = query(sql::UPDATE_USER)
        .bind(blob(to.id.uuid()))
        .bind(seen.as_i64())
        .bind(to.email.as_str())
        .bind(to.password.as_ref().map(PasswordHash::as_str))
        .bind(to.display_name.as_str())
        .bind(to.role.as_str())
        .bind(to.email_verified)
        .bind(micros(to.suspended_at));
    stale_if_none(update.execute(connection).await.map_err(Fault::of_unique)?.rows_affected())
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
