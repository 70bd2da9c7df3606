//! One run of the worker, from its start to its shutdown.
//!
//! Guarantees: the running jobs, the claim, the completion, the heartbeat and the single endings are all polled
//! while any of them waits: a job that stands still keeps what it was given, such as a connection of the store,
//! and a claim may be waiting for just that. At most one claim, one completion and one heartbeat are under way.
//! As long as no job is known to be due, the store is only read, and that at most once per poll.
//!
//! Called by: [`Worker::run_until`]. When to look for work is in `look`, the heartbeat in `lease`.

use super::{Worker, ending::Ending, local::LocalQueue, look::unfound};
use crate::{
    error::StoreError,
    job::{Claimed, Fence},
    time::Timestamp,
};
use event_listener::EventListener;
use futures_util::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, BoxFuture, poll_fn},
    stream::FuturesUnordered,
};
use std::{
    collections::{HashMap, HashSet},
    future::Future,
    mem,
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

/// What a shift waits for.
pub(super) enum Event {
    Stopped,
    GraceOver,
    /// Somebody committed work that is due.
    Rang,
    /// The time has come to look for work.
    Napped(Timestamp),
    /// The next time at which there is work. If it was looked for after a claim, then when that was.
    Looked(Result<Option<Timestamp>, StoreError>, Option<Timestamp>),
    Claimed(Result<Vec<Claimed>, StoreError>, usize, Timestamp),
    /// A job's run ended; without an ending, because it was dropped.
    Ran(Fence, Option<Ending>),
    Completed,
    /// One ending was stored. The job may run again at this time.
    Settled(Fence, Option<Timestamp>),
    Released,
    /// The time has come to see whether jobs have waited too long.
    Waited,
    BeatDue,
    /// These leases are lost.
    Beaten(Vec<Fence>),
}

pub(super) struct Shift<'w> {
    pub(super) worker: &'w Worker,
    pub(super) stopping: bool,
    pub(super) queue: LocalQueue,
    pub(super) running: FuturesUnordered<BoxFuture<'w, Event>>,
    pub(super) handles: HashMap<Fence, AbortHandle>,
    /// Done, and to be completed by the next call.
    pub(super) done: Vec<Fence>,
    /// In the completion that is under way.
    pub(super) completing: Vec<Fence>,
    /// In single endings that are under way.
    pub(super) settling: HashSet<Fence>,
    pub(super) releasing: usize,
    pub(super) calls: FuturesUnordered<BoxFuture<'w, Event>>,
    /// Whether there may be jobs that are due. If not, a claim, a look or a nap is under way.
    pub(super) due: bool,
    pub(super) claiming: bool,
    pub(super) looking: bool,
    pub(super) nap: Option<Timestamp>,
    pub(super) waiting: bool,
}

impl<'w> Shift<'w> {
    pub(super) fn new(worker: &'w Worker) -> Self {
        Self {
            worker,
            stopping: false,
            queue: LocalQueue::new(&worker.options),
            running: FuturesUnordered::new(),
            handles: HashMap::new(),
            done: Vec::new(),
            completing: Vec::new(),
            settling: HashSet::new(),
            releasing: 0,
            calls: FuturesUnordered::new(),
            due: true,
            claiming: false,
            looking: false,
            nap: None,
            waiting: false,
        }
    }

