//! The local queue: jobs that are held and wait for a place to run.
//!
//! Guarantees: first in, first out; bounded; it says how many jobs to claim, and which ones have waited too long.
//!
//! Why it grows by what it sees: a prefetched job is out of reach for every other worker. That costs nobody
//! anything if it begins a moment later, and much if it waits behind jobs that take minutes. So nothing is
//! prefetched at first, and when claims come back full within [`WorkerOptions::patience`] of each other, as many
//! more are claimed as that shows can be begun in time.

use super::WorkerOptions;
use crate::{
    job::{Claimed, Fence},
    time::Timestamp,
};
use std::{collections::VecDeque, time::Duration};

#[derive(Debug)]
struct Waiting {
    claimed: Claimed,
    since: Timestamp,
}

/// Jobs that wait here, and how many there may be.
#[derive(Debug)]
pub(super) struct LocalQueue {
    waiting: VecDeque<Waiting>,
    /// How many jobs may wait, at the moment.
    window: usize,
    /// How large the window may become.
    most: usize,
    patience: Duration,
    lease: Duration,
    last_full: Option<Timestamp>,
}

impl LocalQueue {
    pub(super) fn new(options: &WorkerOptions) -> Self {
        Self {
            waiting: VecDeque::new(),
            window: 0,
            most: options.prefetch as usize,
            patience: options.patience(),
            lease: options.lease,
            last_full: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many jobs to claim when so many places are free. None while enough are waiting: few large claims cost
    /// less than many small ones.
    pub(super) fn wanted(&self, free: usize) -> usize {
        let room = free.saturating_add(self.window).saturating_sub(self.waiting.len());
        if self.waiting.len() <= self.window / 2 { room } else { 0 }
    }

    /// Takes in what can be run of what a claim at `now` gave. It asked for so many, and was full if it got them.
    pub(super) fn take_in(&mut self, claimed: Vec<Claimed>, full: bool, asked: usize, now: Timestamp) {
        if full {
            let quick = self.last_full.is_some_and(|last| now.since(last) <= self.patience);
            self.window = if quick { asked.saturating_mul(2).min(self.most) } else { 0 };
            self.last_full = Some(now);
        } else {
            (self.window, self.last_full) = (0, None);
        }
        self.waiting.extend(claimed.into_iter().map(|claimed| Waiting { claimed, since: now }));
    }

    /// The next job to run.
    pub(super) fn next(&mut self) -> Option<Claimed> {
        self.waiting.pop_front().map(|waiting| waiting.claimed)
    }

    /// Takes out those whose leases may be over: this process stood still, and somebody else may have them now.
    pub(super) fn lapsed(&mut self, now: Timestamp) -> Vec<Fence> {
        let lease = self.lease;
        self.take_out(|waiting| now.since(waiting.since) >= lease)
    }

    /// Takes out those that have waited too long; if there are any, fewer are claimed from now on.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<Fence> {
        let patience = self.patience;
        let late = self.take_out(|waiting| now.since(waiting.since) >= patience);
        if !late.is_empty() {
            (self.window, self.last_full) = (0, None);
        }
        late
    }

    fn take_out(&mut self, is_late: impl Fn(&Waiting) -> bool) -> Vec<Fence> {
        // They stand in the order of their claims.
        let count = self.waiting.iter().take_while(|waiting| is_late(waiting)).count();
        self.waiting.drain(..count).map(|waiting| waiting.claimed.fence).collect()
    }

    /// Takes out one whose lease was lost. Returns whether it was there.
    pub(super) fn remove(&mut self, fence: Fence) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.claimed.fence != fence);
        self.waiting.len() < before
    }

    /// What waits here.
    pub(super) fn fences(&self) -> impl Iterator<Item = Fence> {
        self.waiting.iter().map(|waiting| waiting.claimed.fence)
    }

    /// Takes out all.
    pub(super) fn drain(&mut self) -> Vec<Fence> {
        self.waiting.drain(..).map(|waiting| waiting.claimed.fence).collect()
    }
}
