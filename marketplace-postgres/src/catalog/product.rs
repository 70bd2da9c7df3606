//! Rows of `mkt_products`.

use crate::{
    columns::{Fields, micros, text},
    error::Fault,
};
use marketplace_core::{
    catalog::Product,
    id::{CreatorId, ProductId},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(product: &Product) -> Value {
    json!({
        "id": text(product.id.uuid()),
        "creator_id": text(product.creator.uuid()),
        "slug": product.slug,
        "title": product.title,
        "description": product.description,
        "price_minor": product.price.minor(),
        "price_currency": product.price.currency().code(),
        "state": product.state.as_str(),
        "created_at": product.created_at.as_micros(),
        "published_at": micros(product.published_at),
        "version": product.version.as_i64(),
    })
}

pub(super) fn decode(row: &PgRow) -> Result<Product, Fault> {
    let fields = Fields::new(row, "mkt_products", "id");
    Ok(Product {
        id: ProductId::from_uuid(fields.uuid("id")?),
        creator: CreatorId::from_uuid(fields.uuid("creator_id")?),
        slug: fields.get("slug")?,
        title: fields.get("title")?,
        description: fields.get("description")?,
        price: fields.money("price_minor", "price_currency")?,
        state: fields.parse("state")?,
        created_at: fields.time("created_at")?,
        published_at: fields.time_maybe("published_at")?,
        version: fields.version()?,
    })
}
