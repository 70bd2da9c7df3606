//! Waking the worker of this process as soon as there is work.

use event_listener::{Event, EventListener};
use std::sync::Arc;

/// A bell between commits and the worker of one process. Cheap to clone. A ring is never lost for a worker
/// that began to [`Wake::listen`] before it looked for work.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Event>);

impl Wake {
    /// Rings.
    pub fn notify(&self) {
        self.0.notify(usize::MAX);
    }

    /// Hears the next ring. Begin to listen before looking for work.
    pub fn listen(&self) -> EventListener {
        self.0.listen()
    }
}
