//! Orders and payments on the wire.

use super::MoneyView;
use marketplace_core::{
    id::{OrderId, ProductId, Reference},
    order::{self, OrderState, Placed},
    payment::{Attempt, AttemptState, Verified},
    time::Timestamp,
};
use serde::Serialize;

/// An order, to its buyer.
#[derive(Debug, Serialize)]
pub(crate) struct OrderView {
    id: OrderId,
    status: OrderState,
    items: Vec<ItemView>,
    total: MoneyView,
    currency: &'static str,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<Timestamp>,
    payment: Option<PaymentView>,
}

#[derive(Debug, Serialize)]
struct ItemView {
    product_id: ProductId,
    title: String,
    price: MoneyView,
}

impl OrderView {
    fn of(order: order::Order, attempt: Option<Attempt>) -> Self {
        let item = |line: order::OrderLine| ItemView {
            product_id: line.product,
            title: line.title,
            price: line.price.into(),
        };
        Self {
            id: order.id,
            status: order.state,
            items: order.lines.into_iter().map(item).collect(),
            total: order.total.into(),
            currency: order.total.currency().code(),
            created_at: order.created_at,
            paid_at: order.paid_at,
            payment: attempt.map(PaymentView::from),
        }
    }
}

impl From<order::OrderView> for OrderView {
    fn from(view: order::OrderView) -> Self {
        Self::of(view.order, view.attempt)
    }
}

/// An attempt to pay.
#[derive(Debug, Serialize)]
pub(crate) struct PaymentView {
    reference: Reference,
    status: AttemptState,
    authorization_url: Option<String>,
    amount: MoneyView,
}

impl From<Attempt> for PaymentView {
    fn from(attempt: Attempt) -> Self {
        Self {
            reference: attempt.reference,
            status: match attempt.state {
                // For its payer it came to nothing.
                AttemptState::Dismissed => AttemptState::Failed,
                state => state,
            },
            authorization_url: attempt.authorization_url,
            amount: attempt.amount.into(),
        }
    }
}

/// An order beside its payment.
#[derive(Debug, Serialize)]
pub(crate) struct PlacedView {
    order: OrderView,
    payment: Option<PaymentView>,
}

impl From<Placed> for PlacedView {
    fn from(placed: Placed) -> Self {
        let payment = placed.attempt.clone().map(PaymentView::from);
        Self { order: OrderView::of(placed.order, placed.attempt), payment }
    }
}

impl From<Verified> for PlacedView {
    fn from(verified: Verified) -> Self {
        let payment = Some(PaymentView::from(verified.attempt.clone()));
        Self { order: OrderView::of(verified.order, Some(verified.attempt)), payment }
    }
}
