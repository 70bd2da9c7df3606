//! Rows of `mkt_files` with their `mkt_file_versions`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::catalog as sql,
};
use marketplace_core::{
    catalog::{FileVersion, ProductFile, StoredFile},
    file::Digest,
    id::{FileId, FileVersionId, ProductId, UploadId},
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

/// The upload ends first: of two commits that make it a file, one finds it ready.
pub(crate) fn insert(script: &mut Script, file: &ProductFile, version: &FileVersion, from: UploadId) {
    script.step(sql::FILE_UPLOAD, STALE).bind(from.uuid());
    script
        .step(sql::INSERT_FILE, TAKEN)
        .bind(file.id.uuid())
        .bind(file.product.uuid())
        .bind(file.name.as_str())
        .bind(file.created_at)
        .bind(file.removed_at);
    let Ok(size) = i64::try_from(version.size) else {
        script.fail("a file is larger than 63 bits count");
        return;
    };
    script
        .step(sql::INSERT_FILE_VERSION, TAKEN)
        .bind(version.id.uuid())
        .bind(version.file.uuid())
        .bind(version.object.as_str())
        .bind(size)
        .bind(version.content_type.as_str())
        .bind(version.digest.as_bytes())
        .bind(version.created_at);
}

pub(crate) fn remove(script: &mut Script, id: FileId, at: Timestamp) {
    script.step(sql::REMOVE_FILE, STALE).bind(id.uuid()).bind(at);
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
