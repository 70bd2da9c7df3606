//! Rows of `mkt_orders` with their `mkt_order_lines`.

use crate::{
    columns::Fields,
    error::Fault,
    script::{STALE, Script, TAKEN},
    sql::order as sql,
};
use marketplace_core::{
    Version,
    id::{CreatorId, LineId, Nonce, OrderId, ProductId, TokenHash, UserId},
    identity::Phone,
    money::Money,
    order::{Buyer, Order, OrderLine, OrderState},
    time::Timestamp,
};
use sqlx::sqlite::SqliteRow;

pub(crate) fn insert(script: &mut Script, order: &Order) {
    script
        .step(sql::INSERT_ORDER, TAKEN)
        .bind(order.id.uuid())
        .bind(order.buyer.user.map(UserId::uuid))
        .bind(order.buyer.email.as_str())
        .bind(order.buyer.phone.as_ref().map(Phone::as_str))
        .bind(order.state.as_str())
        .bind(order.total.minor())
        .bind(order.total.currency().code())
        .bind(order.locale.as_str())
        .bind(order.token_nonce.as_bytes())
        .bind(order.token.as_bytes())
        .bind(order.created_at)
        .bind(order.paid_at)
        .bind(order.version);
    for (position, line) in (0_i64..).zip(&order.lines) {
        insert_line(script, order.id, position, line);
    }
}

fn insert_line(script: &mut Script, order: OrderId, position: i64, line: &OrderLine) {
    if line.fee.currency() != line.price.currency() {
        script.fail("the fee of an order line is of another currency than its price");
        return;
    }
    script
        .step(sql::INSERT_ORDER_LINE, TAKEN)
        .bind(line.id.uuid())
        .bind(order.uuid())
        .bind(position)
        .bind(line.product.uuid())
        .bind(line.creator.uuid())
        .bind(line.title.as_str())
        .bind(line.price.minor())
        .bind(line.fee.minor())
        .bind(line.price.currency().code())
        .bind(line.fee_rate.to_string());
}

pub(crate) fn advance(script: &mut Script, id: OrderId, seen: Version, to: OrderState, at: Timestamp) {
    script
        .step(sql::ADVANCE_ORDER, STALE)
        .bind(id.uuid())
        .bind(seen)
        .bind(to.as_str())
        .bind((to == OrderState::Paid).then_some(at));
}

/// Orders from rows that stand together by order.
pub(crate) fn decode(rows: &[SqliteRow]) -> Result<Vec<Order>, Fault> {
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

fn line(row: &SqliteRow) -> Result<OrderLine, Fault> {
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
