//! Rows of `mkt_links` and `mkt_download_sessions`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::delivery as sql,
};
use marketplace_core::{
    delivery::{DownloadSession, Link},
    id::{EntitlementId, FileId, FileVersionId, LinkId, Nonce, SessionId, TokenHash},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn issue(connection: &mut SqliteConnection, link: &Link) -> Result<(), Fault> {
    let issue = query(sql::ISSUE_LINK)
        .bind(blob(link.id.uuid()))
        .bind(blob(link.entitlement.uuid()))
        .bind(blob(link.file.uuid()))
        .bind(link.nonce.as_bytes().to_vec())
        .bind(link.token.as_bytes().to_vec())
        .bind(link.created_at.as_micros())
        .bind(link.expires_at.as_micros())
        .bind(micros(link.claimed_at));
    taken_if_none(issue.execute(connection).await?.rows_affected())
}

pub(crate) async fn claim(
    connection: &mut SqliteConnection,
    id: LinkId,
    at: Timestamp,
    session: &DownloadSession,
) -> Result<(), Fault> {
    let claim = query(sql::CLAIM_LINK).bind(blob(id.uuid())).bind(at.as_micros());
    stale_if_none(claim.execute(&mut *connection).await?.rows_affected())?;
    let open = query(sql::OPEN_DOWNLOAD)
        .bind(blob(session.id.uuid()))
        .bind(blob(session.link.uuid()))
        .bind(blob(session.entitlement.uuid()))
        .bind(blob(session.version.uuid()))
        .bind(blob(session.file.uuid()))
        .bind(session.nonce.as_bytes().to_vec())
        .bind(session.token.as_bytes().to_vec())
        .bind(session.created_at.as_micros())
        .bind(session.expires_at.as_micros());
    taken_if_none(open.execute(connection).await?.rows_affected())
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
