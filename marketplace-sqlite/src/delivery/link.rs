//! Rows of `mkt_links` and `mkt_download_sessions`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::delivery as sql,
};
use marketplace_core::{
    delivery::{DownloadSession, Link},
    id::{EntitlementId, FileId, FileVersionId, LinkId, Nonce, SessionId, TokenHash},
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn issue(script: &mut Script, link: &Link) {
    script
        .step(sql::ISSUE_LINK, TAKEN)
        .bind(link.id.uuid())
        .bind(link.entitlement.uuid())
        .bind(link.file.uuid())
        .bind(link.nonce.as_bytes())
        .bind(link.token.as_bytes())
        .bind(link.created_at)
        .bind(link.expires_at)
        .bind(link.claimed_at);
}

pub(crate) fn claim(script: &mut Script, id: LinkId, at: Timestamp, session: &DownloadSession) {
    script.step(sql::CLAIM_LINK, STALE).bind(id.uuid()).bind(at);
    script
        .step(sql::OPEN_DOWNLOAD, TAKEN)
        .bind(session.id.uuid())
        .bind(session.link.uuid())
        .bind(session.entitlement.uuid())
        .bind(session.version.uuid())
        .bind(session.file.uuid())
        .bind(session.nonce.as_bytes())
        .bind(session.token.as_bytes())
        .bind(session.created_at)
        .bind(session.expires_at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Link, Fault> {
    let fields = Fields::new(row, "mkt_links", "id");
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

pub(super) fn decode_session(row: &SqliteRow) -> Result<DownloadSession, Fault> {
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
