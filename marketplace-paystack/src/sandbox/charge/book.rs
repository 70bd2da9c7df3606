//! How a transaction is charged.
//!
//! Guarantees nothing beyond what the records say. Callers: `state` writes, everything reads.

use super::facts::{ChargeStarted, ChargeStatus};
use crate::sandbox::instruments::{self, Instrument, Step};

/// The charge of a transaction, and where it stands unless the transaction has ended.
pub(in crate::sandbox) struct Charge {
    pub(super) started: ChargeStarted,
    pub(in crate::sandbox) status: ChargeStatus,
}

impl Charge {
    pub(in crate::sandbox) fn new(started: &ChargeStarted) -> Self {
        Self { started: started.clone(), status: started.status }
    }

    pub(in crate::sandbox) fn instrument(&self) -> &'static Instrument {
        instruments::of(Some(&self.started.instrument))
    }

    /// What the payer is asked now, and what comes after it.
    pub(super) fn asked(&self) -> Option<(&'static Step, &'static [Step])> {
        let steps = self.instrument().steps;
        let place = steps.iter().position(|step| ChargeStatus::asking(step.field) == self.status)?;
        let (_, from) = steps.split_at_checked(place)?;
        from.split_first()
    }
}
