//! Calls about many fences at once: each fence has its own outcome.

use super::{
    StoreHarness,
    jobs::{add, claim, claim_one, stored},
    stage::{Stage, at_once},
};
use marketplace_core::{
    error::StoreError,
    id::JobId,
    job::{Fence, Job, JobState, NewJob},
    time::Timestamp,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// Fences of every kind, mixed: what is refused must touch nothing, and nothing else may be refused.
struct Mixed {
    now: Timestamp,
    /// Held now; one of them twice.
    good: Vec<Fence>,
    /// Of an earlier claim, never given, of an unknown job, of one that waits, of one that ended.
    bad: Vec<Fence>,
    /// All of them, in no order.
    all: Vec<Fence>,
}

impl Mixed {
    async fn new(stage: &Stage) -> Self {
        let now = stage.fixture.later(Duration::from_mins(1));
        let one = async |at: Timestamp| {
            add(stage, &stage.fixture.job()).await;
            claim_one(stage, at).await.fence
        };
        let over = now.saturating_add(Duration::from_mins(2));
        let stale = one(now).await;
        let current = claim_one(stage, over).await.fence;
        let (waits, ended) = (one(now).await, one(now).await);
        let later = over.saturating_add(Duration::from_hours(1));
        assert!(stage.store.put_back(waits, later, None).await.expect("is put back"));
        assert!(stage.store.bury(ended, now, "for good".into()).await.expect("is buried"));
        let (second, third) = (one(now).await, one(now).await);
        let never = Fence { number: second.number + 1, ..second };
        let unknown = Fence { job: JobId::from_uuid(stage.fixture.uuid()), number: 1 };
        Self {
            now: over,
            good: vec![current, second, third],
            bad: vec![stale, waits, ended, never, unknown],
            all: vec![third, never, current, ended, second, unknown, third, stale, waits],
        }
    }

    /// The jobs behind bad fences that no good one holds.
    async fn untouched(&self, stage: &Stage) -> Vec<Job> {
        let mut jobs = Vec::new();
        for fence in &self.bad {
            if !self.good.iter().any(|good| good.job == fence.job) {
                jobs.extend(stage.store.job(fence.job).await.expect("jobs are read"));
            }
        }
        assert_eq!(jobs.len(), 2, "one waits, one ended");
        jobs
    }
}

fn set(fences: impl IntoIterator<Item = Fence>) -> HashSet<Fence> {
    fences.into_iter().collect()
}

/// Makes one call about good and bad fences, and then one about the good ones alone; `expect` looks at a job
/// whose fence was good.
async fn judge<F>(
    harness: &dyn StoreHarness,
    call: impl Fn(Arc<dyn marketplace_core::Store>, Vec<Fence>, Timestamp) -> F,
    expect: impl Fn(&Job, &Job, Timestamp),
    once: bool,
) where
    F: Future<Output = Result<Vec<Fence>, StoreError>>,
{
    let stage = Stage::new(harness).await;
    let mixed = Mixed::new(&stage).await;
    let send = |fences: &[Fence]| call(Arc::clone(&stage.store), fences.to_vec(), mixed.now);
    assert_eq!(send(&[]).await.expect("nothing is done"), [], "no fence, no refusal");
    let before = mixed.untouched(&stage).await;
    let mut held = Vec::new();
    for fence in &mixed.good {
        held.push(stored(&stage, fence.job).await);
    }
    assert_eq!(set(send(&mixed.bad).await.expect("is judged")), set(mixed.bad.clone()), "all are bad");
    for (fence, held) in mixed.good.iter().zip(&held) {
        assert_eq!(&stored(&stage, fence.job).await, held, "another fence of the job changed it");
    }
    let refused = send(&mixed.all).await.expect("is judged");
    assert_eq!(set(refused), set(mixed.bad.clone()), "the bad ones are refused, and nothing else");
    for (fence, held) in mixed.good.iter().zip(&held) {
        expect(held, &stored(&stage, fence.job).await, mixed.now);
    }
    assert_eq!(mixed.untouched(&stage).await, before, "what was refused is as it was");
    let again = set(send(&mixed.good).await.expect("is judged"));
    assert_eq!(again, if once { set(mixed.good.clone()) } else { set([]) }, "the same fences again");
}

/// Of many that are completed at once, each is judged by itself, and one that is given twice counts once.
pub async fn completed(harness: &dyn StoreHarness) {
    let done = |held: &Job, job: &Job, now| {
        let expected = Job { state: JobState::Done, leased_until: None, ended_at: Some(now), ..held.clone() };
        assert_eq!(job, &expected);
    };
    let call = |store: Arc<dyn marketplace_core::Store>, fences: Vec<Fence>, now| async move {
        store.complete(&fences, now).await
    };
    judge(harness, call, done, true).await;
}

/// Likewise of many whose leases are prolonged at once; all of them get the same end.
pub async fn extended(harness: &dyn StoreHarness) {
    let until = |now: Timestamp| now.saturating_add(Duration::from_hours(5));
    let held_longer = |held: &Job, job: &Job, now| {
        assert_eq!(job, &Job { leased_until: Some(until(now)), ..held.clone() });
    };
    let call = |store: Arc<dyn marketplace_core::Store>, fences: Vec<Fence>, now| async move {
        store.extend(&fences, until(now)).await
    };
    judge(harness, call, held_longer, false).await;
}

/// Likewise of many that are given back at once.
pub async fn released(harness: &dyn StoreHarness) {
    let ready = |held: &Job, job: &Job, _| {
        assert_eq!(job, &Job { state: JobState::Ready, leased_until: None, ..held.clone() });
    };
    let call = |store: Arc<dyn marketplace_core::Store>, fences: Vec<Fence>, _| async move {
        store.release(&fences).await
    };
    judge(harness, call, ready, true).await;
}

/// A job that is given back is claimed again in its old place, with the failures that it had. That nobody ran it
/// is no failure.
pub async fn released_as_it_was(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (first, second) = (stage.fixture.job(), stage.fixture.job());
    add(&stage, &first).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    for reason in ["one", "two"] {
        let fence = claim_one(&stage, now).await.fence;
        let back = stage.store.put_back(fence, first.run_at, Some(reason.into())).await;
        assert!(back.expect("is put back"));
    }
    add(&stage, &second).await;
    let claimed = claim(&stage, now, 1).await.remove(0);
    assert_eq!(claimed.job.new.id, first.id, "the older one");
    assert_eq!(stage.store.release(&[claimed.fence]).await.expect("is given back"), []);
    let back = stored(&stage, first.id).await;
    assert_eq!((back.state, back.attempts, back.last_error.as_deref()), (JobState::Ready, 2, Some("two")));
    assert_eq!(stage.store.next_due().await.expect("the next time is read"), Some(first.run_at));
    let again = claim(&stage, now, 1).await.remove(0);
    assert_eq!(again.job.new, NewJob { ..first }, "it has kept its place");
    assert!(!again.lapsed && again.fence.number > claimed.fence.number);
    assert_eq!(again.job.attempts, 2, "neither forgotten nor counted");
}

/// Many batches of the same jobs, in different orders and for different ends, neither wait for each other in a
/// circle nor end a job twice.
pub async fn raced(harness: &dyn StoreHarness) {
    const JOBS: usize = 60;
    let stage = Stage::new(harness).await;
    for _ in 0..JOBS {
        add(&stage, &stage.fixture.job()).await;
    }
    let now = stage.fixture.later(Duration::from_secs(1));
    let until = now.saturating_add(Duration::from_mins(5));
    let fences: Vec<Fence> =
        claim(&stage, now, 1_000).await.into_iter().map(|claimed| claimed.fence).collect();
    assert_eq!(fences.len(), JOBS);
    for round in 0..4 {
        let calls = (0..8).map(|number: usize| {
            let (store, mut fences) = (Arc::clone(&stage.store), fences.clone());
            fences.rotate_left((number * 7 + round) % JOBS);
            if number.is_multiple_of(2) {
                fences.reverse();
            }
            async move { store.extend(&fences, until).await.expect("leases are prolonged") }
        });
        let refused = at_once(calls).await.concat();
        assert!(refused.is_empty(), "nobody else holds them: {refused:?}");
    }
    let calls = (0..8).map(|number: usize| {
        let (store, mut fences) = (Arc::clone(&stage.store), fences.clone());
        fences.rotate_left(number * 7 % JOBS);
        if number.is_multiple_of(2) {
            fences.reverse();
        }
        async move {
            let refused = match number % 4 {
                0 => store.extend(&fences, until).await.map(|_| fences.clone()),
                1 => store.release(&fences).await,
                _ => store.complete(&fences, now).await,
            };
            fences.len() - refused.expect("is judged").len()
        }
    });
    let ended: usize = at_once(calls).await.into_iter().sum();
    assert_eq!(ended, JOBS, "each job was ended by one of them");
    for fence in &fences {
        let job = stored(&stage, fence.job).await;
        let is_ended = matches!(job.state, JobState::Done | JobState::Ready);
        assert!(is_ended && job.leased_until.is_none(), "{job:?}");
    }
}

/// A call may be about as many jobs as a claim gives.
pub async fn large(harness: &dyn StoreHarness) {
    const JOBS: usize = 1_500;
    let stage = Stage::new(harness).await;
    for _ in 0..3 {
        let jobs = (0..JOBS / 3).map(|_| marketplace_core::commit::Change::Enqueue(stage.fixture.job()));
        stage.apply(jobs.collect()).await;
    }
    let now = stage.fixture.later(Duration::from_secs(1));
    let fences: Vec<Fence> =
        claim(&stage, now, 5_000).await.into_iter().map(|claimed| claimed.fence).collect();
    assert_eq!(fences.len(), JOBS);
    let until = now.saturating_add(Duration::from_hours(1));
    assert_eq!(stage.store.extend(&fences, until).await.expect("leases are prolonged"), []);
    assert_eq!(stage.store.next_due().await.expect("the next time is read"), Some(until));
    assert_eq!(stage.store.complete(&fences, now).await.expect("jobs are ended"), []);
    assert_eq!(stage.store.next_due().await.expect("the next time is read"), None, "all are done");
}
