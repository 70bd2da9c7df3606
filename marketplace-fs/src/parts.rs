//! Objects in parts, on disk.
//!
//! Guarantees: an upload is a folder `parts/<id>.<tag>` whose name is used once, a part a file in it by its number. Behind
//! the bytes of a part stands their SHA-256, so that nothing is read again to tell which part it is. An upload ends by one
//! step, the move of its folder: a killed process leaves it whole or gone.
//!
//! A join copies: until it is over, the disk holds the bytes twice. It is killed either before the object is there, or after
//! it; then the folder is still there, and the same join again replaces the object by itself, or an abort drops the folder.
//!
//! Does not: know which uploads nobody will ever join; the core has their rows.
//!
//! Called by: the core's uploads, through the port.

use crate::{
    DiskFiles,
    error::failed,
    incoming::{finish, make_folder, receive, sync_folder},
};
use async_trait::async_trait;
use marketplace_core::file::{
    ByteStream, Digest, DirectUpload, FileError, FileStore as _, ObjectKey, PartAddress, PartLimits,
    PartPlan, PartsError, StoredPart, UploadTag,
};
use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    fs::{self, File},
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, BufReader},
};

const LIMITS: PartLimits = PartLimits { smallest: 1, largest: 5 * 1024 * 1024 * 1024, most: 10_000 };

/// How many bytes of the digest stand behind those of a part.
const TRAILER: u64 = 32;

/// How much is copied at once.
const COPIED: usize = 1024 * 1024;

/// A name that no other upload has, in this process or another. It opens nothing.
fn new_tag() -> UploadTag {
    let state = RandomState::new();
    UploadTag::new(format!("{:016x}{:016x}", state.hash_one(0), state.hash_one(1)))
}

/// Nothing of the name. Whether the upload is over or the disk away shows where all uploads lie.
fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// The parts are those from the first on, without a gap; and how many bytes they have.
fn whole(parts: &[StoredPart]) -> Result<u64, PartsError> {
    let numbers = (1..=LIMITS.most).take(parts.len());
    if parts.is_empty() || !parts.iter().map(|part| part.number).eq(numbers) {
        return Err(PartsError::Mismatch);
    }
    let size = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.size));
    size.ok_or(PartsError::Mismatch)
}

impl DiskFiles {
    /// `<id>.`: how the names of the uploads under a key begin.
    fn prefix(key: &ObjectKey) -> String {
        let id = key.as_str().rsplit('/').next().unwrap_or_default();
        format!("{id}.")
    }

    /// The folder of an upload. A tag that is none of ours has no way out, and no folder.
    fn folder(&self, key: &ObjectKey, tag: &UploadTag) -> Option<PathBuf> {
        let ours = tag.as_str().len() == 32 && tag.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric());
        ours.then(|| self.parts.join(Self::prefix(key) + tag.as_str()))
    }

    /// The folder of uploads can be looked into, so that what is not in it is not there.
    async fn up(&self) -> Result<(), FileError> {
        fs::read_dir(&self.parts).await.map_err(failed("look at the uploads")).map(|_| ())
    }

    async fn is_there(&self, folder: &Path) -> Result<bool, FileError> {
        match fs::metadata(folder).await {
            Err(error) if is_absent(&error) => self.up().await.map(|()| false),
            found => found.map_err(failed("look at an upload")).map(|_| true),
        }
    }

    /// The parts in a folder, by number; `None` if it is not there.
    async fn found(&self, folder: &Path) -> Result<Option<Vec<StoredPart>>, FileError> {
        const DOING: &str = "list parts";
        let mut entries = match fs::read_dir(folder).await {
            Err(error) if is_absent(&error) => return self.up().await.map(|()| None),
            entries => entries.map_err(failed(DOING))?,
        };
        let mut parts = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed(DOING))? {
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(number) = number else { continue };
            // What is gone meanwhile was dropped with its upload.
            if let Some((_, part)) = open(folder, number).await? {
                parts.push(part);
            }
        }
        parts.sort_unstable_by_key(|part| part.number);
        Ok(Some(parts))
    }

    /// The upload is over. Was it by a join of parts with so many bytes?
    async fn was_joined(&self, key: &ObjectKey, size: u64) -> Result<(), PartsError> {
        match self.head(key).await? {
            Some(object) if object.size == size => Ok(()),
            _ => Err(PartsError::Gone),
        }
    }

    async fn drop_upload(&self, folder: &Path) -> Result<(), FileError> {
        match self.incoming.throw_away(folder).await.map_err(failed("drop an upload"))? {
            true => sync_folder(&self.parts).await.map_err(failed("flush the folder to the disk")),
            false if self.is_there(folder).await? => {
                Err(FileError::Defect("the folder for what is thrown away is not there".into()))
            }
            false => Ok(()),
        }
    }
}

