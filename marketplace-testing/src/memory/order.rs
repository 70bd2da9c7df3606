//! Orders.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    state::{Done, State, fresh, missing, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    Version,
    commit::Refusal,
    error::StoreError,
    id::{OrderId, TokenHash, UserId},
    order::{Order, OrderState, Orders},
    page::Page,
    time::Timestamp,
};

impl State {
    pub(super) fn insert_order(&mut self, order: Order) -> Done {
        unique(self.orders.has(&order.id) || self.orders_by_token.has(&order.token))?;
        if let Some(user) = order.buyer.user {
            self.require_user(user)?;
        }
        for line in &order.lines {
            unique(self.order_lines.has(&line.id))?;
            self.require_product(line.product)?;
            self.require_user(line.creator)?;
            self.order_lines.put(line.id, order.id);
        }
        self.orders_by_token.put(order.token, order.id);
        self.orders.put(order.id, order);
        Ok(())
    }

    pub(super) fn advance_order(
        &mut self,
        id: OrderId,
        seen: Version,
        to: OrderState,
        at: Timestamp,
    ) -> Done {
        let mut order = self.orders.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(order.version == seen || self.has(Defect::IgnoresVersions))?;
        order.state = to;
        order.version = seen.next();
        if to == OrderState::Paid {
            // When it was *first* paid: a dispute that is won does not move it.
            order.paid_at = order.paid_at.or(Some(at));
        }
        self.orders.put(id, order);
        Ok(())
    }

    /// Refuses like a foreign key.
    pub(super) fn require_order(&self, id: OrderId) -> Done {
        if self.orders.has(&id) { Ok(()) } else { Err(missing(id)) }
    }
}

#[async_trait]
impl Orders for MemoryStore {
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.call(|state| Ok(state.orders.get(&id).cloned())).await
    }

    async fn order_by_token(&self, token: &TokenHash) -> Result<Option<Order>, StoreError> {
        self.call(|state| {
            let id = state.orders_by_token.get(token);
            Ok(id.and_then(|id| state.orders.get(id)).cloned())
        })
        .await
    }

    async fn orders_of(&self, user: UserId, page: Page) -> Result<Vec<Order>, StoreError> {
        self.call(|state| {
            let own = state.orders.values().filter(|order| order.buyer.user == Some(user)).cloned();
            Ok(page_of(state, own, page, |order| order.id.uuid()))
        })
        .await
    }
}
