//! The queue: what is claimed when, names, the operator's list. Leases and fences are in [`super::leases`].

use super::{
    StoreHarness,
    stage::{Stage, at_once},
};
use marketplace_core::{
    commit::Change,
    id::JobId,
    job::{Claimed, Fence, Job, JobState, NewJob},
    page::Page,
    time::Timestamp,
};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A microsecond, the shortest time there is.
const TICK: Duration = Duration::from_micros(1);

/// Adds a job through the port; it must be added.
pub(super) async fn add(stage: &Stage, job: &NewJob) {
    assert!(stage.store.enqueue(job.clone()).await.expect("a job is added"), "a new job is added: {job:?}");
}

/// Claims for a minute.
pub(super) async fn claim(stage: &Stage, now: Timestamp, limit: u32) -> Vec<Claimed> {
    let until = now.saturating_add(Duration::from_mins(1));
    stage.store.claim(now, until, limit).await.expect("jobs are claimed")
}

/// Claims the one job that is due.
pub(super) async fn claim_one(stage: &Stage, now: Timestamp) -> Claimed {
    let mut claimed = claim(stage, now, 10).await;
    assert_eq!(claimed.len(), 1, "one job is due at {now}: {claimed:?}");
    claimed.remove(0)
}

/// Ends one job as done; tells whether it was ended.
pub(super) async fn complete(stage: &Stage, fence: Fence, now: Timestamp) -> bool {
    let refused = stage.store.complete(&[fence], now).await.expect("jobs are ended");
    assert!(refused.is_empty() || refused == [fence], "only what was asked for is refused: {refused:?}");
    refused.is_empty()
}

/// The job as it is stored.
pub(super) async fn stored(stage: &Stage, id: JobId) -> Job {
    stage.store.job(id).await.expect("jobs are read").expect("the job is there")
}

fn ids(claimed: &[Claimed]) -> Vec<JobId> {
    claimed.iter().map(|claimed| claimed.job.new.id).collect()
}

/// Due jobs come oldest `run_at` first, then by id, `limit` at a time, whatever the order they were added in.
pub async fn claimed_in_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (early, late) = (stage.fixture.tick(), stage.fixture.tick());
    let jobs: Vec<NewJob> =
        [late, early, late, early, late].map(|run_at| NewJob { run_at, ..stage.fixture.job() }).into();
    for index in [3, 0, 4, 2, 1] {
        add(&stage, &jobs[index]).await;
    }
    let mut expected: Vec<(Timestamp, JobId)> = jobs.iter().map(|job| (job.run_at, job.id)).collect();
    expected.sort();
    let expected: Vec<JobId> = expected.into_iter().map(|(_, id)| id).collect();

    let now = stage.fixture.later(Duration::from_secs(1));
    assert_eq!(ids(&claim(&stage, now, 2).await), expected[..2], "the two oldest");
    assert_eq!(ids(&claim(&stage, now, 0).await), [], "none, if none is asked for");
    assert_eq!(ids(&claim(&stage, now, 10).await), expected[2..], "the rest, in order");
    assert_eq!(ids(&claim(&stage, now, 10).await), [], "all are taken");
}

/// A job is claimed at its time, and not a microsecond before.
pub async fn not_before_its_time(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let at = stage.fixture.later(Duration::from_hours(1));
    let job = NewJob { run_at: at, ..stage.fixture.job() };
    stage.apply(vec![Change::Enqueue(job.clone())]).await;
    assert_eq!(claim(&stage, at.saturating_sub(TICK), 10).await, [], "it is not due yet");
    let claimed = claim_one(&stage, at).await;
    let until = at.saturating_add(Duration::from_mins(1));
    assert_eq!(claimed.job.new, job);
    assert_eq!(
        (claimed.job.state, claimed.job.leased_until, claimed.job.attempts),
        (JobState::Running, Some(until), 0)
    );
    assert_eq!((claimed.fence.job, claimed.fence.number), (job.id, claimed.job.fence));
    assert_eq!(stored(&stage, job.id).await, claimed.job, "the claim is what is stored");
}

