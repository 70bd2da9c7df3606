//! Rows of `mkt_uploads`. The row of an upload that is over stays, so that it cannot be opened again.

use crate::{
    columns::{Fields, blob},
    error::Fault,
    sql::catalog as sql,
    store::Bound,
};
use marketplace_core::{
    catalog::Upload,
    id::{CreatorId, ProductId, UploadId},
};
use sqlx::{query, sqlite::SqliteRow};

pub(super) fn open(upload: &Upload) -> Bound {
    query(sql::OPEN_UPLOAD)
        .bind(blob(upload.id.uuid()))
        .bind(blob(upload.product.uuid()))
        .bind(blob(upload.creator.uuid()))
        .bind(upload.object.as_str().to_owned())
        .bind(upload.created_at.as_micros())
        .bind(upload.expires_at.as_micros())
}

pub(super) fn decode(row: &SqliteRow) -> Result<Upload, Fault> {
    let fields = Fields::new(row, "mkt_uploads", "id");
    Ok(Upload {
        id: UploadId::from_uuid(fields.uuid("id")?),
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        creator: CreatorId::from_uuid(fields.uuid("creator_id")?),
        object: fields.parse("object")?,
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
    })
}
