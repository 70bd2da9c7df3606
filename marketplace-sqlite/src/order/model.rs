//! Rows of `mkt_orders` with their `mkt_order_lines`.

use crate::{
    columns::{Fields, blob, micros},
    error::{Fault, stale_if_none, taken_if_none},
    sql::order as sql,
};
use marketplace_core::{
    Version,
    id::{CreatorId, LineId, Nonce, OrderId, ProductId, TokenHash, UserId},
    money::Money,
    order::{Buyer, Order, OrderLine, OrderState},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

pub(crate) async fn insert(connection: &mut SqliteConnection, order: &Order) -> Result<(), Fault> {
    let insert = query(sql::INSERT_ORDER)
        .bind(blob(order.id.uuid()))
        .bind(order.buyer.user.map(|user| blob(user.uuid())))
        .bind(order.buyer.email.as_str())
        .bind(order.state.as_str())
        .bind(order.total.minor())
        .bind(order.total.currency().code())
        .bind(order.locale.as_str())
        .bind(order.token_nonce.as_bytes().to_vec())
        .bind(order.token.as_bytes().to_vec())
        .bind(order.created_at.as_micros())
        .bind(micros(order.paid_at))
        .bind(order.version.as_i64());
    taken_if_none(insert.execute(&mut *connection).await?.rows_affected())?;
    for (position, line) in (0_i64..).zip(&order.lines) {
        insert_line(connection, order.id, position, line).await?;
    }
    Ok(())
}

async fn insert_line(
    connection: &mut SqliteConnection,
    order: OrderId,
    position: i64,
    line: &OrderLine,
) -> Result<(), Fault> {
    if line.fee.currency() != line.price.currency() {
        return Err(Fault::defect("the fee of an order line is of another currency than its price"));
    }
    let insert = query(sql::INSERT_ORDER_LINE)
        .bind(blob(line.id.uuid()))
        .bind(blob(order.uuid()))
        .bind(position)
        .bind(blob(line.product.uuid()))
        .bind(blob(line.creator.uuid()))
        .bind(line.title.as_str())
        .bind(line.price.minor())
        .bind(line.fee.minor())
        .bind(line.price.currency().code())
        .bind(line.fee_rate.to_string());
    taken_if_none(insert.execute(connection).await?.rows_affected())
}

pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    id: OrderId,
    seen: Version,
    to: OrderState,
    at: Timestamp,
) -> Result<(), Fault> {
    let paid_at = (to == OrderState::Paid).then_some(at);
    let advance = query(sql::ADVANCE_ORDER)
        .bind(blob(id.uuid()))
        .bind(seen.as_i64())
        .bind(to.as_str())
        .bind(micros(paid_at));
    stale_if_none(advance.execute(connection).await?.rows_affected())
}

/// Orders from rows that stand together by order.
pub(super) fn decode(rows: &[SqliteRow]) -> Result<Vec<Order>, Fault> {
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
