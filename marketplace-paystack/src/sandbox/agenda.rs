//! What time does by itself: charges, refunds and transfers go on, disputes are reminded of and lost.
//!
//! Guarantees that everything due happens in the order of its times, each at its own time and not when somebody
//! looked, so that a clock moved far ahead gives the same records as one that ran. Callers: `state` plans,
//! [`Sandbox::catch_up`](super::Sandbox) asks what is due.

use std::collections::{BTreeSet, HashMap};

use super::desk::Desk;
use super::{charge, dispute, refund, transfer};

/// What time acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    Charge(u64),
    Refund(u64),
    Transfer(u64),
    Dispute(u64),
}

/// When time acts on what.
#[derive(Default)]
pub(super) struct Agenda {
    planned: HashMap<Subject, i64>,
    queue: BTreeSet<(i64, Subject)>,
}

impl Agenda {
    /// Replaces the plan for this subject.
    pub(super) fn plan(&mut self, subject: Subject, at: Option<i64>) {
        if let Some(before) = self.planned.remove(&subject) {
            self.queue.remove(&(before, subject));
        }
        if let Some(at) = at {
            self.planned.insert(subject, at);
            self.queue.insert((at, subject));
        }
    }

    pub(super) fn first(&self) -> Option<(i64, Subject)> {
        self.queue.first().copied()
    }
}

/// Lets time act. The desk stands at the time when it was due.
pub(super) fn act(desk: &mut Desk<'_>, subject: Subject) {
    match subject {
        Subject::Charge(id) => charge::go_on(desk, id),
        Subject::Refund(id) => refund::go_on(desk, id),
        Subject::Transfer(id) => transfer::go_on(desk, id),
        Subject::Dispute(id) => dispute::go_on(desk, id),
    }
}
