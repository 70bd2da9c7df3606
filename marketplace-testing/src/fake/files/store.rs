//! What a file store in memory keeps, and the faults that strike it.

use super::FilesDefect;
use crate::contract::files::Trouble;
use bytes::Bytes;
use marketplace_core::{
    file::{FileError, ObjectKey, PartLimits, StoredPart},
    time::{Clock, ManualClock, Timestamp},
};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// What goes wrong in a file store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// The call is refused: the store is down. Nothing happened.
    Unavailable,
    /// An opened object breaks off after its first piece. Strikes the next `open` only.
    BreaksOff,
    /// A call about an upload in parts is done, and its answer is lost: the caller is told that the store is down.
    AnswerLost,
}

/// An upload in parts, in the order in which they came.
pub(super) type Upload = Vec<(StoredPart, Bytes)>;

#[derive(Default)]
pub(super) struct State {
    pub(super) objects: BTreeMap<ObjectKey, Bytes>,
    pub(super) faults: VecDeque<FileFault>,
    /// Until it is healed.
    pub(super) trouble: Option<Trouble>,
    /// For a store that remembers what it should look up.
    pub(super) sizes: BTreeMap<ObjectKey, u64>,
    /// For a store that collects all bodies in one place.
    pub(super) heap: Vec<u8>,
    /// Uploads in parts, by key and tag.
    pub(super) uploads: BTreeMap<(ObjectKey, String), Upload>,
    /// How many were begun.
    pub(super) begun: u64,
}

/// Keeps objects in memory; whole bodies, so only for small ones.
pub struct MemoryFiles {
    state: Arc<Mutex<State>>,
    presigns: bool,
    secret: &'static str,
    clock: Arc<dyn Clock>,
    defect: Option<FilesDefect>,
    limits: PartLimits,
}

impl Default for MemoryFiles {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            presigns: false,
            secret: "the key of the memory's addresses",
            clock: Arc::new(ManualClock::new(Timestamp::EPOCH)),
            defect: None,
            limits: PartLimits { smallest: 1, largest: 5 << 30, most: 10_000 },
        }
    }
}

impl MemoryFiles {
    /// A store that sends its bytes through the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that gives out addresses on `https://files.example`, which open for their time after the epoch: its
    /// clock stands.
    pub fn with_presigning() -> Self {
        Self { presigns: true, ..Self::default() }
    }

    /// A store that gives out addresses by this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { presigns: true, clock, ..Self::default() }
    }

    /// A store that wants objects to be cut like this.
    #[must_use]
    pub fn with_part_limits(mut self, limits: PartLimits) -> Self {
        self.limits = limits;
        self
    }

    /// A store with a bug.
    #[must_use]
    pub fn with_defect(mut self, defect: FilesDefect) -> Self {
        self.defect = Some(defect);
        self
    }

    /// The same objects by another clock.
    pub(super) fn by(&self, clock: Arc<dyn Clock>) -> Self {
        Self { state: Arc::clone(&self.state), clock, ..*self }
    }

    /// The same objects, asked for by somebody who has another key.
    pub(super) fn by_a_stranger(&self) -> Self {
        let (state, clock) = (Arc::clone(&self.state), Arc::clone(&self.clock));
        Self { state, clock, secret: "another key", ..*self }
    }

    pub(super) fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn has(&self, defect: FilesDefect) -> bool {
        self.defect == Some(defect)
    }

    pub(super) fn defect(&self) -> Option<FilesDefect> {
        self.defect
    }

    pub(super) fn presigns(&self) -> bool {
        self.presigns
    }

    pub(super) fn secret(&self) -> &'static str {
        self.secret
    }

    pub(super) fn limits(&self) -> PartLimits {
        self.limits
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<ObjectKey> {
        self.locked(|state| state.objects.keys().cloned().collect())
    }

    /// The bytes of an object.
    pub fn bytes(&self, key: &ObjectKey) -> Option<Bytes> {
        self.locked(|state| state.objects.get(key).cloned())
    }

    /// How many uploads in parts were begun, and neither joined nor dropped.
    pub fn open_uploads(&self) -> usize {
        self.locked(|state| state.uploads.len())
    }

    /// Loses an object, as a broken disk does. Returns whether it was there.
    pub fn lose(&self, key: &ObjectKey) -> bool {
        self.locked(|state| state.objects.remove(key).is_some())
    }

    /// The next call that can meet this fault and has none yet meets it.
    pub fn fail_next(&self, fault: FileFault) {
        self.locked(|state| state.faults.push_back(fault));
    }

    pub(super) fn up(&self) -> Result<(), FileError> {
        self.locked(|state| match state.faults.front() {
            Some(FileFault::Unavailable) => {
                state.faults.pop_front();
                Err(FileError::Unavailable("a fault of the test".into()))
            }
            _ if state.trouble == Some(Trouble::Down) && self.has(FilesDefect::TakesDownForDefect) => {
                Err(FileError::Defect("the store is down".into()))
            }
            _ if state.trouble == Some(Trouble::Down) => {
                Err(FileError::Unavailable("the store is down".into()))
            }
            _ => Ok(()),
        })
    }

    /// What was done is told, unless the answer is lost.
    pub(super) fn answered<T>(&self, answer: T) -> Result<T, FileError> {
        self.locked(|state| {
            let strikes = state.faults.front() == Some(&FileFault::AnswerLost);
            if strikes {
                state.faults.pop_front();
            }
            if strikes || state.trouble == Some(Trouble::LosesAnswers) {
                return Err(FileError::Unavailable("the answer is lost".into()));
            }
            Ok(answer)
        })
    }

    pub(super) fn breaks_off(&self) -> bool {
        self.locked(|state| {
            let breaks = state.faults.front() == Some(&FileFault::BreaksOff);
            if breaks {
                state.faults.pop_front();
            }
            breaks || state.trouble == Some(Trouble::BreaksOff)
        })
    }
}

impl fmt::Debug for MemoryFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("MemoryFiles");
        shown.field("presigns", &self.presigns);
        if self.has(FilesDefect::ShowsItsKey) {
            shown.field("secret", &self.secret);
        }
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;
    use futures_util::{StreamExt, stream};
    use marketplace_core::{file::FileStore, id::FileVersionId};

    #[tokio::test]
    async fn faults_strike_once_in_order() {
        let files = MemoryFiles::new();
        let key = ObjectKey::of(FileVersionId::from_uuid(Fixture::new(1).uuid()));
        files.fail_next(FileFault::Unavailable);
        assert!(matches!(files.head(&key).await, Err(FileError::Unavailable(_))));
        let body = stream::iter([Ok(Bytes::from_static(b"hello"))]).boxed();
        files.put(&key, body, 10).await.expect("works again");
        files.fail_next(FileFault::BreaksOff);
        let mut object = files.open(&key, None).await.expect("opens").expect("is there");
        assert!(object.bytes.next().await.is_some_and(|piece| piece.is_ok()));
        assert!(object.bytes.next().await.is_some_and(|piece| piece.is_err()));
        assert!(files.lose(&key) && files.head(&key).await.expect("works").is_none());
    }
}
