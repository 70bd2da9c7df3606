//! What a creator sold.

use crate::{
    call::Call,
    problem::Problem,
    query::ListView,
    response::Response,
    view::{EarningsView, SaleView, parse_currency},
};
use marketplace_core::{
    earnings::{AskSales, AskSeries, Edge, Interval, SalePlace},
    error::FieldError,
    id::EntryId,
    time::Zone,
};
use uuid::Uuid;

/// A range's end, or what is wrong with it.
fn edge(call: &Call<'_>, name: &'static str, wrong: &mut Vec<FieldError>) -> Option<Edge> {
    let edge = call.query.get(name)?.parse();
    if edge.is_err() {
        wrong.push(FieldError::new(name, "invalid", "this is neither an RFC 3339 time nor a date"));
    }
    edge.ok()
}

pub(super) async fn series(call: &Call<'_>) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    let (from, to) = (edge(call, "from", &mut wrong), edge(call, "to", &mut wrong));
    let interval = call.query.get("interval").map_or(Ok(Interval::Day), str::parse);
    let interval = interval.unwrap_or_else(|_| {
        wrong.push(FieldError::new(
            "interval",
            "unknown_interval",
            "an interval is a day, a week or a month",
        ));
        Interval::Day
    });
    let zone = call.query.get("tz").map_or_else(|| Ok(Zone::utc()), Zone::named);
    let zone = zone.unwrap_or_else(|_| {
        wrong.push(FieldError::new("tz", "unknown_time_zone", "this is no zone of the IANA database"));
        Zone::utc()
    });
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let currency = call.query.get("currency").map(|code| parse_currency("currency", code)).transpose()?;
    let ask = AskSeries { currency, from, to, interval, zone };
    let series = call.market.earnings().series(call.user()?.id, &ask).await?;
    Response::json(200, &EarningsView::new(&ask, series))
}

pub(super) async fn sales(call: &Call<'_>) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    let (from, to) = (edge(call, "from", &mut wrong), edge(call, "to", &mut wrong));
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let (limit, after) = call.query.page_by(read_place)?;
    let product = match call.query.get("product").map(str::parse) {
        None => None,
        Some(Ok(product)) => Some(product),
        // What is no id is no product, and was never sold.
        Some(Err(_)) => return Response::json(200, &ListView::<SaleView>::with_cursor(Vec::new(), NOWHERE)),
    };
    let ask = AskSales { from, to, product, limit, after };
    let sales = call.market.earnings().list(call.user()?.id, ask).await?;
    let items: Vec<SaleView> = sales.items.into_iter().map(SaleView::from).collect();
    Response::json(200, &ListView::with_cursor(items, sales.next.map(write_place)))
}

const NOWHERE: Option<[u8; 20]> = None;

/// The entry's id, and which line.
fn write_place(place: SalePlace) -> [u8; 20] {
    let mut bytes = [0; 20];
    let (entry, position) = bytes.split_at_mut(16);
    entry.copy_from_slice(place.entry.uuid().as_bytes());
    position.copy_from_slice(&place.position.to_be_bytes());
    bytes
}

fn read_place(bytes: &[u8]) -> Option<SalePlace> {
    let (entry, position) = bytes.split_at_checked(16)?;
    let position = u32::from_be_bytes(position.try_into().ok()?);
    Some(SalePlace { entry: EntryId::from_uuid(Uuid::from_slice(entry).ok()?), position })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_round_trip_and_others_are_none() {
        let place = SalePlace { entry: EntryId::from_uuid(Uuid::from_u128(7)), position: 3 };
        assert_eq!(read_place(&write_place(place)), Some(place));
        for wrong in [&[][..], &[0; 16], &[0; 19], &[0; 21]] {
            assert_eq!(read_place(wrong), None);
        }
    }
}
