//! Rows of `mkt_links` and `mkt_download_sessions`.

use crate::{
    columns::{Fields, hex, micros, text},
    error::Fault,
};
use marketplace_core::{
    delivery::{DownloadSession, Link},
    id::{EntitlementId, FileId, FileVersionId, LinkId, Nonce, SessionId, TokenHash},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(link: &Link) -> Value {
    json!({
        "id": text(link.id.uuid()),
        "entitlement_id": text(link.entitlement.uuid()),
        "file_id": text(link.file.uuid()),
        "nonce": hex(link.nonce.as_bytes()),
        "token": hex(link.token.as_bytes()),
        "created_at": link.created_at.as_micros(),
        "expires_at": link.expires_at.as_micros(),
        "claimed_at": micros(link.claimed_at),
    })
}

pub(crate) fn session_row(session: &DownloadSession) -> Value {
    json!({
        "id": text(session.id.uuid()),
        "link_id": text(session.link.uuid()),
        "entitlement_id": text(session.entitlement.uuid()),
        "version_id": text(session.version.uuid()),
        "file_id": text(session.file.uuid()),
        "nonce": hex(session.nonce.as_bytes()),
        "token": hex(session.token.as_bytes()),
        "created_at": session.created_at.as_micros(),
        "expires_at": session.expires_at.as_micros(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Link, Fault> {
    from_fields(&Fields::new(row, "mkt_links", "id"))
}

pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Link, Fault> {
    Ok(Link {
        id: LinkId::from_uuid(fields.uuid("id")?),
        entitlement: EntitlementId::from_uuid(fields.uuid("entitlement_id")?),
        file: FileId::from_uuid(fields.uuid("file_id")?),
        nonce: Nonce::from_bytes(fields.bytes("nonce")?),
        token: TokenHash::from_bytes(fields.bytes("token")?),
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
        claimed_at: fields.time_maybe("claimed_at")?,
    })
}

pub(super) fn decode_session(row: &PgRow) -> Result<DownloadSession, Fault> {
    let fields = Fields::new(row, "mkt_download_sessions", "id");
    Ok(DownloadSession {
        id: SessionId::from_uuid(fields.uuid("id")?),
        link: LinkId::from_uuid(fields.uuid("link_id")?),
        entitlement: EntitlementId::from_uuid(fields.uuid("entitlement_id")?),
        version: FileVersionId::from_uuid(fields.uuid("version_id")?),
        file: FileId::from_uuid(fields.uuid("file_id")?),
        nonce: Nonce::from_bytes(fields.bytes("nonce")?),
        token: TokenHash::from_bytes(fields.bytes("token")?),
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
    })
}
