//! What was bought, for those who may know.
//!
//! Guarantees: a purchase opens the files that were on sale when its buyer agreed, revoked or not.
//!
//! Called by: the library and order routes, the purchase mail, and hosts.

use super::{Delivery, DeliveryError, Entitlement};
use crate::{
    catalog::{Product, StoredFile},
    id::EntitlementId,
    identity::User,
    order::Order,
    page::{Listed, Page},
};

/// A purchase, as the library shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryItem {
    /// The right.
    pub entitlement: Entitlement,
    /// What was bought.
    pub product: Product,
    /// The files that it opens.
    pub files: Vec<StoredFile>,
}

impl Delivery {
    /// A user's purchases, newest first.
    pub async fn library(&self, user: &User, page: Page) -> Result<Listed<LibraryItem>, DeliveryError> {
        let rights = self.entitlements.entitlements_of_user(user.id, page.with_lookahead()).await?;
        let rights = Listed::cut(rights, page, |right| right.id.uuid());
        Ok(Listed { items: self.items(rights.items).await?, next: rights.next })
    }

    /// The purchases of one order, for the holder of its token.
    pub async fn library_of_order(&self, order: &Order) -> Result<Vec<LibraryItem>, DeliveryError> {
        self.items(self.entitlements.entitlements_of_order(order.id).await?).await
    }

    /// The secret part of the address of an order's page, for its buyer only.
    pub(crate) fn order_page(&self, order: &Order) -> String {
        order.page_by(&self.secret)
    }

    /// One right, for checking whose it is.
    pub async fn entitlement(&self, id: EntitlementId) -> Result<Option<Entitlement>, DeliveryError> {
        Ok(self.entitlements.entitlement(id).await?)
    }

    async fn items(&self, rights: Vec<Entitlement>) -> Result<Vec<LibraryItem>, DeliveryError> {
        let mut items = Vec::with_capacity(rights.len());
        for right in rights {
            items.push(self.item(right).await?);
        }
        Ok(items)
    }

    pub(super) async fn item(&self, entitlement: Entitlement) -> Result<LibraryItem, DeliveryError> {
        let product = self.products.product(entitlement.product).await?.ok_or(DeliveryError::NotFound)?;
        let files = self.files_of(&entitlement).await?;
        Ok(LibraryItem { entitlement, product, files })
    }

    pub(super) async fn files_of(&self, right: &Entitlement) -> Result<Vec<StoredFile>, DeliveryError> {
        // What was on sale when the buyer agreed, not when the money came: a file may have been removed between.
        let order = self.orders.order(right.order).await?.ok_or(DeliveryError::NotFound)?;
        Ok(self.products.files_of(right.product, order.created_at).await?)
    }
}
