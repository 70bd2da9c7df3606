//! Orders and payments on the wire.

use super::MoneyView;
use crate::openapi::wire;
use marketplace_core::{
    id::{OrderId, ProductId, Reference},
    order::{self, OrderState, Placed},
    payment::{Attempt, AttemptState, Verified},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An order, to its buyer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    #[schema(value_type = wire::OrderStatus)]
    status: OrderState,
    items: Vec<ItemView>,
    total: MoneyView,
    #[schema(value_type = wire::Currency)]
    currency: &'static str,
    #[schema(value_type = wire::Timestamp)]
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
    paid_at: Option<Timestamp>,
    #[schema(required)]
    payment: Option<PaymentView>,
}

/// A line of an order, with the price of then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderItem)]
struct ItemView {
    #[schema(value_type = wire::ProductId)]
    product_id: ProductId,
    #[schema(examples("The book"))]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    #[schema(value_type = wire::Reference)]
    reference: Reference,
    #[schema(value_type = wire::PaymentStatus)]
    status: AttemptState,
    #[schema(value_type = Option<wire::PaymentUrl>, required)]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlacedOrder)]
pub(crate) struct PlacedView {
    order: OrderView,
    #[schema(required)]
    payment: Option<PaymentView>,
}

impl From<Placed> for PlacedView {
    fn from(placed: Placed) -> Self {
        let payment = placed.attempt.clone().map(PaymentView::from);
        Self { order: OrderView::of(placed.order, placed.attempt), payment }
    }
}

/// The answer to a placed order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckedOut)]
pub(crate) struct CheckedOutView {
    #[serde(flatten)]
    placed: PlacedView,
    /// To a guest alone: opens this order as a sign-in would.
    // Written at the end of a stored answer, which never holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<wire::Token>, nullable = false)]
    order_token: Option<String>,
}

impl From<Placed> for CheckedOutView {
    fn from(placed: Placed) -> Self {
        Self { placed: placed.into(), order_token: None }
    }
}

impl From<Verified> for PlacedView {
    fn from(verified: Verified) -> Self {
        let payment = Some(PaymentView::from(verified.attempt.clone()));
        Self { order: OrderView::of(verified.order, Some(verified.attempt)), payment }
    }
}
