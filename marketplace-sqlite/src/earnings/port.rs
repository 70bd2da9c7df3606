//! The port of what was sold.

use super::model::{self, Sums};
use crate::{
    SqliteStore,
    columns::{Fields, blob},
    error::Fault,
    sql::earnings as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    earnings::{Figures, Sales, SalesFilter, SoldOrder},
    error::StoreError,
    id::{ProductId, UserId},
    money::Currency,
    page::Page,
    time::Timestamp,
};
use sqlx::{query, sqlite::SqliteRow};
use uuid::Uuid;

/// How many entries of a creator are looked at together; the same stands in the statement.
const PORTION: usize = 64;

fn window(row: &SqliteRow) -> Result<(Uuid, Uuid), Fault> {
    let fields = Fields::new(row, "mkt_sold_in", "low");
    Ok((fields.uuid("low")?, fields.uuid("high")?))
}

impl SqliteStore {
    /// The newest ids below `upto` among which the sales of a product may be: those that are not in the chain yet, from
    /// `tail` on, and then one of the product's quarters after the other.
    async fn window(
        &self,
        product: Option<ProductId>,
        (low, tail, upto): (Uuid, Uuid, Uuid),
    ) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        let Some(product) = product else { return Ok(Some((low, upto))) };
        if upto > tail {
            return Ok(Some((low.max(tail), upto)));
        }
        let find = query(sql::SOLD_IN).bind(blob(product.uuid())).bind(blob(upto));
        let found = self.read_one(find, window).await?.filter(|(_, high)| *high > low);
        Ok(found.map(|(bottom, high)| (bottom.max(low), high.min(upto))))
    }
}

#[async_trait]
impl Sales for SqliteStore {
    async fn figures(
        &self,
        creator: UserId,
        currency: Currency,
        bounds: &[Timestamp],
    ) -> Result<Vec<Figures>, StoreError> {
        let micros: Vec<i64> = bounds.iter().map(|bound| bound.as_micros()).collect();
        // Numbers in brackets are JSON.
        let list = format!("{micros:?}");
        let rows = self
            .read_rows(query(sql::FIGURES).bind(blob(creator.uuid())).bind(currency.code()).bind(list))
            .await?;
        let mut kept = vec![Sums::default(); bounds.len()];
        let mut tail = vec![Sums::default(); bounds.len()];
        for row in &rows {
            let fields = Fields::new(row, "mkt_earnings", "place");
            let sums = Sums::read(&fields)?;
            if let Some(place) = fields.get::<Option<i64>>("place")? {
                let place = usize::try_from(place).unwrap_or(usize::MAX);
                if let Some(at) = kept.get_mut(place) {
                    *at = sums;
                }
            } else {
                let posted = fields.time("posted_at")?;
                let after = bounds.partition_point(|bound| *bound <= posted);
                if let Some(at) = after.checked_sub(1).and_then(|place| tail.get_mut(place)) {
                    *at = at.plus(sums);
                }
            }
        }
        let pairs = kept.iter().zip(kept.iter().skip(1)).zip(&tail);
        Ok(pairs.map(|((from, to), tail)| to.minus(*from).plus(*tail).figures(currency)).collect())
    }

    async fn sold(
        &self,
        creator: UserId,
        filter: SalesFilter,
        page: Page,
    ) -> Result<Vec<SoldOrder>, StoreError> {
        let (low, high) = filter.ids();
        let mut upto = page.before.map_or(high, |before| before.min(high));
        // Read first: whatever is below it is in the chain.
        let tail =
            self.read_one(query(sql::TAIL_BEGINS), window).await?.map_or(Uuid::max(), |(tail, _)| tail);
        let since = filter.from.map_or(i64::MIN, Timestamp::as_micros);
        let until = filter.to.map_or(i64::MAX, Timestamp::as_micros);
        let mut found = Vec::new();
        while upto > low {
            let Some((bottom, top)) = self.window(filter.product, (low, tail, upto)).await? else { break };
            let own = query(sql::OWN_ENTRIES).bind(blob(creator.uuid())).bind(blob(bottom)).bind(blob(top));
            let ids =
                self.read_list(own, |row| Fields::new(row, "mkt_lines", "entry_id").uuid("entry_id")).await?;
            for id in &ids {
                let sale = query(sql::SOLD)
                    .bind(blob(*id))
                    .bind(blob(creator.uuid()))
                    .bind(filter.product.map(|product| blob(product.uuid())))
                    .bind(since)
                    .bind(until);
                found.extend(model::sold(&self.read_rows(sale).await?)?);
                if found.len() >= page.limit as usize {
                    return Ok(found);
                }
            }
            upto = if ids.len() < PORTION { bottom } else { ids.last().copied().unwrap_or(bottom) };
        }
        Ok(found)
    }
}
