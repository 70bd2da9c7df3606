//! The port, in memory, with the bugs that can be planted into it.

use super::{FilesDefect as Defect, MemoryFiles};
use crate::contract::files::Trouble;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use marketplace_core::file::{
    ByteRange, ByteStream, BytesError, Digest, FileError, FileStore, ObjectKey, ObjectMeta, OpenObject,
    PresignRequest,
};
use sha2::{Digest as _, Sha256};

/// How an opened object comes: in pieces, so that readers are tested with more than one.
const PIECE: usize = 16 * 1024;

/// What a full store still has room for.
pub(super) const ROOM: usize = 100_000;

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

impl MemoryFiles {
    pub(super) fn store(&self, key: &ObjectKey, bytes: Bytes) {
        self.locked(|state| state.objects.insert(key.clone(), bytes));
    }

    /// Takes one more piece of a body.
    fn take(&self, key: &ObjectKey, whole: &mut BytesMut, piece: &[u8]) -> Result<(), FileError> {
        let full = self.locked(|state| state.trouble == Some(Trouble::Full));
        if full && whole.len() + piece.len() > ROOM {
            return match self.defect() {
                Some(Defect::KeepsWhatFits) => Ok(()),
                Some(Defect::TakesFullForDefect) => Err(FileError::Defect("there is no room".into())),
                _ => Err(FileError::Unavailable("there is no room".into())),
            };
        }
        whole.extend_from_slice(piece);
        if self.has(Defect::MixesBodies) {
            self.locked(|state| {
                state.heap.extend_from_slice(piece);
                whole.clear();
                whole.extend_from_slice(&state.heap);
            });
        }
        if self.has(Defect::ShowsTooEarly) {
            self.store(key, whole.clone().freeze());
        }
        Ok(())
    }

    /// Reads a body. What this store knows of it stays in `whole`, also when it fails.
    async fn collect(
        &self,
        key: &ObjectKey,
        whole: &mut BytesMut,
        mut body: ByteStream,
        limit: u64,
    ) -> Result<Digest, FileError> {
        let mut first = None;
        let mut last = 0;
        while let Some(piece) = body.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(BytesError::TooLarge) if !self.has(Defect::MistakesTooLarge) => {
                    return Err(FileError::TooLarge);
                }
                Err(BytesError::Broken(_)) if self.has(Defect::TakesBreaksForEnds) => break,
                Err(broken) => return Err(FileError::BrokenOff(Box::new(broken))),
            };
            if piece.is_empty() && self.has(Defect::EndsAtEmptyPieces) {
                break;
            }
            first.get_or_insert_with(|| piece.clone());
            last = piece.len();
            self.take(key, whole, &piece)?;
            let size = whole.len() as u64;
            let over = size > limit || (size == limit && size > 0 && self.has(Defect::MiscountsLimits));
            if over && !self.has(Defect::IgnoresLimits) && !self.has(Defect::ReadsToTheEnd) {
                return Err(FileError::TooLarge);
            }
        }
        if whole.len() as u64 > limit && !self.has(Defect::IgnoresLimits) {
            return Err(FileError::TooLarge);
        }
        let digested = if self.has(Defect::DigestsFirstPiece) {
            first.unwrap_or_default()
        } else {
            whole.clone().freeze()
        };
        let told = digest(&digested);
        if self.has(Defect::DropsLastPiece) {
            whole.truncate(whole.len() - last);
        }
        Ok(told)
    }

    fn size(&self, key: &ObjectKey) -> Option<u64> {
        let size = self.bytes(key)?.len() as u64;
        if self.has(Defect::RemembersSizes) {
            return Some(self.locked(|state| *state.sizes.entry(key.clone()).or_insert(size)));
        }
        Some(size)
    }

    /// What is said of an object that is not there.
    fn absent<T>(&self) -> Result<Option<T>, FileError> {
        if self.has(Defect::FailsForAbsent) {
            Err(FileError::Defect("no such object".into()))
        } else {
            Ok(None)
        }
    }
}

#[async_trait]
impl FileStore for MemoryFiles {
    async fn put(
        &self,
        key: &ObjectKey,
        body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError> {
        self.up()?;
        let mut whole = BytesMut::new();
        let digest = match self.collect(key, &mut whole, body, limit).await {
            Ok(digest) => digest,
            Err(error) => {
                if self.has(Defect::KeepsHalves) && !whole.is_empty() {
                    self.store(key, whole.freeze());
                }
                return Err(error);
            }
        };
        let meta = ObjectMeta { size: whole.len() as u64 };
        self.store(key, whole.freeze());
        Ok((meta, digest))
    }

    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError> {
        self.up()?;
        let (Some(bytes), Some(size)) = (self.bytes(key), self.size(key)) else { return self.absent() };
        let length = bytes.len() as u64;
        if self.has(Defect::RefusesBeyond) && range.is_some_and(|range| range.start >= length) {
            return Err(FileError::Defect("no such range".into()));
        }
        let within = |at: u64| usize::try_from(at.min(length)).unwrap_or(bytes.len());
        let past = u64::from(self.has(Defect::IncludesEnds));
        let part = match range {
            Some(range) => {
                bytes.slice(within(range.start)..within(range.end.max(range.start).saturating_add(past)))
            }
            None => bytes.clone(),
        };
        let size = if self.has(Defect::TellsPartSizes) { part.len() as u64 } else { size };
        let mut pieces: Vec<Result<Bytes, BytesError>> =
            part.chunks(PIECE).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        if self.breaks_off() {
            pieces.truncate(1);
            if !self.has(Defect::HidesBreaks) {
                pieces.push(Err(BytesError::Broken("a fault of the test".into())));
            }
        }
        Ok(Some(OpenObject { size, bytes: stream::iter(pieces).boxed() }))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
        if self.has(Defect::TakesDownForAbsent) && self.up().is_err() {
            return Ok(None);
        }
        self.up()?;
        match self.size(key) {
            Some(size) => Ok(Some(ObjectMeta { size })),
            None => self.absent(),
        }
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError> {
        self.up()?;
        let was_there = self.has(Defect::KeepsDeleted) || self.lose(key);
        if !was_there && self.has(Defect::RefusesSecondDelete) {
            return Err(FileError::Defect("no such object".into()));
        }
        Ok(())
    }

    async fn presign(&self, key: &ObjectKey, request: PresignRequest) -> Result<Option<String>, FileError> {
        self.up()?;
        Ok(self.presigns().then(|| self.address(key, &request)))
    }
}