/// 300 jobs under 16 claimers at once: each job is given to one of them.
pub async fn claimed_once(harness: &dyn StoreHarness) {
    const JOBS: usize = 300;
    let stage = Stage::new(harness).await;
    for _ in 0..3 {
        let jobs = (0..JOBS / 3).map(|_| Change::Enqueue(stage.fixture.job())).collect();
        stage.apply(jobs).await;
    }
    let now = stage.fixture.later(Duration::from_secs(1));
    let until = now.saturating_add(Duration::from_mins(1));
    let claimers = (0..16).map(|_| {
        let store = Arc::clone(&stage.store);
        async move {
            let mut mine = Vec::new();
            loop {
                let claimed = store.claim(now, until, 7).await.expect("jobs are claimed");
                assert!(claimed.len() <= 7, "no more than asked for: {}", claimed.len());
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed);
                // Without this, a store that gives the same jobs for ever would never let the case end.
                assert!(mine.len() <= JOBS, "one claimer got more jobs than there are");
            }
        }
    });
    let mut given: Vec<Claimed> = at_once(claimers).await.into_iter().flatten().collect();
    // A claimer may have been told of nothing while others held the last jobs in claims that came to nothing.
    loop {
        let left = claim(&stage, now, 100).await;
        if left.is_empty() {
            break;
        }
        given.extend(left);
        assert!(given.len() <= 16 * JOBS, "far more jobs were given than there are");
    }
    let mut times = BTreeMap::<JobId, usize>::new();
    for claimed in &given {
        *times.entry(claimed.job.new.id).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "jobs were given to two claimers: {twice:?}");
    assert_eq!(times.len(), JOBS, "every job was given to somebody");
}

/// A name is taken while a job with it is live, ready or running, and free when that job is done or dead.
pub async fn unique_while_live(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let store = &*stage.store;
    let name = Some(stage.fixture.word("name"));
    let named = || NewJob { unique: name.clone(), ..stage.fixture.job() };
    let refused = async |when: &str| {
        let (by_port, by_set) = (named(), named());
        assert!(!store.enqueue(by_port.clone()).await.expect("is left out"), "the name is taken {when}");
        stage.apply(vec![Change::Enqueue(by_set.clone())]).await;
        for left_out in [by_port.id, by_set.id] {
            assert_eq!(store.job(left_out).await.expect("jobs are read"), None, "left out {when}");
        }
    };
    let first = named();
    add(&stage, &first).await;
    refused("while the job is ready").await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let claimed = claim_one(&stage, now).await;
    refused("while the job runs").await;
    assert!(store.put_back(claimed.fence, now, Some("not yet".into())).await.expect("is put back"));
    refused("while the job waits again").await;
    let claimed = claim_one(&stage, now).await;
    assert!(complete(&stage, claimed.fence, now).await);

    let second = named();
    stage.apply(vec![Change::Enqueue(second.clone())]).await;
    refused("by the next job").await;
    let claimed = claim_one(&stage, stage.fixture.later(Duration::from_secs(1))).await;
    assert_eq!(claimed.job.new, second, "the name is free once its job is done");
    assert!(store.bury(claimed.fence, now, "no use".into()).await.expect("is buried"));
    add(&stage, &named()).await;
    add(&stage, &NewJob { unique: Some(stage.fixture.word("other")), ..stage.fixture.job() }).await;
    add(&stage, &stage.fixture.job()).await;
}

