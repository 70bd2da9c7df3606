//! Rows of `mkt_events`, with their decisions.

use crate::{columns::Fields, error::Fault};
use marketplace_core::{
    commit::{DecisionKey, Subject},
    event::Event,
};
use sqlx::postgres::PgRow;

pub(super) fn decode(row: &PgRow) -> Result<Event, Fault> {
    let fields = Fields::new(row, "mkt_events", "key");
    Ok(Event {
        number: fields.count("number")?,
        kinds: Event::kinds_of(&fields.get::<String>("events")?),
        decision: DecisionKey::from_text(fields.get::<String>("key")?),
        subject: Subject::of(fields.get::<String>("subject")?),
        actor: fields.parse("actor")?,
        at: fields.time("decided_at")?,
    })
}
