//! Files that are there whole or not at all.
//!
//! Guarantees: a file that has its name is complete and flushed to the disk; a failure or a dropped future
//! leaves no temporary file of this process. What a killed process left begins with a dot and is ignored.
//!
//! Called by: `outbox`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tokio::{fs::File, io::AsyncWriteExt};

/// Writes a new file, flushed, under a temporary name first. A file of that name is replaced.
pub(crate) async fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.part"));
    // Made on the calling thread: were it made on another one, a future that is dropped meanwhile would leave
    // a file without a guard.
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    let mut partial = Partial(Some(temporary));
    let mut file = File::from_std(file);
    file.write_all(bytes).await?;
    file.flush().await?;
    file.sync_all().await?;
    drop(file);
    if let Some(temporary) = &partial.0 {
        tokio::fs::rename(temporary, folder.join(name)).await?;
    }
    partial.0 = None;
    Ok(())
}

/// Makes the names in the folder durable.
#[cfg(unix)]
pub(crate) async fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

/// Elsewhere a folder cannot be opened, and the file system keeps its names by itself.
#[cfg(not(unix))]
pub(crate) async fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// A folder that only its owner can read: mails hold links that open files.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A temporary file that is deleted unless it was given its name.
#[derive(Debug)]
struct Partial(Option<PathBuf>);

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // It is ignored by readers, so a failure here costs space and nothing else.
            fs::remove_file(path).ok();
        }
    }
}
