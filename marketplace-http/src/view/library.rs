//! Purchases and links on the wire.

use super::FileView;
use marketplace_core::{
    catalog::Product,
    delivery::{EntitlementState, LibraryItem},
    id::{EntitlementId, OrderId, ProductId},
    time::Timestamp,
};
use serde::Serialize;

/// A purchase.
#[derive(Debug, Serialize)]
pub(crate) struct LibraryItemView {
    entitlement_id: EntitlementId,
    product: BoughtView,
    files: Vec<FileView>,
    status: EntitlementState,
    order_id: OrderId,
}

/// What was bought. Its price is that of the order, not of today.
#[derive(Debug, Serialize)]
struct BoughtView {
    id: ProductId,
    slug: String,
    title: String,
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
#[derive(Serialize)]
pub(crate) struct LinkView {
    pub(crate) url: String,
    pub(crate) expires_at: Timestamp,
}
