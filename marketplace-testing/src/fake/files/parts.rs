//! Objects in parts, in memory, with the bugs that can be planted into them.

use super::{FilesDefect as Defect, MemoryFiles, port::ROOM, store::Upload};
use crate::contract::files::Trouble;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use marketplace_core::file::{
    ByteStream, Digest, DirectUpload, FileError, ObjectKey, PartAddress, PartLimits, PartPlan, PartsError,
    StoredPart, UploadTag,
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

impl MemoryFiles {
    /// Where an upload is kept.
    fn place(&self, key: &ObjectKey, tag: &UploadTag) -> (ObjectKey, String) {
        let tag = if self.has(Defect::MixesUploads) { "all" } else { tag.as_str() };
        (key.clone(), tag.to_owned())
    }

    /// Keeps a part whose body came.
    pub(super) fn keep_part(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        number: u16,
        body: Bytes,
    ) -> Result<StoredPart, PartsError> {
        let etag = Digest::from_bytes(Sha256::digest(&body).into()).to_string();
        let part = StoredPart { number, size: body.len() as u64, etag };
        let place = self.place(key, tag);
        if self.has(Defect::TakesPartsOfTheOver) {
            self.locked(|state| {
                state.uploads.entry(place.clone()).or_default();
            });
        }
        if self.has(Defect::ShowsParts) {
            self.store(key, body.clone());
        }
        self.locked(|state| {
            let upload = state.uploads.get_mut(&place).ok_or(PartsError::Gone)?;
            let is_there = upload.iter().any(|(known, _)| known.number == number);
            if !(is_there && self.has(Defect::KeepsOldParts)) {
                upload.retain(|(known, _)| known.number != number);
                upload.push((part.clone(), body));
            }
            Ok(part)
        })
    }

    /// Reads the body of a part. What came stays in `whole`, also when it fails.
    async fn collect_part(
        &self,
        whole: &mut BytesMut,
        part: PartPlan,
        mut body: ByteStream,
    ) -> Result<(), FileError> {
        let is_full = self.locked(|state| state.trouble == Some(Trouble::Full));
        while let Some(piece) = body.next().await {
            whole.extend_from_slice(&piece?);
            if whole.len() as u64 > part.size
                && !self.has(Defect::IgnoresPartSizes)
                && !self.has(Defect::ReadsPartsToTheEnd)
            {
                return Err(FileError::TooLarge);
            }
            if is_full && whole.len() > ROOM {
                return Err(FileError::Unavailable("there is no room".into()));
            }
        }
        match whole.len() as u64 {
            size if size > part.size && !self.has(Defect::IgnoresPartSizes) => Err(FileError::TooLarge),
            size if size < part.size && !self.has(Defect::IgnoresPartSizes) => {
                Err(FileError::BrokenOff("the body is shorter than announced".into()))
            }
            _ => Ok(()),
        }
    }

    /// The upload is unknown or over. Is there an object of these parts?
    fn was_joined(&self, key: &ObjectKey, parts: &[StoredPart]) -> Result<(), PartsError> {
        let size = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.size));
        let is_there = self.bytes(key).is_some_and(|object| Some(object.len() as u64) == size);
        let forgets = self.has(Defect::ForgetsWhatItJoined);
        let is_ours = (is_there && !forgets) || self.has(Defect::JoinsTheUnknown);
        if is_ours { Ok(()) } else { Err(PartsError::Gone) }
    }

    /// The bytes of the object, if these are the parts of the upload.
    fn joined(&self, upload: &Upload, parts: &[StoredPart]) -> Option<Bytes> {
        if self.has(Defect::JoinsWhatIsThere) {
            let mut there = upload.clone();
            there.sort_by_key(|(part, _)| part.number);
            return Some(there.iter().flat_map(|(_, bytes)| bytes.clone()).collect());
        }
        let mut chosen = Vec::new();
        for (number, wanted) in (1..=self.limits().most).zip(parts) {
            let place = upload.iter().position(|(part, _)| part.number == number)?;
            let found = &upload[place].0;
            let is_last = usize::from(number) == parts.len();
            let is_large_enough = is_last || found.size >= self.limits().smallest;
            let is_it = wanted.number == number
                && (wanted.etag == found.etag || self.has(Defect::IgnoresPartTags))
                && (wanted.size == found.size || self.has(Defect::IgnoresToldSizes))
                && (is_large_enough || self.has(Defect::JoinsSmallParts));
            if !is_it {
                return None;
            }
            chosen.push(place);
        }
        if self.has(Defect::JoinsAsTheyCame) {
            chosen.sort_unstable();
        }
        let whole = !parts.is_empty() && chosen.len() == parts.len();
        whole.then(|| chosen.iter().flat_map(|place| upload[*place].1.clone()).collect())
    }
}

