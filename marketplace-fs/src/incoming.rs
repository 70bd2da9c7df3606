//! Files that are still arriving.
//!
//! Guarantees: a temporary file is gone as soon as nobody writes it any more: by its guard when a transfer
//! fails or its future is dropped, and by a sweep at the next start when the process was killed. The same holds for folders
//! that were thrown away.
//!
//! The sweep runs only when no living process uses the folder. Every store holds a shared lock on the lock
//! file for as long as it lives; only who gets the exclusive lock at its start may sweep, so a second process
//! never deletes what the first is writing. Processes that overlap without end postpone the sweep, no more.
//!
//! Does not: sweep on file systems without locks.
//!
//! Called by: `disk`, `parts`.

use crate::error::failed;
use futures_util::StreamExt as _;
use marketplace_core::file::{ByteStream, FileError};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};
use tokio::io::{AsyncWriteExt as _, BufWriter};

const FOLDER: &str = ".incoming";
const LOCK: &str = ".lock";

/// How many names may be taken already: another process with the same id, as containers have, on one folder.
const TRIES: u32 = 10_000;

/// The folder of temporary files.
#[derive(Debug)]
pub(crate) struct Incoming {
    folder: PathBuf,
    next: AtomicU64,
    /// Says to other processes that this one may be writing. `None` where the file system has no locks.
    _in_use: Option<File>,
}

impl Incoming {
    /// Makes the folder if need be, and sweeps it if nobody else uses it.
    pub(crate) fn open(root: &Path) -> Result<Self, FileError> {
        let folder = root.join(FOLDER);
        make_folder(&folder).map_err(failed("make the folder of uploads"))?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(root.join(LOCK));
        let lock = lock.map_err(failed("open the lock file"))?;
        let in_use = match lock.try_lock() {
            Ok(()) => {
                sweep(&folder);
                // Taking the shared lock over the exclusive one may deadlock on some systems.
                lock.unlock().and_then(|()| lock.lock_shared()).map_err(failed("lock the folder"))?;
                Some(lock)
            }
            Err(TryLockError::WouldBlock) => {
                // Waits at most for the sweep of another start.
                lock.lock_shared().map_err(failed("lock the folder"))?;
                Some(lock)
            }
            Err(TryLockError::Error(error)) => {
                tracing::warn!(target: "marketplace::files", %error, "no file locks here: remains of uploads are not swept");
                None
            }
        };
        Ok(Self { folder, next: AtomicU64::new(0), _in_use: in_use })
    }

    /// A new temporary file and its guard.
    ///
    /// Made on the calling thread: were it made on another one, a future that is dropped meanwhile would leave
    /// a file without a guard.
    pub(crate) fn begin(&self) -> io::Result<(Partial, File)> {
        for _ in 0..TRIES {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{}-{number}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Partial { path: Some(path) }, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Throws a folder away whose name is used once: takes it out of its place in one step, then removes what is in it.
    /// `false` if it was not there.
    ///
    /// It is moved on the calling thread, and its removal runs to its end once it has begun: a future that is dropped
    /// leaves the folder where it was, or nothing.
    pub(crate) async fn throw_away(&self, folder: &Path) -> io::Result<bool> {
        let name = folder.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let place = self.folder.join(name);
        match fs::rename(folder, &place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            moved => moved?,
        }
        if let Err(error) = tokio::fs::remove_dir_all(&place).await {
            tracing::warn!(target: "marketplace::files", %error, "the remains of an upload stay until the next start");
        }
        Ok(true)
    }
}

/// How many bytes are written at once. Each write is handed to another thread and back, which for small ones takes longer than
/// the write.
const BLOCK: usize = 512 * 1024;

/// Writes a body of at most `limit` bytes; returns its size and its SHA-256. Not durable yet.
pub(crate) async fn receive(
    file: &mut tokio::fs::File,
    mut body: ByteStream,
    limit: u64,
) -> Result<(u64, [u8; 32]), FileError> {
    let mut file = BufWriter::with_capacity(BLOCK, file);
    let mut hasher = Sha256::new();
    let mut size = 0_u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        size = u64::try_from(chunk.len()).ok().and_then(|more| size.checked_add(more)).unwrap_or(u64::MAX);
        if size > limit {
            return Err(FileError::TooLarge);
        }
        hasher.update(&chunk);
        file.write_all(&chunk).await.map_err(failed("write a file"))?;
    }
    file.flush().await.map_err(failed("write a file"))?;
    Ok((size, hasher.finalize().into()))
}

/// Makes what was written durable.
pub(crate) async fn finish(mut file: tokio::fs::File) -> Result<(), FileError> {
    // The last write may still be under way, and reports its error here.
    file.flush().await.map_err(failed("write a file"))?;
    file.sync_all().await.map_err(failed("flush a file to the disk"))
}

/// A temporary file that is deleted unless it was given its name.
#[derive(Debug)]
pub(crate) struct Partial {
    path: Option<PathBuf>,
}

impl Partial {
    /// Gives the file its name. A future that is dropped here leaves the whole file under its name or nothing.
    pub(crate) async fn rename(mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            tokio::fs::rename(path, to).await?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let Some(path) = self.path.take() else { return };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(target: "marketplace::files", %error, "the remains of an upload stay until the next start");
            }
            _ => {}
        }
    }
}

fn sweep(folder: &Path) {
    let removed = fs::read_dir(folder).and_then(|entries| {
        let mut removed = 0_u64;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
            removed = removed.saturating_add(1);
        }
        Ok(removed)
    });
    match removed {
        Ok(0) => {}
        Ok(files) => tracing::info!(target: "marketplace::files", files, "removed the remains of uploads"),
        // They cost space and nothing else, so they do not keep a server from starting.
        Err(error) => {
            tracing::warn!(target: "marketplace::files", %error, "the remains of uploads cannot be removed");
        }
    }
}

/// A folder that only its owner can read: what is in it is for sale.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes the names in a folder durable.
#[cfg(unix)]
pub(crate) async fn sync_folder(path: &Path) -> io::Result<()> {
    tokio::fs::File::open(path).await?.sync_all().await
}

/// Elsewhere a folder cannot be opened, and the file system keeps its names by itself.
#[cfg(not(unix))]
pub(crate) async fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
