//! A file store in memory.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use marketplace_core::file::{
    ByteRange, ByteStream, BytesError, Digest, FileError, FileStore, ObjectKey, ObjectMeta, OpenObject,
    PresignRequest,
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
};

/// What goes wrong in a file store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// The call is refused: the store is down. Nothing happened.
    Unavailable,
    /// An opened object breaks off after its first piece. Strikes the next `open` only.
    BreaksOff,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectKey, Bytes>,
    faults: VecDeque<FileFault>,
}

/// Keeps objects in memory; whole bodies, so only for small ones.
#[derive(Default)]
pub struct MemoryFiles {
    state: Mutex<State>,
    presigns: bool,
}

/// How an opened object comes: in pieces, so that readers are tested with more than one.
const PIECE: usize = 16 * 1024;

impl MemoryFiles {
    /// A store that sends its bytes through the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that gives out addresses on `https://files.example`.
    pub fn with_presigning() -> Self {
        Self { presigns: true, ..Self::default() }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<ObjectKey> {
        self.locked(|state| state.objects.keys().cloned().collect())
    }

    /// The bytes of an object.
    pub fn bytes(&self, key: &ObjectKey) -> Option<Bytes> {
        self.locked(|state| state.objects.get(key).cloned())
    }

    /// Loses an object, as a broken disk does. Returns whether it was there.
    pub fn lose(&self, key: &ObjectKey) -> bool {
        self.locked(|state| state.objects.remove(key).is_some())
    }

    /// The next call that can meet this fault and has none yet meets it.
    pub fn fail_next(&self, fault: FileFault) {
        self.locked(|state| state.faults.push_back(fault));
    }

    fn up(&self) -> Result<(), FileError> {
        self.locked(|state| match state.faults.front() {
            Some(FileFault::Unavailable) => {
                state.faults.pop_front();
                Err(FileError::Unavailable("a fault of the test".into()))
            }
            _ => Ok(()),
        })
    }

    fn breaks_off(&self) -> bool {
        self.locked(|state| {
            let breaks = state.faults.front() == Some(&FileFault::BreaksOff);
            if breaks {
                state.faults.pop_front();
            }
            breaks
        })
    }
}

impl fmt::Debug for MemoryFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFiles").field("presigns", &self.presigns).finish_non_exhaustive()
    }
}

#[async_trait]
impl FileStore for MemoryFiles {
    async fn put(
        &self,
        key: &ObjectKey,
        mut body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError> {
        self.up()?;
        let mut bytes = BytesMut::new();
        while let Some(piece) = body.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(BytesError::TooLarge) => return Err(FileError::TooLarge),
                Err(broken) => return Err(FileError::BrokenOff(Box::new(broken))),
            }
            if bytes.len() as u64 > limit {
                return Err(FileError::TooLarge);
            }
        }
        let bytes = bytes.freeze();
        let digest = Digest::from_bytes(Sha256::digest(&bytes).into());
        let meta = ObjectMeta { size: bytes.len() as u64 };
        self.locked(|state| state.objects.insert(key.clone(), bytes));
        Ok((meta, digest))
    }

    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError> {
        self.up()?;
        let Some(bytes) = self.bytes(key) else { return Ok(None) };
        let size = bytes.len() as u64;
        let within = |at: u64| usize::try_from(at.min(size)).unwrap_or(bytes.len());
        let part = match range {
            Some(range) => bytes.slice(within(range.start)..within(range.end.max(range.start))),
            None => bytes.clone(),
        };
        let mut pieces: Vec<Result<Bytes, BytesError>> =
            part.chunks(PIECE).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        if self.breaks_off() {
            pieces.truncate(1);
            pieces.push(Err(BytesError::Broken("a fault of the test".into())));
        }
        Ok(Some(OpenObject { size, bytes: stream::iter(pieces).boxed() }))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
        self.up()?;
        Ok(self.bytes(key).map(|bytes| ObjectMeta { size: bytes.len() as u64 }))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError> {
        self.up()?;
        self.locked(|state| state.objects.remove(key));
        Ok(())
    }

    async fn presign(&self, key: &ObjectKey, request: PresignRequest) -> Result<Option<String>, FileError> {
        self.up()?;
        let seconds = request.expires_in.as_secs();
        Ok(self.presigns.then(|| format!("https://files.example/{key}?expires={seconds}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Fixture;
    use marketplace_core::id::FileVersionId;

    fn body(pieces: &[&'static [u8]]) -> ByteStream {
        stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect::<Vec<_>>()).boxed()
    }

    async fn read(object: OpenObject) -> Vec<u8> {
        object.bytes.map(|piece| piece.expect("a whole stream").to_vec()).concat().await
    }

    #[tokio::test]
    async fn keeps_whole_objects_and_serves_ranges() {
        let files = MemoryFiles::new();
        let key = ObjectKey::of(FileVersionId::from_uuid(Fixture::new(1).uuid()));
        let (meta, _) = files.put(&key, body(&[b"hello ", b"world"]), 11).await.expect("fits");
        assert_eq!(meta.size, 11);
        for (start, end, expected) in [(0, 5, "hello"), (6, 99, "world"), (50, 60, ""), (4, 2, "")] {
            let range = Some(ByteRange { start, end });
            let object = files.open(&key, range).await.expect("opens").expect("is there");
            assert_eq!((object.size, read(object).await), (11, expected.as_bytes().to_vec()));
        }
    }

    #[tokio::test]
    async fn keeps_nothing_of_what_is_too_large_or_breaks_off() {
        let files = MemoryFiles::new();
        let key = ObjectKey::of(FileVersionId::from_uuid(Fixture::new(1).uuid()));
        assert!(matches!(files.put(&key, body(&[b"hello ", b"world"]), 10).await, Err(FileError::TooLarge)));
        let broken = vec![Ok(Bytes::from_static(b"he")), Err(BytesError::Broken("gone".into()))];
        let broken = files.put(&key, stream::iter(broken).boxed(), 10).await;
        assert!(matches!(broken, Err(FileError::BrokenOff(_))));
        assert!(files.keys().is_empty());
    }

    #[tokio::test]
    async fn faults_strike_once_in_order() {
        let files = MemoryFiles::new();
        let key = ObjectKey::of(FileVersionId::from_uuid(Fixture::new(1).uuid()));
        files.fail_next(FileFault::Unavailable);
        assert!(matches!(files.head(&key).await, Err(FileError::Unavailable(_))));
        files.put(&key, body(&[b"hello"]), 10).await.expect("works again");
        files.fail_next(FileFault::BreaksOff);
        let mut object = files.open(&key, None).await.expect("opens").expect("is there");
        assert!(object.bytes.next().await.is_some_and(|piece| piece.is_ok()));
        assert!(object.bytes.next().await.is_some_and(|piece| piece.is_err()));
        assert!(files.lose(&key) && files.head(&key).await.expect("works").is_none());
    }
}