/// The port leaves a job out whose id exists, and of many with one name adds one.
pub async fn enqueued_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let job = stage.fixture.job();
    add(&stage, &job).await;
    let same_id = NewJob { id: job.id, ..stage.fixture.job() };
    assert!(!stage.store.enqueue(same_id).await.expect("is left out"), "the id exists");
    assert_eq!(stored(&stage, job.id).await.new, job, "the first one stays as it was");
    let claimed = claim_one(&stage, stage.fixture.later(Duration::from_secs(1))).await;
    assert!(complete(&stage, claimed.fence, stage.fixture.tick()).await);
    assert!(!stage.store.enqueue(job.clone()).await.expect("is left out"), "the id exists for ever");
    assert_eq!(stored(&stage, job.id).await.state, JobState::Done);

    let name = Some(stage.fixture.word("name"));
    let calls = (0..16).map(|_| {
        let job = NewJob { unique: name.clone(), ..stage.fixture.job() };
        let store = Arc::clone(&stage.store);
        async move { store.enqueue(job).await.expect("is added or left out") }
    });
    let added = at_once(calls).await.into_iter().filter(|added| *added).count();
    assert_eq!(added, 1, "of 16 jobs with one name, added at once");
    let ready = stage.store.jobs_in(JobState::Ready, Page::first(100)).await.expect("jobs are listed");
    assert_eq!(ready.len(), 1, "{ready:?}");
}

/// `next_due` tells the first moment at which a claim gives something: by ready jobs, and by leases.
pub async fn next_due(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let due = async || stage.store.next_due().await.expect("the next time is read");
    assert_eq!(due().await, None, "there is no job");
    let at = stage.fixture.later(Duration::from_hours(2));
    let later = NewJob { run_at: at, ..stage.fixture.job() };
    add(&stage, &later).await;
    assert_eq!(due().await, Some(at), "when the ready job is due");
    let now = stage.fixture.later(Duration::from_secs(1));
    let sooner = NewJob { run_at: now, ..stage.fixture.job() };
    add(&stage, &sooner).await;
    assert_eq!(due().await, Some(now), "when the first ready job is due");

    let claimed = claim_one(&stage, now).await;
    let lease = claimed.job.leased_until.expect("a claimed job has a lease");
    assert_eq!(due().await, Some(lease), "when the lease ends");
    assert_eq!(claim(&stage, lease.saturating_sub(TICK), 10).await, [], "not before");
    let again = claim_one(&stage, lease).await;
    assert_eq!(again.job.new.id, sooner.id, "what is told is due then");
    assert!(complete(&stage, again.fence, lease).await);
    assert_eq!(due().await, Some(at), "a job that ended is never due");
    let last = claim_one(&stage, at).await;
    assert!(stage.store.bury(last.fence, at, "no use".into()).await.expect("is buried"));
    assert_eq!(due().await, None, "no job is live");
}

/// Every field of a job is read as it was written, in every state. Kinds that nobody knows are read, too.
pub async fn shown_whole(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let job = NewJob {
        kind: "of.another-release/2".to_owned(),
        payload: json!({
            "text": "₦ \u{1f600} \"quoted\" \\ '%_", "list": [1, -2.5, null, true, []],
            "large": i64::MAX, "small": i64::MIN, "nothing": {},
        }),
        unique: Some(stage.fixture.word("ünique ✓")),
        ..stage.fixture.job()
    };
    add(&stage, &job).await;
    let ready = stored(&stage, job.id).await;
    let written = Job {
        new: job.clone(),
        state: JobState::Ready,
        attempts: 0,
        fence: ready.fence,
        leased_until: None,
        last_error: None,
        ended_at: None,
    };
    assert_eq!(ready, written, "as written");

    let (now, again) = (stage.fixture.later(Duration::ZERO), stage.fixture.later(Duration::from_mins(5)));
    let held = claim_one(&stage, now).await;
    assert!(held.fence.number > ready.fence, "a fence rises with each claim");
    let reason = "first line\nsecond line: \u{1f4a5}".to_owned();
    assert!(stage.store.put_back(held.fence, again, Some(reason.clone())).await.expect("is put back"));
    let waiting = Job {
        new: NewJob { run_at: again, ..job.clone() },
        attempts: 1,
        fence: held.fence.number,
        last_error: Some(reason),
        ..written
    };
    assert_eq!(stored(&stage, job.id).await, waiting, "after it failed");

    let held = claim_one(&stage, again).await;
    let running = Job {
        state: JobState::Running,
        fence: held.fence.number,
        leased_until: Some(again.saturating_add(Duration::from_mins(1))),
        ..waiting
    };
    assert_eq!((&held.job, stored(&stage, job.id).await), (&running, running.clone()), "while it runs");
    assert!(complete(&stage, held.fence, again).await);
    let done = Job { state: JobState::Done, leased_until: None, ended_at: Some(again), ..running };
    assert_eq!(stored(&stage, job.id).await, done, "at its end");
    for state in JobState::ALL {
        let listed = stage.store.jobs_in(*state, Page::first(10)).await.expect("jobs are listed");
        let expected = if *state == JobState::Done { vec![done.clone()] } else { vec![] };
        assert_eq!(listed, expected, "the list of {state} jobs");
    }
}