    pub(super) async fn work(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown.fuse());
        self.hear(self.worker.wake.listen());
        self.beat_later();
        while !self.is_over() {
            self.fill();
            let event = poll_fn(|context| {
                if !self.stopping && shutdown.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Event::Stopped);
                }
                self.poll_next(context)
            });
            let event = event.await;
            self.handle(event);
        }
    }

    fn is_over(&self) -> bool {
        self.stopping
            && self.running.is_empty()
            && self.done.is_empty()
            && self.completing.is_empty()
            && self.settling.is_empty()
            && self.releasing == 0
            && !self.claiming
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            if let Poll::Ready(Some(event)) = self.calls.poll_next_unpin(context) {
                return Poll::Ready(event);
            }
            if let Poll::Ready(Some(event)) = self.running.poll_next_unpin(context) {
                return Poll::Ready(event);
            }
            // Only now, when nothing more has ended, so that what ends together goes together.
            if !self.begin_calls() {
                return Poll::Pending;
            }
        }
    }

    /// Begins runs while there are places.
    fn fill(&mut self) {
        let worker = self.worker;
        if !self.queue.is_empty() {
            // If nobody has taken them yet, they go back as they were: none of them was begun, so none has failed.
            let lapsed = self.queue.lapsed(worker.clock.now());
            self.release(lapsed);
        }
        while self.free() > 0
            && let Some(Claimed { job, fence, .. }) = self.queue.next()
        {
            let (handle, registration) = AbortHandle::new_pair();
            self.handles.insert(fence, handle);
            let run = Abortable::new(async move { worker.attempt(&job).await }, registration);
            self.running.push(run.map(move |ended| Event::Ran(fence, ended.ok())).boxed());
        }
        if !self.queue.is_empty() && !self.waiting {
            self.waiting = true;
            self.after(worker.options.patience(), Event::Waited);
        }
    }

    fn free(&self) -> usize {
        (self.worker.options.concurrency as usize).saturating_sub(self.running.len())
    }

    /// Begins a completion and a claim, if there is something to complete or to claim. Returns whether it did.
    fn begin_calls(&mut self) -> bool {
        let worker = self.worker;
        let completes = self.completing.is_empty() && !self.done.is_empty();
        if completes {
            self.completing = mem::take(&mut self.done);
            let fences = self.completing.clone();
            self.call(async move {
                worker.complete(&fences).await;
                Event::Completed
            });
        }
        let wanted = self.queue.wanted(self.free());
        // What cannot be completed at the moment is held, and so bounded like the rest.
        let bounded = self.done.len() <= self.most_held();
        let claims = self.due && !self.claiming && !self.stopping && wanted > 0 && bounded;
        if claims {
            (self.due, self.claiming) = (false, true);
            self.call(async move {
                let now = worker.clock.now();
                let until = now.saturating_add(worker.options.lease);
                let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
                Event::Claimed(worker.jobs.claim(now, until, limit).await, wanted, now)
            });
        }
        completes || claims
    }

    fn most_held(&self) -> usize {
        let options = &self.worker.options;
        options.concurrency.saturating_add(options.prefetch) as usize
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Stopped => self.stop(),
            Event::GraceOver => self.end_grace(),
            Event::Rang => {
                // Listening begins before the claim, so work that comes in between rings again.
                self.hear(self.worker.wake.listen());
                self.due = true;
            }
            Event::Napped(at) => {
                if self.nap == Some(at) {
                    self.nap = None;
                    // A claim looks by itself when it finds nothing more.
                    if !self.due && !self.claiming {
                        self.look(None);
                    }
                }
            }
            Event::Looked(next, after_claim) => self.looked(next, after_claim),
            Event::Claimed(jobs, asked, at) => self.claimed(jobs, asked, at),
            Event::Ran(fence, ending) => {
                self.handles.remove(&fence);
                match ending {
                    None => {}
                    Some(Ending::Done) => self.done.push(fence),
                    Some(ending) => self.settle(fence, ending),
                }
            }
            Event::Completed => self.completing.clear(),
            Event::Settled(fence, again) => {
                self.settling.remove(&fence);
                self.known(again);
            }
            Event::Released => self.releasing = self.releasing.saturating_sub(1),
            Event::Waited => {
                self.waiting = false;
                let late = self.queue.overdue(self.worker.clock.now());
                self.release(late);
            }
            Event::BeatDue => self.beat(),
            Event::Beaten(leases) => {
                for fence in leases {
                    self.lose(fence);
                }
                self.beat_later();
            }
        }
    }

    fn claimed(&mut self, jobs: Result<Vec<Claimed>, StoreError>, asked: usize, at: Timestamp) {
        self.claiming = false;
        let jobs = match jobs {
            Ok(jobs) => jobs,
            Err(error) => {
                unfound("no jobs could be claimed", &error);
                self.due = false;
                return self.nap(self.worker.options.poll);
            }
        };
        if self.stopping {
            return self.release(jobs.into_iter().map(|claimed| claimed.fence).collect());
        }
        let full = jobs.len() >= asked;
        let (lapsed, fresh): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|claimed| claimed.lapsed);
        for claimed in lapsed {
            self.settle(claimed.fence, self.worker.ending_of_lapsed(&claimed.job));
        }
        self.queue.take_in(fresh, full, asked, at);
        if full {
            self.due = true;
        } else if !self.due && self.nap.is_none() {
            self.look(Some(at));
        }
    }

    fn stop(&mut self) {
        self.stopping = true;
        let unbegun = self.queue.drain();
        self.release(unbegun);
        self.after(self.worker.options.grace, Event::GraceOver);
    }

    fn end_grace(&mut self) {
        self.running.clear();
        let unfinished: Vec<Fence> = self.handles.drain().map(|(fence, _)| fence).collect();
        for fence in &unfinished {
            tracing::warn!(job.id = %fence.job, "a job was still running at the end of the grace time; it is given back");
        }
        self.release(unfinished);
    }

    fn settle(&mut self, fence: Fence, ending: Ending) {
        let again = if let Ending::Later(at, _) = &ending { Some(*at) } else { None };
        self.settling.insert(fence);
        let worker = self.worker;
        self.call(async move {
            worker.settle(fence, ending).await;
            Event::Settled(fence, again)
        });
    }

    fn release(&mut self, fences: Vec<Fence>) {
        if fences.is_empty() {
            return;
        }
        self.releasing = self.releasing.saturating_add(1);
        let worker = self.worker;
        self.call(async move {
            worker.release(&fences).await;
            Event::Released
        });
    }

    fn hear(&mut self, ring: EventListener) {
        self.call(ring.map(|()| Event::Rang));
    }

    pub(super) fn after(&mut self, time: Duration, event: Event) {
        let worker = self.worker;
        self.call(async move {
            worker.timer.sleep(time).await;
            event
        });
    }

    pub(super) fn call(&mut self, call: impl Future<Output = Event> + Send + 'w) {
        self.calls.push(call.boxed());
    }
}
