//! Files that are still arriving.
//!
//! Guarantees: a temporary file is gone as soon as nobody writes it any more: by its guard when a transfer
//! fails or its future is dropped, and by a sweep at the next start when the process was killed.
//!
//! The sweep runs only when no living process uses the folder. Every store holds a shared lock on the lock
//! file for as long as it lives; only who gets the exclusive lock at its start may sweep, so a second process
//! never deletes what the first is writing. Processes that overlap without end postpone the sweep, no more.
//!
//! Does not: sweep on file systems without locks.
//!
//! Called by: `disk`.

use crate::error::failed;
use marketplace_core::file::FileError;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

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
            fs::remove_file(entry?.path())?;
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
