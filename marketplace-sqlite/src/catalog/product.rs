//! Rows of `mkt_products`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::catalog as sql,
};
use marketplace_core::{
    Version,
    catalog::Product,
    id::{CreatorId, ProductId},
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, product: &Product) -> Result<(), Fault> {
    let insert = query(sql::INSERT_PRODUCT)
        .bind(blob(product.id.uuid()))
        .bind(blob(product.creator.uuid()))
        .bind(product.slug.as_str())
        .bind(product.title.as_str())
        .bind(product.description.as_str())
        .bind(product.price.minor())
        .bind(product.price.currency().code())
        .bind(product.state.as_str())
        .bind(product.created_at.as_micros())
        .bind(micros(product.published_at))
        .bind(product.version.as_i64());
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn update(
    connection: &mut SqliteConnection,
    seen: Version,
    to: &Product,
) -> Result<(), Fault> {
    let update = query(sql::UPDATE_PRODUCT)
        .bind(blob(to.id.uuid()))
        .bind(seen.as_i64())
        .bind(to.slug.as_str())
        .bind(to.title.as_str())
        .bind(to.description.as_str())
        .bind(to.price.minor())
        .bind(to.price.currency().code())
        .bind(to.state.as_str())
        .bind(micros(to.published_at));
    stale_if_none(update.execute(connection).await.map_err(Fault::of_unique)?.rows_affected())
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
