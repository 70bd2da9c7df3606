//! Rows of `mkt_products`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::catalog as sql,
};
use marketplace_core::{
    Version,
    catalog::Product,
    id::{CreatorId, ProductId},
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, product: &Product) {
    script
        .step(sql::INSERT_PRODUCT, TAKEN)
        .bind(product.id.uuid())
        .bind(product.creator.uuid())
        .bind(product.slug.as_str())
        .bind(product.title.as_str())
        .bind(product.description.as_str())
        .bind(product.price.minor())
        .bind(product.price.currency().code())
        .bind(product.state.as_str())
        .bind(product.created_at)
        .bind(product.published_at)
        .bind(product.version);
}

pub(crate) fn update(script: &mut Script, seen: Version, to: &Product) {
    script
        .step(sql::UPDATE_PRODUCT, STALE)
        .unique()
        .bind(to.id.uuid())
        .bind(seen)
        .bind(to.slug.as_str())
        .bind(to.title.as_str())
        .bind(to.description.as_str())
        .bind(to.price.minor())
        .bind(to.price.currency().code())
        .bind(to.state.as_str())
        .bind(to.published_at);
}

pub(super) fn decode(row: &SqliteRow) -> Result<Product, Fault> {
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