#[async_trait]
impl DirectUpload for MemoryFiles {
    fn part_limits(&self) -> PartLimits {
        self.limits()
    }

    async fn begin(&self, key: &ObjectKey) -> Result<UploadTag, FileError> {
        self.up()?;
        let tag = self.locked(|state| {
            state.begun += 1;
            UploadTag::new(format!("upload-{}", state.begun))
        });
        let place = self.place(key, &tag);
        self.locked(|state| {
            state.uploads.entry(place).or_default();
        });
        self.answered(tag)
    }

    async fn address(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        expires_in: Duration,
    ) -> Result<Option<PartAddress>, FileError> {
        self.up()?;
        Ok(self.presigns().then(|| self.part_address(key, tag, part, expires_in)))
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        body: ByteStream,
    ) -> Result<StoredPart, PartsError> {
        self.up()?;
        if self.presigns() {
            return Err(FileError::Defect("parts are sent to their addresses".into()).into());
        }
        let place = self.place(key, tag);
        if !self.locked(|state| state.uploads.contains_key(&place)) {
            return Err(PartsError::Gone);
        }
        let mut whole = BytesMut::new();
        if let Err(error) = self.collect_part(&mut whole, part, body).await {
            if self.has(Defect::KeepsBrokenParts) {
                self.keep_part(key, tag, part.number, whole.freeze())?;
            }
            return Err(error.into());
        }
        let kept = self.keep_part(key, tag, part.number, whole.freeze())?;
        Ok(self.answered(kept)?)
    }

    async fn parts(&self, key: &ObjectKey, tag: &UploadTag) -> Result<Vec<StoredPart>, FileError> {
        if self.has(Defect::TakesDownForNoUpload) && self.up().is_err() {
            return Ok(Vec::new());
        }
        self.up()?;
        let place = self.place(key, tag);
        let upload = self.locked(|state| state.uploads.get(&place).cloned()).unwrap_or_default();
        let mut parts: Vec<StoredPart> = upload.into_iter().map(|(part, _)| part).collect();
        parts.sort_by_key(|part| part.number);
        self.answered(parts)
    }

    async fn join(&self, key: &ObjectKey, tag: &UploadTag, parts: &[StoredPart]) -> Result<(), PartsError> {
        self.up()?;
        let place = self.place(key, tag);
        match self.locked(|state| state.uploads.get(&place).cloned()) {
            None => self.was_joined(key, parts)?,
            Some(upload) => {
                let Some(whole) = self.joined(&upload, parts) else {
                    if self.has(Defect::DropsAtMismatch) {
                        self.locked(|state| state.uploads.remove(&place));
                    }
                    return Err(PartsError::Mismatch);
                };
                self.locked(|state| {
                    state.objects.insert(key.clone(), whole);
                    if !self.has(Defect::LeavesWhatItJoined) {
                        state.uploads.remove(&place);
                    }
                });
            }
        }
        Ok(self.answered(())?)
    }

    async fn abort(&self, key: &ObjectKey, tag: Option<UploadTag>) -> Result<(), FileError> {
        self.up()?;
        let place = tag.map(|tag| self.place(key, &tag));
        let dropped = self.locked(|state| {
            let before = state.uploads.len();
            match &place {
                Some(place) => drop(state.uploads.remove(place)),
                None if self.has(Defect::AbortsNothingWithoutTag) => {}
                None if self.has(Defect::AbortsEverything) => state.uploads.clear(),
                None => state.uploads.retain(|(of, _), _| of != key),
            }
            if self.has(Defect::AbortsObjects) {
                state.objects.remove(key);
            }
            before - state.uploads.len()
        });
        if dropped == 0 && place.is_some() && self.has(Defect::RefusesSecondAbort) {
            return Err(FileError::Defect("no such upload".into()));
        }
        self.answered(())
    }
}
