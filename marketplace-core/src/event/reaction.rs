//! Jobs of the host that come with events.

use super::EventKind;
use crate::{
    commit::{Change, ChangeSet, DecisionKey, DerivedIds},
    id::JobId,
    job::NewJob,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Which kinds of jobs are enqueued with which events: `{"event", "subject", "decision"}` is their payload.
#[derive(Debug, Clone, Default)]
pub struct Reactions(BTreeMap<EventKind, Vec<&'static str>>);

impl Reactions {
    /// Has a job of this kind enqueued with every event of that kind.
    pub fn add(&mut self, event: EventKind, job: &'static str) {
        let jobs = self.0.entry(event).or_default();
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }

    /// The kinds of jobs.
    pub fn jobs(&self) -> impl Iterator<Item = &'static str> {
        self.0.values().flatten().copied()
    }

    /// The set with its jobs. The same set again has the same ones.
    pub(crate) fn added_to(&self, set: &ChangeSet) -> ChangeSet {
        if self.0.is_empty() {
            return set.clone();
        }
        let decision = set.decision();
        let key = DecisionKey::new("react", &decision.key);
        let mut ids = DerivedIds::new(&key, decision.at);
        let mut jobs = Vec::new();
        for event in EventKind::of(set.changes()) {
            for kind in self.0.get(&event).into_iter().flatten() {
                jobs.push(Change::Enqueue(NewJob {
                    id: JobId::from_uuid(ids.next()),
                    kind: (*kind).to_owned(),
                    payload: json!({
                        "event": event,
                        "subject": decision.subject.as_str(),
                        "decision": decision.key.as_str(),
                    }),
                    subject: decision.subject.clone(),
                    unique: None,
                    run_at: decision.at,
                    created_at: decision.at,
                }));
            }
        }
        if jobs.is_empty() { set.clone() } else { set.clone().with(jobs) }
    }
}
