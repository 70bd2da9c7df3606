//! Purchases and links on the wire.

use super::FileView;
use crate::openapi::wire;
use marketplace_core::{
    catalog::Product,
    delivery::{EntitlementState, LibraryItem},
    id::{EntitlementId, OrderId, ProductId},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A purchase.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LibraryItem)]
pub(crate) struct LibraryItemView {
    #[schema(value_type = wire::EntitlementId)]
    entitlement_id: EntitlementId,
    product: BoughtView,
    files: Vec<FileView>,
    #[schema(value_type = wire::EntitlementStatus)]
    status: EntitlementState,
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
}

/// What was bought. Its price is that of the order, not of today.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BoughtProduct)]
struct BoughtView {
    #[schema(value_type = wire::ProductId)]
    id: ProductId,
    #[schema(examples("the-book-a1b2c3d4e5"))]
    slug: String,
    #[schema(examples("The book"))]
    title: String,
    #[schema(examples("Two hundred pages."))]
    description: String,
}

impl From<Product> for BoughtView {
    fn from(product: Product) -> Self {
        Self { id: product.id, slug: product.slug, title: product.title, description: product.description }
    }
}

impl From<LibraryItem> for LibraryItemView {
    fn from(item: LibraryItem) -> Self {
        Self {
            entitlement_id: item.entitlement.id,
            product: item.product.into(),
            files: item.files.into_iter().map(FileView::from).collect(),
            status: item.entitlement.state,
            order_id: item.entitlement.order,
        }
    }
}

/// A one-time link.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkView {
    #[schema(value_type = wire::Url)]
    pub(crate) url: String,
    #[schema(value_type = wire::Timestamp)]
    pub(crate) expires_at: Timestamp,
}
