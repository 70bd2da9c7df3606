//! Adding an entry to the sums.

use super::model::Sums;
use crate::{
    columns::{Fields, blob},
    error::Fault,
    sql::earnings as sql,
};
use marketplace_core::{
    earnings::{SalesFilter, quarter_of},
    id::EntryId,
    time::Timestamp,
};
use sqlx::{Row, SqliteConnection, query};
use std::time::Duration;

const QUARTER: Duration = Duration::from_mins(15);

/// Adds what an entry says to its own quarter of an hour and to all later ones: none, but where it comes late.
pub(crate) async fn add(connection: &mut SqliteConnection, entry: EntryId) -> Result<(), Fault> {
    let facts = query(sql::FACTS_OF).bind(blob(entry.uuid())).fetch_all(&mut *connection).await?;
    for row in &facts {
        let fields = Fields::new(row, "mkt_lines", "creator_id");
        let (creator, currency) = (fields.get::<Vec<u8>>("creator_id")?, fields.get::<String>("currency")?);
        let (quarter, gross) = (fields.get::<i64>("quarter")?, fields.get::<i64>("gross")?);
        let fact = Sums::new(gross, gross.wrapping_sub(fields.get("net")?), 0, 1);
        let place = |text| query(text).bind(creator.clone()).bind(currency.clone());
        place(sql::BEGIN_QUARTER).bind(quarter).execute(&mut *connection).await?;
        for later in place(sql::QUARTERS_FROM).bind(quarter).fetch_all(&mut *connection).await? {
            let fields = Fields::new(&later, "mkt_earnings", "place");
            let [gross, fees, refunds, orders] = Sums::read(&fields)?.plus(fact).values();
            let row = place(sql::SET_QUARTER).bind(fields.get::<i64>("place")?);
            row.bind(gross).bind(fees).bind(refunds).bind(orders).execute(&mut *connection).await?;
        }
    }
    if facts.is_empty() {
        return Ok(());
    }
    let (low, high) = ids_of_quarter(entry);
    for row in query(sql::PRODUCTS_OF).bind(blob(entry.uuid())).fetch_all(&mut *connection).await? {
        let product: Vec<u8> = row.try_get("product_id")?;
        let noted = query(sql::INSERT_SOLD_IN).bind(product).bind(low.clone()).bind(high.clone());
        noted.execute(&mut *connection).await?;
    }
    Ok(())
}

/// The bounds of the ids of the quarter of an hour that an entry's id is in.
fn ids_of_quarter(entry: EntryId) -> (Vec<u8>, Vec<u8>) {
    let millis = entry.uuid().as_u128().wrapping_shr(80);
    let micros = i64::try_from(millis.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let quarter = quarter_of(Timestamp::from_micros(micros));
    let next = quarter.saturating_add(QUARTER);
    let (low, high) = SalesFilter { from: Some(quarter), to: Some(next), product: None }.ids();
    (blob(low), blob(high))
}
