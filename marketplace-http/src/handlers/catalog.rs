//! Products: the storefront's and a creator's own.

use crate::{
    call::Call,
    json::{Object, present, typed},
    problem::Problem,
    query::ListView,
    response::Response,
    view::{MoneyInput, ProductView},
};
use marketplace_core::{
    catalog::{
        CatalogError, NewProduct, NotPublishable, ProductEdit, ProductFilter, ProductView as CatalogView,
    },
    error::FieldError,
    page::Listed,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new product.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProductInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductInput {
    #[schema(examples("The book"), min_length = 1, max_length = 200)]
    title: String,
    #[schema(examples("Two hundred pages."), max_length = 20_000)]
    description: String,
    #[schema(value_type = MoneyInput)]
    price: Object<MoneyInput>,
}

/// What changes of a product; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProductChange)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditInput {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, examples("The book"), min_length = 1, max_length = 200)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, examples("Two hundred pages."), max_length = 20_000)]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<MoneyInput>, nullable = false)]
    price: Option<Object<MoneyInput>>,
}

/// The longest text to search for.
const LONGEST_SEARCH: usize = 200;

pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let page = call.query.page()?;
    let text = call.query.get("q").map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > LONGEST_SEARCH || text.chars().any(char::is_control)) {
        return Err(Problem::invalid_field("q", "invalid", "a search has at most 200 plain characters"));
    }
    let creator = match call.query.get("creator").map(str::parse) {
        None => None,
        Some(Ok(creator)) => Some(creator),
        // What is no id is no creator, and nobody has products.
        Some(Err(_)) => {
            let nothing: Listed<CatalogView> = Listed { items: Vec::new(), next: None };
            return Response::json(200, &ListView::of(nothing, ProductView::from));
        }
    };
    let filter = ProductFilter { text: text.map(str::to_owned), creator };
    let products = call.market.catalog().list_published(&filter, page).await?;
    let answer = Response::json(200, &ListView::of(products, ProductView::from))?;
    Ok(answer.with_header("cache-control", "no-cache"))
}

pub(super) async fn show(call: &Call<'_>) -> Result<Response, Problem> {
    let product = call.market.catalog().get_published(call.params.get("id")).await?;
    Ok(Response::json(200, &ProductView::from(product))?.with_header("cache-control", "no-cache"))
}

pub(super) async fn create(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let input: ProductInput = typed(body)?;
    let price = input.price.0.parse("price")?;
    let new = NewProduct { title: input.title, description: input.description, price };
    let product = call.market.catalog().create(call.user()?, new).await.map_err(refused)?;
    Response::json(201, &ProductView::from(product))
}

pub(super) async fn list_own(call: &Call<'_>) -> Result<Response, Problem> {
    let products = call.market.catalog().list_own(call.user()?, call.query.page()?).await?;
    Response::json(200, &ListView::of(products, ProductView::from))
}

pub(super) async fn show_own(call: &Call<'_>) -> Result<Response, Problem> {
    let product = call.market.catalog().get_own(call.user()?, call.id("id")?).await?;
    Response::json(200, &ProductView::from(product))
}

pub(super) async fn edit(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let id = call.id("id")?;
    let input: EditInput = typed(body)?;
    let price = input.price.map(|price| price.0.parse("price")).transpose()?;
    let edit = ProductEdit { title: input.title, description: input.description, price };
    let product = call.market.catalog().edit(call.user()?, id, edit).await.map_err(refused)?;
    Response::json(200, &ProductView::from(product))
}

pub(super) async fn remove_file(call: &Call<'_>) -> Result<Response, Problem> {
    call.market.catalog().remove_file(call.user()?, call.id("id")?, call.id("file_id")?).await?;
    Ok(Response::empty(204))
}

pub(super) async fn publish(call: &Call<'_>) -> Result<Response, Problem> {
    match call.market.catalog().publish(call.user()?, call.id("id")?).await {
        Ok(product) => Response::json(200, &ProductView::from(product)),
        Err(CatalogError::NotPublishable(reasons)) => Err(not_publishable(&reasons)),
        Err(error) => Err(error.into()),
    }
}

/// A price that the gateway does not take has a code of its own, the same as at checkout.
fn refused(error: CatalogError) -> Problem {
    if let CatalogError::Invalid(fields) = &error
        && let [field] = fields.as_slice()
        && matches!(field.code, "currency_not_supported" | "amount_below_minimum" | "amount_above_maximum")
    {
        return Problem::new(422, field.code, &field.message).with_fields(fields.clone());
    }
    error.into()
}

fn not_publishable(reasons: &[NotPublishable]) -> Problem {
    let told = |reason: &NotPublishable| match reason {
        NotPublishable::NoFile => FieldError::new("files", reason.code(), "the product has no file"),
        NotPublishable::FileChecking => {
            FieldError::new("files", reason.code(), "a file of the product is still being looked at")
        }
        NotPublishable::PriceNotTaken => {
            FieldError::new("price", reason.code(), "the gateway does not take this price")
        }
        NotPublishable::Archived => FieldError::new("status", reason.code(), "the product is archived"),
    };
    Problem::new(409, "not_publishable", "the product cannot be published")
        .with_fields(reasons.iter().map(told).collect())
}

pub(super) async fn unpublish(call: &Call<'_>) -> Result<Response, Problem> {
    let product = call.market.catalog().unpublish(call.user()?, call.id("id")?).await?;
    Response::json(200, &ProductView::from(product))
}

pub(super) async fn archive(call: &Call<'_>) -> Result<Response, Problem> {
    let product = call.market.catalog().archive(call.user()?, call.id("id")?).await?;
    Response::json(200, &ProductView::from(product))
}
