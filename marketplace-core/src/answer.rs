//! Stored answers: what makes an `Idempotency-Key` of a client work.
//!
//! Guarantees: of many equal requests under one key one runs and the others wait their turn or get its
//! answer; a request that died is taken over when its lease ends; each key carries a `serial` from its first
//! use on, from which the decision's key is made, so that even a taken-over request decides once.
//!
//! Does not: store secrets. Tokens are derived anew when an answer is shown.
//!
//! Called by: the HTTP contract; hosts with their own routes may use it, too.

use crate::{commit::InputHash, error::StoreError, time::Timestamp};
use async_trait::async_trait;
use std::fmt;
use uuid::Uuid;

/// What an answer is stored under: a hash over actor, route and the client's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerScope(pub [u8; 32]);

/// The answer that a client gets again.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status of the first answer.
    pub status: u16,
    /// Its body, without secrets.
    pub body: Vec<u8>,
}
impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A request that wants to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BeginAnswer {
    /// Under what.
    pub scope: AnswerScope,
    /// The hash of the request's body.
    pub input: InputHash,
    /// The serial for a first use; ignored otherwise.
    pub serial: Uuid,
    /// The present.
    pub now: Timestamp,
    /// Until when this request may run alone.
    pub lease_until: Timestamp,
    /// When the key is forgotten.
    pub expires_at: Timestamp,
}

/// What the request is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Run, and end with [`Answers::end_answer`].
    Run {
        /// The serial of the key's first use.
        serial: Uuid,
        /// Proof of being the one that runs: never given twice, also when a key was forgotten or purged.
        fence: i64,
    },
    /// Another one runs.
    Running {
        /// Until when, at the most.
        until: Timestamp,
    },
    /// It ran; this was the answer.
    Answered(StoredAnswer),
    /// The key was used with another body.
    Reused,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerEnd {
    /// With an answer to keep.
    Keep(StoredAnswer),
    /// Without one, but it may have had an effect: the same body may run again under the same serial.
    Reopen,
    /// Without any effect: the key is free again.
    Forget,
}

/// Single rows without money, each call atomic alone.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Answers: fmt::Debug + Send + Sync + 'static {
    /// Asks to run. A key past its `expires_at` counts as new. A running request whose lease is over is
    /// replaced: `Run` with the old serial and a higher fence.
    async fn begin_answer(&self, begin: BeginAnswer) -> Result<Begun, StoreError>;
    /// Ends a run. Returns `false`, without effect, if the fence is not the current one.
    async fn end_answer(&self, scope: AnswerScope, fence: i64, end: AnswerEnd) -> Result<bool, StoreError>;
    /// Deletes keys past their time; returns how many.
    async fn purge_answers(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