/// Opens a part; `None` if it is not there.
async fn open(folder: &Path, number: u16) -> Result<Option<(File, StoredPart)>, FileError> {
    const DOING: &str = "open a part";
    let mut file = match File::open(folder.join(number.to_string())).await {
        Err(error) if is_absent(&error) => return Ok(None),
        file => file.map_err(failed(DOING))?,
    };
    let length = file.metadata().await.map_err(failed(DOING))?.len();
    let size = length.checked_sub(TRAILER).ok_or_else(|| FileError::Defect("a part is cut short".into()))?;
    let mut digest = [0_u8; 32];
    file.seek(SeekFrom::Start(size)).await.map_err(failed(DOING))?;
    file.read_exact(&mut digest).await.map_err(failed(DOING))?;
    file.seek(SeekFrom::Start(0)).await.map_err(failed(DOING))?;
    Ok(Some((file, StoredPart { number, size, etag: Digest::from_bytes(digest).to_string() })))
}

#[async_trait]
impl DirectUpload for DiskFiles {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &ObjectKey) -> Result<UploadTag, FileError> {
        let tag = new_tag();
        let folder = self.parts.join(Self::prefix(key) + tag.as_str());
        self.up().await?;
        make_folder(&folder).map_err(failed("begin an upload"))?;
        sync_folder(&self.parts).await.map_err(failed("flush the folder to the disk"))?;
        Ok(tag)
    }

    async fn address(
        &self,
        _key: &ObjectKey,
        _tag: &UploadTag,
        _part: PartPlan,
        _expires_in: Duration,
    ) -> Result<Option<PartAddress>, FileError> {
        Ok(None)
    }

    async fn put_part(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        body: ByteStream,
    ) -> Result<StoredPart, PartsError> {
        const DOING: &str = "keep a part";
        if part.number == 0 || part.number > LIMITS.most {
            return Err(FileError::Defect("parts have numbers from 1 to 10000".into()).into());
        }
        let Some(folder) = self.folder(key, tag) else { return Err(PartsError::Gone) };
        if !self.is_there(&folder).await? {
            return Err(PartsError::Gone);
        }
        let (partial, file) = self.incoming.begin().map_err(failed("begin a part"))?;
        let mut file = File::from_std(file);
        let (size, digest) = receive(&mut file, body, part.size).await?;
        if size < part.size {
            let short = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(FileError::BrokenOff(short.into()).into());
        }
        file.write_all(&digest).await.map_err(failed(DOING))?;
        finish(file).await?;
        let path = folder.join(part.number.to_string());
        if let Err(error) = partial.rename(&path).await {
            // The upload was over while the part came.
            let is_there = self.is_there(&folder).await?;
            return Err(if is_there { failed(DOING)(error).into() } else { PartsError::Gone });
        }
        match sync_folder(&folder).await {
            Err(error) if is_absent(&error) => return Err(PartsError::Gone),
            Err(error) => {
                // Not durable is not there.
                fs::remove_file(&path).await.ok();
                return Err(failed("flush the folder to the disk")(error).into());
            }
            Ok(()) => {}
        }
        Ok(StoredPart { number: part.number, size, etag: Digest::from_bytes(digest).to_string() })
    }

    async fn parts(&self, key: &ObjectKey, tag: &UploadTag) -> Result<Vec<StoredPart>, FileError> {
        let Some(folder) = self.folder(key, tag) else { return Ok(Vec::new()) };
        Ok(self.found(&folder).await?.unwrap_or_default())
    }

    async fn join(&self, key: &ObjectKey, tag: &UploadTag, parts: &[StoredPart]) -> Result<(), PartsError> {
        const DOING: &str = "join parts";
        let size = whole(parts)?;
        let Some(folder) = self.folder(key, tag) else { return self.was_joined(key, size).await };
        let _alone = self.joining.lock().await;
        let Some(found) = self.found(&folder).await? else { return self.was_joined(key, size).await };
        if !found.starts_with(parts) {
            return Err(PartsError::Mismatch);
        }
        let (partial, file) = self.incoming.begin().map_err(failed("begin a file"))?;
        let mut file = File::from_std(file);
        for part in parts {
            let Some((bytes, found)) = open(&folder, part.number).await? else {
                drop(partial);
                return self.was_joined(key, size).await;
            };
            // Replaced since it was listed.
            if found != *part {
                return Err(PartsError::Mismatch);
            }
            let mut bytes = BufReader::with_capacity(COPIED, bytes.take(part.size));
            let copied = tokio::io::copy_buf(&mut bytes, &mut file).await.map_err(failed(DOING))?;
            if copied != part.size {
                return Err(FileError::Defect("a part is cut short".into()).into());
            }
        }
        finish(file).await?;
        self.publish(partial, key).await?;
        Ok(self.drop_upload(&folder).await?)
    }

    async fn abort(&self, key: &ObjectKey, tag: Option<UploadTag>) -> Result<(), FileError> {
        const DOING: &str = "list uploads";
        let _alone = self.joining.lock().await;
        if let Some(tag) = tag {
            return match self.folder(key, &tag) {
                Some(folder) => self.drop_upload(&folder).await,
                None => Ok(()),
            };
        }
        let prefix = Self::prefix(key);
        let mut entries = fs::read_dir(&self.parts).await.map_err(failed(DOING))?;
        while let Some(entry) = entries.next_entry().await.map_err(failed(DOING))? {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) {
                self.drop_upload(&entry.path()).await?;
            }
        }
        Ok(())
    }
}
