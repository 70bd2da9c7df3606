//! Rows of `mkt_uploads`. The row of an upload that is over stays, so that it cannot come back to life.

use crate::{columns::Fields, error::Fault, sql::catalog as sql, store::Bound};
use marketplace_core::{
    catalog::Upload,
    id::{CreatorId, ProductId, UploadId},
};
use sqlx::{postgres::PgRow, query};

pub(super) fn open(upload: &Upload) -> Bound {
    query(sql::OPEN_UPLOAD)
        .bind(upload.id.uuid())
        .bind(upload.product.uuid())
        .bind(upload.creator.uuid())
        .bind(upload.object.as_str().to_owned())
        .bind(upload.created_at.as_micros())
        .bind(upload.expires_at.as_micros())
}

pub(super) fn decode(row: &PgRow) -> Result<Upload, Fault> {
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
