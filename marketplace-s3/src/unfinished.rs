//! Multipart uploads that were begun and not completed.
//!
//! Guarantees: an upload of this process whose `put` ended otherwise than well is aborted: by the `put` itself if it still
//! runs, else by the next one, or by the next delete. Nobody sees it meanwhile.
//!
//! Does not: know of uploads of a process that was killed, or of one whose future was dropped before the server had told
//! its id. `sweep` ends these.
//!
//! Called by: `multipart`, `put`, `store`.

use crate::error::has_status;
use aws_sdk_s3::Client;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are remembered; more would be a store that is down for days. The sweep finds the rest.
const MOST: usize = 1_000;

/// How many are aborted on the way of another call.
const AT_ONCE: usize = 4;

/// An upload by what the server calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) id: String,
}

/// Uploads that were left.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(Mutex<Vec<Upload>>);

impl Unfinished {
    fn locked<T>(&self, work: impl FnOnce(&mut Vec<Upload>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn leave(&self, upload: Upload) {
        self.locked(|left| {
            if left.len() < MOST {
                left.push(upload);
            }
        });
    }

    /// Aborts some of what was left. What cannot be aborted now is left again.
    pub(crate) async fn clean(self: &Arc<Self>, client: &Client, bucket: &str) {
        for _ in 0..AT_ONCE {
            let Some(upload) = self.locked(Vec::pop) else { return };
            let guard = Guard { left: Arc::clone(self), upload: Some(upload) };
            if !guard.abort(client, bucket).await {
                return;
            }
        }
    }
}

/// An upload that is left unless it was completed or aborted.
#[derive(Debug)]
pub(crate) struct Guard {
    left: Arc<Unfinished>,
    upload: Option<Upload>,
}

impl Guard {
    pub(crate) fn new(left: &Arc<Unfinished>, upload: Upload) -> Self {
        Self { left: Arc::clone(left), upload: Some(upload) }
    }

    /// It was completed.
    pub(crate) fn complete(mut self) {
        self.upload = None;
    }

    /// Aborts it. Tells whether there is nothing left to do.
    pub(crate) async fn abort(mut self, client: &Client, bucket: &str) -> bool {
        let Some(upload) = &self.upload else { return true };
        let call = client.abort_multipart_upload().bucket(bucket).key(&upload.key).upload_id(&upload.id);
        let is_over = match call.send().await {
            Ok(_) => true,
            // Not there (any more), or not ours to abort: another try would end the same way.
            Err(error) => {
                let is_gone = has_status(&error, 404);
                let is_refused = has_status(&error, 403);
                if is_refused {
                    tracing::warn!(target: "marketplace::files", "an unfinished upload cannot be aborted; the sweep or a lifecycle rule ends it");
                }
                is_gone || is_refused
            }
        };
        if is_over {
            self.upload = None;
        }
        is_over
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            self.left.leave(upload);
        }
    }
}
