//! What statistics ask of a store.

use super::Figures;
use crate::{
    error::StoreError,
    id::{EntryId, OrderId, ProductId, UserId},
    identity::Email,
    money::{Currency, Money},
    order::OrderState,
    page::Page,
    time::Timestamp,
};
use async_trait::async_trait;
use std::fmt;
use uuid::Uuid;

/// Which sales to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SalesFilter {
    /// Only those posted then or later.
    pub from: Option<Timestamp>,
    /// Only those posted before then.
    pub to: Option<Timestamp>,
    /// Only orders in which the creator sold this product.
    pub product: Option<ProductId>,
}

impl SalesFilter {
    /// Bounds of the ids of what is listed, the first one included and the last one not, so that an index by id finds
    /// the range: an entry's id is a UUIDv7 of the time at which it was posted.
    pub fn ids(&self) -> (Uuid, Uuid) {
        let first_of = |at: Timestamp| {
            let millis = u128::try_from(at.as_micros()).unwrap_or(0) / 1_000;
            Uuid::from_u128(millis.checked_shl(80).unwrap_or(u128::MAX))
        };
        let low = self.from.map_or(Uuid::nil(), first_of);
        let after = |to: Timestamp| first_of(Timestamp::from_micros(to.as_micros().saturating_add(999)));
        (low, self.to.map_or(Uuid::max(), after))
    }
}

/// A line of an order that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldLine {
    /// Which line of the order, from 0.
    pub position: u32,
    /// What was sold.
    pub product: ProductId,
    /// Its title then.
    pub title: String,
    /// What the buyer paid for it.
    pub price: Money,
    /// The marketplace's fee on it.
    pub fee: Money,
}

/// What a creator sold with one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldOrder {
    /// The entry of the sale.
    pub entry: EntryId,
    /// The order.
    pub order: OrderId,
    /// Where the order stands.
    pub state: OrderState,
    /// Who bought.
    pub email: Email,
    /// When the entry was posted.
    pub at: Timestamp,
    /// What the entry brought to all accounts of the creator, in the order's currency.
    pub earned: Money,
    /// The lines of the creator, all of them, in the order of the cart.
    pub lines: Vec<SoldLine>,
}

/// Reads what was sold.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Sales: fmt::Debug + Send + Sync + 'static {
    /// What a creator sold in one currency between each two neighbours of `bounds`, the later one excluded: one fewer
    /// than bounds. By [`super::facts`] over every entry that was ever committed, sealed or not, of one moment. The
    /// bounds are whole quarters of an hour in their order.
    async fn figures(
        &self,
        creator: UserId,
        currency: Currency,
        bounds: &[Timestamp],
    ) -> Result<Vec<Figures>, StoreError>;
    /// The orders in which a creator sold something, by the entry's id, newest first: entries of the kind `sale` that
    /// have an order, a line on an account of the creator, and a line of the creator in the order. `page.before` is an
    /// entry's id.
    async fn sold(
        &self,
        creator: UserId,
        filter: SalesFilter,
        page: Page,
    ) -> Result<Vec<SoldOrder>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_of_ids_hold_every_id_of_the_range() {
        let at = |micros| Some(Timestamp::from_micros(micros));
        let id =
            |millis, fill: u8| uuid::Builder::from_unix_timestamp_millis(millis, &[fill; 10]).into_uuid();
        let (low, high) = SalesFilter { from: at(5_999), to: at(7_000), product: None }.ids();
        assert!(low <= id(5, 0) && id(4, 255) < low);
        assert!(id(6, 255) < high && high <= id(7, 0));
        let (_, high) = SalesFilter { from: None, to: at(7_001), product: None }.ids();
        assert!(id(7, 255) < high, "a part of a millisecond is in its last one");
        assert_eq!(SalesFilter::default().ids(), (Uuid::nil(), Uuid::max()));
    }
}
