//! Where the bytes of products are kept: a bucket if the settings name one, else a folder.

use crate::{assembly::StartError, settings::Settings};
use marketplace_core::{
    file::{DirectUpload, FileError, FileStore, ObjectKey},
    id::FileVersionId,
    time::SystemClock,
};
use marketplace_fs::DiskFiles;
use marketplace_s3::S3Store;
use std::{sync::Arc, time::Duration};

/// No upload takes longer.
const STALE: Duration = Duration::from_hours(24);

/// An open file store, and what to call it.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The store.
    pub(crate) store: Arc<dyn FileStore>,
    /// The same, for files in parts.
    pub(crate) parts: Arc<dyn DirectUpload>,
    /// Its place, for people.
    pub(crate) name: String,
    /// Where browsers fetch files, if not from this server.
    pub(crate) origin: Option<String>,
    bucket: Option<Arc<S3Store>>,
}

impl Files {
    /// Opens the store. A bucket that is set up wrongly shows here; one that cannot be reached shows in the health check.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StartError> {
        let Some(config) = &settings.bucket else {
            let folder = settings.data_dir.join("files");
            let name = folder.display().to_string();
            let store = Arc::new(DiskFiles::open(folder)?);
            return Ok(Self { parts: store.clone(), store, name, origin: None, bucket: None });
        };
        // The machine's own clock, also where the clock of a development server is moved on: the bucket's server looks
        // at its own.
        let store = Arc::new(S3Store::new(config.clone(), Arc::new(SystemClock))?);
        let origin = store.origin().await.map_err(StartError::Bucket)?;
        let nothing = ObjectKey::of(FileVersionId::from_uuid(uuid::Uuid::nil()));
        match store.head(&nothing).await {
            Err(error @ FileError::Defect(_)) => return Err(StartError::Bucket(error)),
            Err(error) => tracing::warn!(%error, "the bucket cannot be reached now"),
            Ok(_) => {}
        }
        let name = format!("S3 at {origin}");
        Ok(Self {
            store: store.clone(),
            parts: store.clone(),
            name,
            origin: Some(origin),
            bucket: Some(store),
        })
    }

    /// Ends the uploads that a process which was killed left in the bucket.
    pub(crate) async fn sweep(&self) {
        let Some(bucket) = &self.bucket else { return };
        match bucket.abort_stale_uploads(STALE).await {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "aborted unfinished uploads"),
            Err(error) => {
                let why = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(why, "unfinished uploads in the bucket cannot be swept");
            }
        }
    }
}
