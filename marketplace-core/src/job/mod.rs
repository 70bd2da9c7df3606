//! Background jobs: rows that are written in the same commit as their cause.
//!
//! Guarantees: a job runs at least once after its commit, never before; one worker holds it at a time, by a
//! lease with a fence token that rises with each claim, so a worker that lost its lease cannot complete it;
//! failures back off with jitter, and end as dead letters with a reason that an operator can read and retry.
//! A worker that dies counts as a failure of what it held, so a job that kills its worker each time ends as a
//! dead letter, too. Kinds that are no longer known stay readable.
//!
//! Does not: run jobs exactly once. Handlers are idempotent, because decisions are.
//!
//! Called by: decisions (enqueue), the worker (claim and end), operators.

mod backoff;
mod handler;
mod model;
mod port;
mod wake;
mod work;

pub use backoff::backoff;
pub(crate) use handler::field;
pub use handler::{Handler, JobFailure, JobOutcome, kinds};
pub use model::{Job, JobState, NewJob};
#[cfg(any(test, feature = "mock"))]
pub use port::MockJobs;
pub use port::{Claimed, Fence, Jobs};
pub use wake::Wake;
pub use work::{Worker, WorkerOptions};
