//! What the worker's tests stand on: a queue that tells what it was asked, a timer and jobs that do as they are told.

use super::{Worker, WorkerOptions};
use crate::{
    commit::Subject,
    error::StoreError,
    id::{JobId, OsIdGen},
    job::{Claimed, Fence, Handler, Job, JobFailure, JobOutcome, JobState, Jobs, NewJob, Wake},
    page::Page,
    time::{Clock, ManualClock, Timer, Timestamp},
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

/// A call of the queue, with the numbers of the jobs that it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Claim(u32),
    Complete(Vec<u128>),
    Extend(Vec<u128>),
    Release(Vec<u128>),
    PutBack(u128, Timestamp, Option<String>),
    Bury(u128, String),
    Look,
}

fn numbers(fences: &[Fence]) -> Vec<u128> {
    let mut numbers: Vec<u128> = fences.iter().map(|fence| fence.job.uuid().as_u128()).collect();
    numbers.sort_unstable();
    numbers
}

/// A queue in memory. Its calls may be held up by name (`claim`, `complete` …), and fail.
#[derive(Debug)]
pub(super) struct Desk {
    jobs: Mutex<BTreeMap<u128, Job>>,
    calls: watch::Sender<Vec<Call>>,
    held: watch::Sender<HashSet<&'static str>>,
    failures: Mutex<VecDeque<(&'static str, StoreError)>>,
    /// Jobs that somebody else has under a lock: they are due, and not given.
    pub(super) locked: Mutex<HashSet<u128>>,
    /// What every claim needs, and jobs of the kind `reads`.
    pub(super) connection: Semaphore,
}

impl Desk {
    pub(super) fn add(&self, number: u128, kind: &str, run_at: Timestamp) {
        let new = NewJob {
            id: JobId::from_uuid(Uuid::from_u128(number)),
            kind: kind.to_owned(),
            payload: serde_json::Value::Null,
            subject: Subject::of(kind),
            unique: None,
            run_at,
            created_at: Timestamp::EPOCH,
        };
        let job = Job {
            new,
            state: JobState::Ready,
            attempts: 0,
            fence: 0,
            leased_until: None,
            last_error: None,
            ended_at: None,
        };
        self.jobs.lock().unwrap().insert(number, job);
    }

    /// Changes a job behind the worker's back.
    pub(super) fn change(&self, number: u128, how: impl FnOnce(&mut Job)) {
        how(self.jobs.lock().unwrap().get_mut(&number).unwrap());
    }

    pub(super) fn job(&self, number: u128) -> Job {
        self.jobs.lock().unwrap()[&number].clone()
    }

    pub(super) fn count(&self, state: JobState) -> usize {
        self.jobs.lock().unwrap().values().filter(|job| job.state == state).count()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.borrow().clone()
    }

    /// Waits until the calls are so.
    pub(super) async fn until(&self, mut so: impl FnMut(&[Call]) -> bool) -> Vec<Call> {
        let mut calls = self.calls.subscribe();
        calls.wait_for(|calls| so(calls)).await.unwrap().clone()
    }

    /// Waits until so many jobs are in a state.
    pub(super) async fn until_count(&self, state: JobState, count: usize) {
        self.until(|_| self.count(state) == count).await;
    }

    /// Calls of this name wait from now on.
    pub(super) fn hold(&self, name: &'static str) {
        self.held.send_modify(|held| {
            held.insert(name);
        });
    }

    pub(super) fn let_go(&self, name: &'static str) {
        self.held.send_modify(|held| {
            held.remove(name);
        });
    }

    /// The next call of this name about which nothing was said fails so. What is unknown was done.
    pub(super) fn fail(&self, name: &'static str, error: StoreError) {
        self.failures.lock().unwrap().push_back((name, error));
    }

    async fn call<T>(
        &self,
        name: &'static str,
        call: Call,
        work: impl FnOnce(&mut BTreeMap<u128, Job>) -> T + Send,
    ) -> Result<T, StoreError> {
        self.calls.send_modify(|calls| calls.push(call));
        let _ = self.held.subscribe().wait_for(|held| !held.contains(name)).await;
        let failure = {
            let mut failures = self.failures.lock().unwrap();
            let place = failures.iter().position(|(failing, _)| *failing == name);
            place.and_then(|place| failures.remove(place))
        };
        let answer = match failure {
            Some((_, StoreError::Unknown(source))) => {
                work(&mut self.jobs.lock().unwrap());
                Err(StoreError::Unknown(source))
            }
            Some((_, error)) => Err(error),
            None => Ok(work(&mut self.jobs.lock().unwrap())),
        };
        // Whoever waits for an effect looks again.
        self.calls.send_modify(|_| {});
        answer
    }
}

fn held<'a>(jobs: &'a mut BTreeMap<u128, Job>, fence: &Fence) -> Option<&'a mut Job> {
    let job = jobs.get_mut(&fence.job.uuid().as_u128())?;
    (job.state == JobState::Running && job.fence == fence.number).then_some(job)
}

