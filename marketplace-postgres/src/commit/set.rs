//! A change set as it goes over the wire to `mkt_commit`.

use super::{change, lock::Locks};
use crate::{columns::hex, error::Fault};
use marketplace_core::commit::ChangeSet;
use serde_json::{Value, json};

/// A set, written as the function reads it.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) json: String,
    pub(super) locks: Locks,
}

impl Written {
    pub(super) fn of(set: &ChangeSet) -> Result<Self, Fault> {
        let mut locks = Locks::default();
        let changes = set.changes().iter().map(|change| change::write(change, &mut locks));
        let changes = changes.collect::<Result<Value, _>>()?;
        let head = head(set);
        let json = json!({ "decision": head, "locks": locks.names(), "changes": changes }).to_string();
        // PostgreSQL keeps no NUL in text. Found here, it fails this set alone instead of the call that carries it.
        // An escaped backslash before `u0000` is plain text, as in the payload of a job.
        if json.contains("\\u0000") && json.replace("\\\\", "").contains("\\u0000") {
            return Err(Fault::defect("a text of the set holds a NUL character"));
        }
        Ok(Self { json, locks })
    }
}

fn head(set: &ChangeSet) -> Value {
    let decision = set.decision();
    json!({
        "key": decision.key.as_str(),
        "name": decision.name,
        "input_hash": hex(decision.input.as_bytes()),
        "subject": decision.subject.as_str(),
        "actor": decision.actor.to_string(),
        "decided_at": decision.at.as_micros(),
        "events": set.events(),
    })
}
