//! Rows of sums and of sales.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    earnings::{Figures, SoldLine, SoldOrder},
    id::{EntryId, OrderId, ProductId},
    money::{Currency, Money},
};
use sqlx::postgres::PgRow;

pub(super) fn figures(row: &PgRow, currency: Currency) -> Result<Figures, Fault> {
    let fields = Fields::new(row, "mkt_earnings", "place");
    let money = |column| fields.get(column).map(|minor| Money::new(minor, currency));
    Ok(Figures {
        gross: money("gross")?,
        fees: money("fees")?,
        refunds: money("refunds")?,
        orders: fields.count("orders")?,
    })
}

/// Orders from rows that stand together by entry, one row per line.
pub(super) fn sold(rows: &[PgRow]) -> Result<Vec<SoldOrder>, Fault> {
    let mut orders: Vec<SoldOrder> = Vec::new();
    for row in rows {
        let fields = Fields::new(row, "mkt_order_lines", "id");
        let entry = EntryId::from_uuid(fields.uuid("id")?);
        if orders.last().is_none_or(|order| order.entry != entry) {
            orders.push(head(&fields, entry)?);
        }
        if let Some(order) = orders.last_mut() {
            order.lines.push(line(&fields)?);
        }
    }
    Ok(orders)
}

fn head(fields: &Fields<'_>, entry: EntryId) -> Result<SoldOrder, Fault> {
    let currency: Currency = fields.parse("total_currency")?;
    // The creator may have lines in other currencies only.
    let earned = fields.get::<Option<i64>>("earned_minor")?.unwrap_or_default();
    Ok(SoldOrder {
        entry,
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        state: fields.parse("state")?,
        email: fields.parse("email")?,
        at: fields.time("posted_at")?,
        earned: Money::new(earned, currency),
        lines: Vec::new(),
    })
}

fn line(fields: &Fields<'_>) -> Result<SoldLine, Fault> {
    let price = fields.money("price_minor", "currency")?;
    Ok(SoldLine {
        position: fields.count("position")?,
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        title: fields.get("title")?,
        price,
        fee: Money::new(fields.get("fee_minor")?, price.currency()),
    })
}