fn change_all(
    fences: Vec<Fence>,
    how: impl Fn(&mut Job),
) -> impl FnOnce(&mut BTreeMap<u128, Job>) -> Vec<Fence> {
    move |jobs| {
        let mut refused = Vec::new();
        for fence in fences {
            match held(jobs, &fence) {
                Some(job) => how(job),
                None => refused.push(fence),
            }
        }
        refused
    }
}

fn due_at(job: &Job) -> Option<Timestamp> {
    match job.state {
        JobState::Ready => Some(job.new.run_at),
        JobState::Running => job.leased_until,
        JobState::Done | JobState::Dead => None,
    }
}

#[async_trait]
impl Jobs for Desk {
    async fn enqueue(&self, _: NewJob) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn claim(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claimed>, StoreError> {
        let _connection = self.connection.acquire().await.unwrap();
        let locked = self.locked.lock().unwrap().clone();
        self.call("claim", Call::Claim(limit), |jobs| {
            let mut due: Vec<(Timestamp, u128)> = jobs
                .iter()
                .filter(|(number, job)| !locked.contains(number) && due_at(job).is_some_and(|at| at <= now))
                .map(|(number, job)| (job.new.run_at, *number))
                .collect();
            due.sort_unstable();
            due.truncate(limit as usize);
            let claim = |(_, number): (Timestamp, u128)| {
                let job = jobs.get_mut(&number).unwrap();
                let lapsed = job.state == JobState::Running;
                job.fence += 1;
                (job.state, job.leased_until) = (JobState::Running, Some(lease_until));
                Claimed { fence: Fence { job: job.new.id, number: job.fence }, job: job.clone(), lapsed }
            };
            due.into_iter().map(claim).collect()
        })
        .await
    }
    async fn extend(&self, fences: &[Fence], until: Timestamp) -> Result<Vec<Fence>, StoreError> {
        let work = change_all(fences.to_vec(), move |job| job.leased_until = Some(until));
        self.call("extend", Call::Extend(numbers(fences)), work).await
    }
    async fn complete(&self, fences: &[Fence], _: Timestamp) -> Result<Vec<Fence>, StoreError> {
        let work = change_all(fences.to_vec(), |job| job.state = JobState::Done);
        self.call("complete", Call::Complete(numbers(fences)), work).await
    }
    async fn release(&self, fences: &[Fence]) -> Result<Vec<Fence>, StoreError> {
        let work = change_all(fences.to_vec(), |job| job.state = JobState::Ready);
        self.call("release", Call::Release(numbers(fences)), work).await
    }
    async fn put_back(
        &self,
        fence: Fence,
        run_at: Timestamp,
        reason: Option<String>,
    ) -> Result<bool, StoreError> {
        let call = Call::PutBack(fence.job.uuid().as_u128(), run_at, reason.clone());
        let work = change_all(vec![fence], move |job| {
            job.attempts = if reason.is_some() { job.attempts + 1 } else { 0 };
            (job.state, job.new.run_at) = (JobState::Ready, run_at);
        });
        Ok(self.call("put_back", call, work).await?.is_empty())
    }
    async fn bury(&self, fence: Fence, _: Timestamp, reason: String) -> Result<bool, StoreError> {
        let work = change_all(vec![fence], |job| job.state = JobState::Dead);
        Ok(self.call("bury", Call::Bury(fence.job.uuid().as_u128(), reason), work).await?.is_empty())
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call("next_due", Call::Look, |jobs| jobs.values().filter_map(due_at).min()).await
    }
    async fn job(&self, _: JobId) -> Result<Option<Job>, StoreError> {
        Ok(None)
    }
    async fn jobs_in(&self, _: JobState, _: Page) -> Result<Vec<Job>, StoreError> {
        Ok(Vec::new())
    }
    async fn mails_about(&self, _: &[Subject], _: u32) -> Result<Vec<Job>, StoreError> {
        Ok(Vec::new())
    }
    async fn revive(&self, _: JobId, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Time passes when the test says so, for the clock and for sleepers.
#[derive(Debug)]
pub(super) struct Time {
    pub(super) clock: ManualClock,
    passed: watch::Sender<Duration>,
    asked: watch::Sender<Vec<Duration>>,
}

impl Time {
    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.passed.send_modify(|passed| *passed += time);
    }

    /// Waits until somebody has slept, or sleeps, for so long.
    pub(super) async fn until_asked(&self, time: Duration) {
        self.asked.subscribe().wait_for(|asked| asked.contains(&time)).await.unwrap();
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Timer for Time {
    async fn sleep(&self, duration: Duration) {
        self.asked.send_modify(|asked| asked.push(duration));
        let mut passed = self.passed.subscribe();
        let until = *passed.borrow_and_update() + duration;
        let _ = passed.wait_for(|passed| *passed >= until).await;
    }
}

/// When jobs of the kind `twice` run again.
pub(super) const AGAIN: Duration = Duration::from_millis(300);

/// Jobs that end at once (`quick`), when they are told (`slow`), with a ring while they hold the connection
/// (`reads`), only for now (`twice`), or badly (`fails`, `panics`).
#[derive(Debug)]
pub(super) struct Hands {
    desk: Arc<Desk>,
    wake: Wake,
    pub(super) begun: watch::Sender<Vec<u128>>,
    /// How many slow jobs may end.
    pub(super) ends: Semaphore,
    pub(super) dropped: AtomicUsize,
}

struct Dropped<'a>(&'a AtomicUsize);

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Handler for Hands {
    fn kinds(&self) -> &'static [&'static str] {
        &["quick", "slow", "reads", "fails", "panics", "twice"]
    }
    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        let this = job.new.id.uuid().as_u128();
        self.begun.send_modify(|begun| begun.push(this));
        match job.new.kind.as_str() {
            "slow" => {
                let dropped = Dropped(&self.dropped);
                self.ends.acquire().await.unwrap().forget();
                std::mem::forget(dropped);
            }
            "reads" => {
                let _connection = self.desk.connection.acquire().await.unwrap();
                self.wake.notify();
                tokio::task::yield_now().await;
            }
            "twice" if self.begun.borrow().iter().filter(|number| **number == this).count() == 1 => {
                return Ok(JobOutcome::Again(job.new.run_at.saturating_add(AGAIN)));
            }
            "fails" => return Err(JobFailure::retry("not today")),
            "panics" => panic!("on purpose"),
            _ => {}
        }
        Ok(JobOutcome::Done)
    }
}

/// A worker, and all that it touches.
pub(super) struct Stage {
    pub(super) desk: Arc<Desk>,
    pub(super) time: Arc<Time>,
    pub(super) hands: Arc<Hands>,
    pub(super) wake: Wake,
    pub(super) worker: Worker,
}

impl Stage {
    pub(super) fn new(change: impl FnOnce(&mut WorkerOptions)) -> Self {
        let desk = Arc::new(Desk {
            jobs: Mutex::default(),
            calls: watch::Sender::new(Vec::new()),
            held: watch::Sender::new(HashSet::new()),
            failures: Mutex::default(),
            locked: Mutex::default(),
            connection: Semaphore::new(1),
        });
        let start = Timestamp::from_micros(1_000_000_000);
        let time = Arc::new(Time {
            clock: ManualClock::new(start),
            passed: watch::Sender::new(Duration::ZERO),
            asked: watch::Sender::new(Vec::new()),
        });
        let wake = Wake::default();
        let hands = Arc::new(Hands {
            desk: Arc::clone(&desk),
            wake: wake.clone(),
            begun: watch::Sender::new(Vec::new()),
            ends: Semaphore::new(0),
            dropped: AtomicUsize::new(0),
        });
        let mut options = WorkerOptions::default();
        change(&mut options);
        let handler: Arc<dyn Handler> = hands.clone();
        let worker = Worker {
            jobs: desk.clone(),
            handlers: Arc::new(handler.kinds().iter().map(|kind| (*kind, Arc::clone(&handler))).collect()),
            periodic: Arc::new(Vec::new()),
            clock: time.clone(),
            timer: time.clone(),
            ids: Arc::new(OsIdGen::new().unwrap()),
            wake: wake.clone(),
            options,
        };
        Self { desk, time, hands, wake, worker }
    }

    /// Jobs of a kind that are due, by their numbers.
    pub(super) fn add(&self, numbers: impl IntoIterator<Item = u128>, kind: &str) {
        for number in numbers {
            self.desk.add(number, kind, self.time.now());
        }
    }

    /// Runs the worker until the script has told it to stop (it is given the bell for that) and is over itself.
    pub(super) async fn play<F: Future<Output = ()>>(&self, script: impl FnOnce(Arc<Semaphore>) -> F) {
        let bell = Arc::new(Semaphore::new(0));
        let stop = Arc::clone(&bell);
        let working = self.worker.run_until(async move { stop.acquire().await.unwrap().forget() });
        let both = async { tokio::join!(working, script(bell)) };
        let limit = Duration::from_secs(20);
        tokio::time::timeout(limit, both).await.expect("the worker stands still");
    }

    /// Waits until so many runs have begun.
    pub(super) async fn until_begun(&self, count: usize) {
        self.hands.begun.subscribe().wait_for(|begun| begun.len() >= count).await.unwrap();
    }

    /// Lets everything happen that can happen now.
    pub(super) async fn settle(&self) {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}
