//! The heartbeat of a shift: one call prolongs all leases that it holds.
//!
//! Guarantees: what waits in the local queue, runs, or has ended and is not stored yet, is held. A lease that turns
//! out to be lost takes its job out of the queue or drops its run.

use super::{
    shift::{Event, Shift},
    worker::lost,
};
use crate::job::Fence;

impl Shift<'_> {
    pub(super) fn beat(&mut self) {
        let held: Vec<Fence> = (self.queue.fences())
            .chain(self.handles.keys().copied())
            .chain(self.done.iter().copied())
            .chain(self.completing.iter().copied())
            .chain(self.settling.iter().copied())
            .collect();
        if held.is_empty() {
            return self.beat_later();
        }
        let worker = self.worker;
        self.call(async move { Event::Beaten(worker.extend(&held).await) });
    }

    /// A lease is lost. What has ended meanwhile says so by itself when it is stored.
    pub(super) fn lose(&mut self, fence: Fence) {
        if let Some(handle) = self.handles.remove(&fence) {
            handle.abort();
            lost(fence);
        } else if self.queue.remove(fence) {
            lost(fence);
        }
    }

    pub(super) fn beat_later(&mut self) {
        self.after(self.worker.options.beat(), Event::BeatDue);
    }
}
