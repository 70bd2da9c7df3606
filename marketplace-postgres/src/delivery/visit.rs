//! Rows of `mkt_visits`.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{delivery::Visit, id::LinkId};
use sqlx::postgres::PgRow;

pub(super) fn decode(row: &PgRow) -> Result<Visit, Fault> {
    let fields = Fields::new(row, "mkt_visits", "link_id");
    Ok(Visit {
        link: LinkId::from_uuid(fields.uuid("link_id")?),
        kind: fields.parse("kind")?,
        agent: fields.parse("agent")?,
        result: fields.parse("result")?,
        count: fields.count("count")?,
        first_at: fields.time("first_at")?,
        last_at: fields.time("last_at")?,
    })
}
