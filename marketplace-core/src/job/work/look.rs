//! When a shift looks for work, if nobody rings.
//!
//! Guarantees: of three one is always so: there may be jobs that are due (then the next claim finds out), a call is
//! under way that will tell, or a nap is taken that ends when the next known job is due, and after one poll at the
//! latest. A job that is due and cannot be had makes nobody hurry.

use super::shift::{Event, Shift};
use crate::{error::StoreError, time::Timestamp};
use std::{error::Error, mem, time::Duration};

impl Shift<'_> {
    /// Asks when there is work.
    pub(super) fn look(&mut self, after_claim: Option<Timestamp>) {
        if mem::replace(&mut self.looking, true) {
            return;
        }
        let worker = self.worker;
        self.call(async move { Event::Looked(worker.jobs.next_due().await, after_claim) });
    }

    /// Sleeps until it is time to look again, unless that comes sooner anyway.
    pub(super) fn nap(&mut self, time: Duration) {
        let until = self.worker.clock.now().saturating_add(time);
        if self.nap.is_none_or(|nap| nap > until) {
            self.nap = Some(until);
            self.after(time, Event::Napped(until));
        }
    }

    pub(super) fn looked(
        &mut self,
        next: Result<Option<Timestamp>, StoreError>,
        after_claim: Option<Timestamp>,
    ) {
        self.looking = false;
        let (now, poll) = (self.worker.clock.now(), self.worker.options.poll);
        match next {
            Ok(Some(at)) if at > now => self.nap(at.since(now).min(poll)),
            // It was due when a claim did not get it: somebody else has it under a lock.
            Ok(Some(at)) if after_claim.is_some_and(|claimed| at <= claimed) => self.nap(poll),
            Ok(Some(_)) => self.due = true,
            Ok(None) => self.nap(poll),
            Err(error) => {
                unfound("the next job could not be looked for", &error);
                self.nap(poll);
            }
        }
    }

    /// A job is due again at this time.
    pub(super) fn known(&mut self, again: Option<Timestamp>) {
        let Some(at) = again else { return };
        let now = self.worker.clock.now();
        if at <= now {
            self.due = true;
        } else if self.nap.is_some_and(|nap| nap > at) {
            self.nap = None;
            self.nap(at.since(now));
        }
    }
}

pub(super) fn unfound(what: &str, error: &StoreError) {
    tracing::warn!(error = %error, cause = error.source().map(tracing::field::display), "{what}");
}
