//! Rows of `mkt_files` with their `mkt_file_versions`.

use crate::{
    columns::{Fields, hex, integer, micros, text},
    error::Fault,
};
use marketplace_core::{
    catalog::{FileVersion, ProductFile, StoredFile},
    file::Digest,
    id::{FileId, FileVersionId, ProductId},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(file: &ProductFile) -> Value {
    json!({
        "id": text(file.id.uuid()),
        "product_id": text(file.product.uuid()),
        "name": file.name.as_str(),
        "created_at": file.created_at.as_micros(),
        "removed_at": micros(file.removed_at),
    })
}

pub(crate) fn version_row(version: &FileVersion) -> Result<Value, Fault> {
    Ok(json!({
        "id": text(version.id.uuid()),
        "file_id": text(version.file.uuid()),
        "object": version.object.as_str(),
        "size": integer(version.size)?,
        "content_type": version.content_type.as_str(),
        "digest": hex(version.digest.as_bytes()),
        "created_at": version.created_at.as_micros(),
    }))
}

pub(crate) fn decode(row: &PgRow) -> Result<StoredFile, Fault> {
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