/// A job that is given up is listed with its reason, and an operator makes it ready again.
pub async fn buried_and_revived(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (job, live) = (stage.fixture.job(), NewJob { run_at: Timestamp::MAX, ..stage.fixture.job() });
    add(&stage, &job).await;
    add(&stage, &live).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let first = claim_one(&stage, now).await;
    assert!(stage.store.put_back(first.fence, now, Some("once".into())).await.expect("is put back"));
    let second = claim_one(&stage, now).await;
    assert!(stage.store.bury(second.fence, now, "for good".into()).await.expect("is buried"));
    let dead = stage.store.jobs_in(JobState::Dead, Page::first(10)).await.expect("jobs are listed");
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert_eq!(
        (&dead[0].new.id, dead[0].last_error.as_deref(), dead[0].ended_at, dead[0].leased_until),
        (&job.id, Some("for good"), Some(now), None)
    );
    assert_eq!(
        claim(&stage, Timestamp::from_micros(now.as_micros() + 1), 10).await,
        [],
        "the dead do not run"
    );

    let later = now.saturating_add(Duration::from_hours(1));
    assert!(stage.store.revive(job.id, later).await.expect("is revived"), "it was dead");
    let revived = stored(&stage, job.id).await;
    assert_eq!((revived.state, revived.attempts, revived.ended_at), (JobState::Ready, 0, None));
    for (id, why) in
        [(job.id, "is ready"), (live.id, "was never dead"), (stage.fixture.job().id, "is unknown")]
    {
        assert!(!stage.store.revive(id, later).await.expect("is refused"), "what {why} is not revived");
    }
    assert_eq!(stored(&stage, live.id).await.new, live, "a live job is left as it is");
    let again = claim_one(&stage, later).await;
    assert!(again.fence.number > second.fence.number, "old fences stay old");
    assert!(!complete(&stage, second.fence, later).await, "under a buried fence");
    assert!(complete(&stage, again.fence, later).await);
    assert!(!stage.store.revive(job.id, later).await.expect("is refused"), "what is done is not revived");
}

/// A dead job is not revived while a live one has its name.
pub async fn revived_by_name(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let name = Some(stage.fixture.word("name"));
    let (dead, live) = (
        NewJob { unique: name.clone(), ..stage.fixture.job() },
        NewJob { unique: name.clone(), ..stage.fixture.job() },
    );
    add(&stage, &dead).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let claimed = claim_one(&stage, now).await;
    assert!(stage.store.bury(claimed.fence, now, "for good".into()).await.expect("is buried"));
    add(&stage, &live).await;
    assert!(!stage.store.revive(dead.id, now).await.expect("is refused"), "its name is taken");
    let still = stored(&stage, dead.id).await;
    assert_eq!((still.state, still.last_error.as_deref()), (JobState::Dead, Some("for good")));
    let claimed = claim_one(&stage, now).await;
    assert_eq!(claimed.job.new.id, live.id);
    assert!(complete(&stage, claimed.fence, now).await);
    assert!(stage.store.revive(dead.id, now).await.expect("is revived"), "its name is free again");
    let third = NewJob { unique: name, ..stage.fixture.job() };
    assert!(!stage.store.enqueue(third).await.expect("is left out"), "a revived job has its name");
}
