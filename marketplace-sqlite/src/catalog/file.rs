//! Rows of `mkt_files` with their `mkt_file_versions`.

use super::upload;
use crate::{
    columns::{Fields, blob, integer, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::catalog as sql,
};
use marketplace_core::{
    catalog::{FileVersion, ProductFile, StoredFile},
    file::Digest,
    id::{FileId, FileVersionId, ProductId, UploadId},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

/// The upload ends first: of two commits that make it a file, one finds it gone.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    file: &ProductFile,
    version: &FileVersion,
    from: UploadId,
) -> Result<(), Fault> {
    stale_if_none(upload::close(connection, from).await?)?;
    let insert = query(sql::INSERT_FILE)
        .bind(blob(file.id.uuid()))
        .bind(blob(file.product.uuid()))
        .bind(file.name.as_str())
        .bind(file.created_at.as_micros())
        .bind(micros(file.removed_at));
    taken_if_none(insert.execute(&mut *connection).await?.rows_affected())?;
    let insert = query(sql::INSERT_FILE_VERSION)
        .bind(blob(version.id.uuid()))
        .bind(blob(version.file.uuid()))
        .bind(version.object.as_str())
        .bind(integer(version.size)?)
        .bind(version.content_type.as_str())
        .bind(version.digest.as_bytes().to_vec())
        .bind(version.created_at.as_micros());
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn remove(
    connection: &mut SqliteConnection,
    id: FileId,
    at: Timestamp,
) -> Result<(), Fault> {
    let remove = query(sql::REMOVE_FILE).bind(blob(id.uuid())).bind(at.as_micros());
    stale_if_none(remove.execute(connection).await?.rows_affected())
}

pub(crate) fn decode(row: &SqliteRow) -> Result<StoredFile, Fault> {
    let file = Fields::new(row, "mkt_files", "id");
    let version = Fields::new(row, "mkt_file_versions", "version_id");
    let id = FileId::from_uuid(file.uuid("id")?);
    Ok(StoredFile {
        file: ProductFile {
            id,
            product: ProductId::from_uuid(file.uuid("product_id")?),
            name: file.parse("name")?,
            created_at: file.time("created_at")?,
            removed_at: file.time_maybe("removed_at")?,
        },
        version: FileVersion {
            id: FileVersionId::from_uuid(version.uuid("version_id")?),
            file: id,
            object: version.parse("object")?,
            size: version.count("size")?,
            content_type: version.parse("content_type")?,
            digest: Digest::from_bytes(version.bytes("digest")?),
            created_at: version.time("version_created_at")?,
        },
    })
}
