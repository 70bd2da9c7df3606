//! The alarm for notices that do not come.
//!
//! Guarantees: a payment that the sweep, and not a notice, finds to be made is logged as a warning and counted. One now and
//! then is a notice that was slow; every one means that the gateway does not reach this server: a wrong address, a
//! redirect, a firewall.
//!
//! Does not: count across processes, or survive one. A host shows it in its metrics.
//!
//! Called by: the sweep.

use crate::id::Reference;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How many payments no notice told of. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Silence(Arc<AtomicU64>);

impl Silence {
    pub(crate) fn heard_nothing(&self, reference: &Reference) {
        let untold = self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        tracing::warn!(
            payment.reference = %reference,
            payments.untold = untold,
            "a payment was made and no notice told of it: does the gateway reach this server?"
        );
    }

    /// How many there were in this process.
    pub fn untold(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
