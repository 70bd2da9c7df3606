//! Job rows.

use crate::{commit::Subject, id::JobId, text::words, time::Timestamp};
use serde_json::Value;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Waits for its time.
    Ready,
    /// Held by a worker.
    Running,
    /// Finished.
    Done,
    /// Given up, with a reason.
    Dead,
}
words!(JobState { Ready = "ready", Running = "running", Done = "done", Dead = "dead" });

impl JobState {
    /// Whether the job still has work to do.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Ready | Self::Running)
    }
}

/// A job to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Which handler runs it.
    pub kind: String,
    /// What the handler needs to know; no secrets.
    pub payload: Value,
    /// What it is about.
    pub subject: Subject,
    /// While a live job has this name, no second one is added.
    pub unique: Option<String>,
    /// Not before.
    pub run_at: Timestamp,
    /// Since when it waits.
    pub created_at: Timestamp,
}

/// A job as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What was written.
    pub new: NewJob,
    /// Where it stands.
    pub state: JobState,
    /// How often it failed since it was written or revived.
    pub attempts: u32,
    /// Rises with each claim.
    pub fence: i64,
    /// Until when its worker holds it.
    pub leased_until: Option<Timestamp>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
