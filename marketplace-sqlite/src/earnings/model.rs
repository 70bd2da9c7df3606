//! Rows of sums and of sales.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    earnings::{Figures, SoldLine, SoldOrder},
    id::{EntryId, OrderId, ProductId},
    money::{Currency, Money},
};
use sqlx::sqlite::SqliteRow;

/// Gross, fees, refunds and orders. They go round at 64 bits, which differences do not notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums([i64; 4]);

impl Sums {
    pub(super) const NAMES: [&'static str; 4] = ["gross", "fees", "refunds", "orders"];

    pub(super) const fn new(gross: i64, fees: i64, refunds: i64, orders: i64) -> Self {
        Self([gross, fees, refunds, orders])
    }

    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Fault> {
        Ok(Self::new(
            fields.get("gross")?,
            fields.get("fees")?,
            fields.get("refunds")?,
            fields.get("orders")?,
        ))
    }

    /// One number after the other, in the order of [`Self::NAMES`].
    pub(super) const fn values(self) -> [i64; 4] {
        self.0
    }

    fn each(self, other: Self, of: impl Fn(i64, i64) -> i64) -> Self {
        let [gross, fees, refunds, orders] = self.0;
        let [other_gross, other_fees, other_refunds, other_orders] = other.0;
        Self([
            of(gross, other_gross),
            of(fees, other_fees),
            of(refunds, other_refunds),
            of(orders, other_orders),
        ])
    }

    pub(super) fn plus(self, other: Self) -> Self {
        self.each(other, i64::wrapping_add)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.each(other, i64::wrapping_sub)
    }

    pub(super) fn figures(self, currency: Currency) -> Figures {
        let [gross, fees, refunds, orders] = self.0;
        let money = |minor| Money::new(minor, currency);
        Figures {
            gross: money(gross),
            fees: money(fees),
            refunds: money(refunds),
            orders: u64::try_from(orders).unwrap_or(0),
        }
    }
}

/// The order of these rows, one per line; `None` if there is no row.
pub(super) fn sold(rows: &[SqliteRow]) -> Result<Option<SoldOrder>, Fault> {
    let Some(first) = rows.first() else { return Ok(None) };
    let fields = Fields::new(first, "mkt_order_lines", "id");
    let currency: Currency = fields.parse("total_currency")?;
    // The creator may have lines in other currencies only.
    let earned = fields.get::<Option<i64>>("earned_minor")?.unwrap_or_default();
    Ok(Some(SoldOrder {
        entry: EntryId::from_uuid(fields.uuid("id")?),
        order: OrderId::from_uuid(fields.uuid("order_id")?),
        state: fields.parse("state")?,
        email: fields.parse("email")?,
        at: fields.time("posted_at")?,
        earned: Money::new(earned, currency),
        lines: rows.iter().map(line).collect::<Result<_, _>>()?,
    }))
}

fn line(row: &SqliteRow) -> Result<SoldLine, Fault> {
    let fields = Fields::new(row, "mkt_order_lines", "id");
    let price = fields.money("price_minor", "currency")?;
    Ok(SoldLine {
        position: fields.count("position")?,
        product: ProductId::from_uuid(fields.uuid("product_id")?),
        title: fields.get("title")?,
        price,
        fee: Money::new(fields.get("fee_minor")?, price.currency()),
    })
}
