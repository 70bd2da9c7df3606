//! Rows of `mkt_sessions`.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    id::{SessionId, TokenHash, UserId},
    identity::Session,
};
use sqlx::postgres::PgRow;

pub(super) fn decode(row: &PgRow) -> Result<Session, Fault> {
    let fields = Fields::new(row, "mkt_sessions", "id");
    Ok(Session {
        id: SessionId::from_uuid(fields.uuid("id")?),
        user: UserId::from_uuid(fields.uuid("user_id")?),
        token: TokenHash::from_bytes(fields.bytes("token")?),
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
    })
}
