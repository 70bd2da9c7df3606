//! Rows of `mkt_uploads`. The row of an upload that is over stays, so that it cannot come back to life.

use crate::{
    columns::{Fields, integer},
    error::Fault,
    sql::catalog as sql,
    store::Bound,
};
use marketplace_core::{
    catalog::{Announced, Upload, UploadRefusal},
    file::{Digest, UploadTag},
    id::{CreatorId, Nonce, ProductId, TokenHash, UploadId},
};
use sqlx::{postgres::PgRow, query};

pub(super) fn open(upload: &Upload) -> Result<Bound, Fault> {
    let announced = upload.announced.as_ref();
    Ok(query(sql::OPEN_UPLOAD)
        .bind(upload.id.uuid())
        .bind(upload.product.uuid())
        .bind(upload.creator.uuid())
        .bind(upload.object.as_str().to_owned())
        .bind(upload.state.as_str())
        .bind(upload.refusal.map(UploadRefusal::as_str))
        .bind(announced.map(|file| file.name.as_str().to_owned()))
        .bind(announced.map(|file| integer(file.size)).transpose()?)
        .bind(announced.and_then(|file| Some(file.content_type.as_ref()?.as_str().to_owned())))
        .bind(announced.and_then(|file| Some(file.digest?.as_bytes().to_vec())))
        .bind(announced.map(|file| integer(file.part_size)).transpose()?)
        .bind(announced.and_then(|file| Some(file.tag.as_ref()?.as_str().to_owned())))
        .bind(announced.map(|file| file.nonce.as_bytes().to_vec()))
        .bind(announced.map(|file| file.token.as_bytes().to_vec()))
        .bind(upload.created_at.as_micros())
        .bind(upload.expires_at.as_micros()))
}

pub(super) fn decode(row: &PgRow) -> Result<Upload, Fault> {
    let fields = Fields::new(row, "mkt_uploads", "id");
    Ok(Upload {
        id: UploadId::from_uuid(fields.uuid("id")?),
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        creator: CreatorId::from_uuid(fields.uuid("creator_id")?),
        object: fields.parse("object")?,
        state: fields.parse("state")?,
        refusal: fields.parse_maybe("refusal")?,
        announced: if fields.is_null("name")? { None } else { Some(announced(fields)?) },
        created_at: fields.time("created_at")?,
        expires_at: fields.time("expires_at")?,
    })
}

fn announced(fields: Fields<'_>) -> Result<Announced, Fault> {
    let digest =
        if fields.is_null("digest")? { None } else { Some(Digest::from_bytes(fields.bytes("digest")?)) };
    Ok(Announced {
        name: fields.parse("name")?,
        size: fields.count("size")?,
        content_type: fields.parse_maybe("content_type")?,
        digest,
        part_size: fields.count("part_size")?,
        tag: fields.get::<Option<String>>("tag")?.map(UploadTag::new),
        nonce: Nonce::from_bytes(fields.bytes("nonce")?),
        token: TokenHash::from_bytes(fields.bytes("token")?),
    })
}

pub(super) fn number(row: &PgRow) -> Result<u64, Fault> {
    Fields::new(row, "mkt_uploads", "number").count("number")
}
