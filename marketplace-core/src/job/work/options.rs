//! How a worker works.

use std::time::Duration;

/// How a worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// How many jobs at once. Default 8.
    pub concurrency: u32,
    /// How many more jobs to claim than can run at once, so that the next ones are at hand when those are done.
    /// They wait in this process, under leases, and no other worker gets them meanwhile; hence they are only
    /// claimed while jobs are quick, and given back when they have waited for a second. Default 32; none if zero.
    pub prefetch: u32,
    /// How long a claim holds without a sign of life. Default one minute.
    pub lease: Duration,
    /// How often to look for work that nobody rang for: jobs of other processes. One whose time comes sooner is
    /// begun on time, if it was known when the worker last looked. Default one second.
    pub poll: Duration,
    /// How long running jobs may go on after the shutdown began. Default ten seconds.
    pub grace: Duration,
    /// After how many failures in a row a job is given up. A worker that dies with the job in its hands counts as
    /// one. Default 24, which takes one and a half to three days.
    pub most_failures: u32,
    /// For how long at least a job is tried again that says itself that it may help, however often it failed: an
    /// outage of what it needs is waited for. A panic, or the death of its worker, is not. Default three days.
    pub persistence: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            concurrency: 8,
            prefetch: 32,
            lease: Duration::from_mins(1),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(10),
            most_failures: 24,
            persistence: Duration::from_hours(72),
        }
    }
}

impl WorkerOptions {
    /// How often to give a sign of life.
    pub(super) fn beat(&self) -> Duration {
        self.lease.checked_div(3).unwrap_or(self.lease)
    }

    /// How long a job may wait in the local queue.
    pub(super) fn patience(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(1);
        self.lease.checked_div(4).unwrap_or(self.lease).min(LONGEST)
    }
}
