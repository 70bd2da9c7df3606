//! Rows of `mkt_orders` with their `mkt_order_lines`.

use crate::{
    columns::{Fields, hex, micros, text},
    error::Fault,
};
use marketplace_core::{
    id::{CreatorId, LineId, Nonce, OrderId, ProductId, TokenHash, UserId},
    identity::Phone,
    money::Money,
    order::{Buyer, Order, OrderLine},
};
use serde_json::{Value, json};
use sqlx::postgres::PgRow;

pub(crate) fn row(order: &Order) -> Value {
    json!({
        "id": text(order.id.uuid()),
        "user_id": order.buyer.user.map(|id| text(id.uuid())),
        "email": order.buyer.email.as_str(),
        "phone": order.buyer.phone.as_ref().map(Phone::as_str),
        "state": order.state.as_str(),
        "total_minor": order.total.minor(),
        "total_currency": order.total.currency().code(),
        "locale": order.locale.as_str(),
        "token_nonce": hex(order.token_nonce.as_bytes()),
        "token": hex(order.token.as_bytes()),
        "created_at": order.created_at.as_micros(),
        "paid_at": micros(order.paid_at),
        "version": order.version.as_i64(),
    })
}

pub(crate) fn line_rows(order: &Order) -> Result<Value, Fault> {
    (0_i64..).zip(&order.lines).map(|(position, line)| line_row(order.id, position, line)).collect()
}

fn line_row(order: OrderId, position: i64, line: &OrderLine) -> Result<Value, Fault> {
    if line.fee.currency() != line.price.currency() {
        return Err(Fault::defect("the fee of an order line is of another currency than its price"));
    }
    Ok(json!({
        "id": text(line.id.uuid()),
        "order_id": text(order.uuid()),
        "position": position,
        "product_id": text(line.product.uuid()),
        "creator_id": text(line.creator.uuid()),
        "title": line.title,
        "price_minor": line.price.minor(),
        "fee_minor": line.fee.minor(),
        "currency": line.price.currency().code(),
        "fee_rate": line.fee_rate.to_string(),
    }))
}

/// Orders from rows that stand together by order.
pub(crate) fn decode(rows: &[PgRow]) -> Result<Vec<Order>, Fault> {
    let mut orders: Vec<Order> = Vec::new();
    for row in rows {
        let fields = Fields::new(row, "mkt_orders", "id");
        let id = OrderId::from_uuid(fields.uuid("id")?);
        if orders.last().is_none_or(|order| order.id != id) {
            orders.push(head(&fields, id)?);
        }
        if let Some(order) = orders.last_mut()
            && !fields.is_null("line_id")?
        {
            order.lines.push(line(row)?);
        }
    }
    Ok(orders)
}

fn head(fields: &Fields<'_>, id: OrderId) -> Result<Order, Fault> {
    Ok(Order {
        id,
        buyer: Buyer {
            user: fields.uuid_maybe("user_id")?.map(UserId::from_uuid),
            email: fields.parse("email")?,
            phone: fields.parse_maybe("phone")?,
        },
        state: fields.parse("state")?,
        lines: Vec::new(),
        total: fields.money("total_minor", "total_currency")?,
        locale: fields.parse("locale")?,
        token_nonce: Nonce::from_bytes(fields.bytes("token_nonce")?),
        token: TokenHash::from_bytes(fields.bytes("token")?),
        created_at: fields.time("created_at")?,
        paid_at: fields.time_maybe("paid_at")?,
        version: fields.version()?,
    })
}

fn line(row: &PgRow) -> Result<OrderLine, Fault> {
    let fields = Fields::new(row, "mkt_order_lines", "line_id");
    let price = fields.money("price_minor", "currency")?;
    Ok(OrderLine {
        id: LineId::from_uuid(fields.uuid("line_id")?),
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        creator: CreatorId::from_uuid(fields.uuid("creator_id")?),
        title: fields.get("title")?,
        price,
        fee: Money::new(fields.get("fee_minor")?, price.currency()),
        fee_rate: fields.parse("fee_rate")?,
    })
}
