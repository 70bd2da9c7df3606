//! Leases and fences: who holds a job, and what those can do who held it before.

use super::{
    StoreHarness,
    jobs::{add, claim, claim_one, complete, stored},
    stage::{Stage, at_once},
};
use marketplace_core::{
    job::{Fence, JobState},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

/// Prolongs one lease; tells whether it was prolonged.
async fn extend(stage: &Stage, fence: Fence, until: Timestamp) -> bool {
    stage.store.extend(&[fence], until).await.expect("leases are prolonged").is_empty()
}

/// Panics unless every call under the fence is refused and changes nothing.
async fn expect_powerless(stage: &Stage, fence: Fence, now: Timestamp, when: &str) {
    let store = &*stage.store;
    let before = stored(stage, fence.job).await;
    let until = now.saturating_add(Duration::from_hours(10));
    let answers = [
        ("put_back", store.put_back(fence, until, None).await),
        ("put_back with a reason", store.put_back(fence, until, Some("old".into())).await),
        ("bury", store.bury(fence, now, "old".into()).await),
    ];
    for (call, answer) in answers {
        assert!(!answer.expect("is refused"), "{call} {when}");
    }
    let answers = [
        ("complete", store.complete(&[fence], now).await),
        ("extend", store.extend(&[fence], until).await),
        ("release", store.release(&[fence]).await),
    ];
    for (call, answer) in answers {
        assert_eq!(answer.expect("is refused"), [fence], "{call} {when}");
    }
    assert_eq!(stored(stage, fence.job).await, before, "a refused call changed the job {when}");
}

/// When a lease is over, one other worker gets the job, with a higher fence, and is told so. The claim itself
/// counts nothing.
pub async fn taken_over(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let job = stage.fixture.job();
    add(&stage, &job).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let first = claim_one(&stage, now).await;
    let over = now.saturating_add(Duration::from_mins(1));
    assert_eq!(claim(&stage, over.saturating_sub(Duration::from_micros(1)), 10).await, [], "it is held");
    let claimers =
        (0..16).map(|_| {
            let store = Arc::clone(&stage.store);
            async move {
                store.claim(over, over.saturating_add(Duration::from_mins(1)), 10).await.expect("claims")
            }
        });
    let mut taken: Vec<_> = at_once(claimers).await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1, "one of 16 takes the job over: {taken:?}");
    let second = taken.remove(0);
    assert_eq!((second.job.new.id, second.job.attempts, &second.job.last_error), (job.id, 0, &None));
    assert!(second.lapsed && !first.lapsed, "the second one took it over, the first one did not");
    assert!(second.fence.number > first.fence.number, "{:?} after {:?}", second.fence, first.fence);
    assert!(!complete(&stage, first.fence, over).await, "the old holder does not");
    assert!(complete(&stage, second.fence, over).await, "the new holder ends it");
}

/// Who held a job before can do nothing to it: not while another one holds it, nor when it is ready again, nor
/// after its end.
pub async fn zombies_are_powerless(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    add(&stage, &stage.fixture.job()).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let zombie = claim_one(&stage, now).await.fence;
    let later = now.saturating_add(Duration::from_hours(1));
    let second = claim_one(&stage, later).await.fence;
    expect_powerless(&stage, zombie, later, "while another worker holds the job").await;
    let never = Fence { number: second.number + 1, ..second };
    expect_powerless(&stage, never, later, "under a fence that was never given").await;

    assert!(stage.store.put_back(second, later, None).await.expect("is put back"));
    expect_powerless(&stage, zombie, later, "while the job waits").await;
    expect_powerless(&stage, second, later, "after the holder put it back").await;
    let third = claim_one(&stage, later).await.fence;
    expect_powerless(&stage, second, later, "while the next worker holds the job").await;
    assert!(complete(&stage, third, later).await);
    for fence in [zombie, second, third] {
        expect_powerless(&stage, fence, later, "after the job was done").await;
    }
}

/// A job ends once: whoever ended it cannot do so again in another way.
pub async fn ended_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    add(&stage, &stage.fixture.job()).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let fence = claim_one(&stage, now).await.fence;
    assert!(stage.store.bury(fence, now, "for good".into()).await.expect("is buried"));
    expect_powerless(&stage, fence, now, "after the job was buried").await;

    add(&stage, &stage.fixture.job()).await;
    let fence = claim_one(&stage, stage.fixture.later(Duration::from_secs(1))).await.fence;
    let calls = (0..16).map(|number| {
        let store = Arc::clone(&stage.store);
        async move {
            match number % 3 {
                0 => store.complete(&[fence], now).await.map(|refused| refused.is_empty()),
                1 => store.bury(fence, now, "for good".into()).await,
                _ => store.put_back(fence, Timestamp::MAX, Some("later".into())).await,
            }
        }
    });
    let ended: Vec<bool> = at_once(calls).await.into_iter().map(|answer| answer.expect("answers")).collect();
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1, "of 16 that end one claim at once");
    let job = stored(&stage, fence.job).await;
    assert!(job.state != JobState::Running && job.leased_until.is_none(), "{job:?}");
}

/// A lease that is prolonged keeps the others away until its new end, and its fence stays good.
pub async fn extended(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    add(&stage, &stage.fixture.job()).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    let fence = claim_one(&stage, now).await.fence;
    let until = now.saturating_add(Duration::from_mins(5));
    assert!(extend(&stage, fence, until).await);
    let job = stored(&stage, fence.job).await;
    assert_eq!((job.leased_until, job.fence, job.state), (Some(until), fence.number, JobState::Running));
    assert_eq!(claim(&stage, now.saturating_add(Duration::from_mins(2)), 10).await, [], "it is held longer");
    assert_eq!(stage.store.next_due().await.expect("the next time is read"), Some(until));
    let taken = claim_one(&stage, until).await;
    assert!(taken.fence.number > fence.number);
    assert!(!extend(&stage, fence, Timestamp::MAX).await, "the lease is lost");
    assert!(extend(&stage, taken.fence, Timestamp::MAX).await);
    assert!(complete(&stage, taken.fence, until).await, "a prolonged claim ends the job");
}

/// A job that is put back with a reason counts a failure; without one the count starts anew.
pub async fn put_back_counts(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let job = stage.fixture.job();
    add(&stage, &job).await;
    let now = stage.fixture.later(Duration::from_secs(1));
    for (reason, attempts) in
        [(Some("one"), 1), (Some("two"), 2), (Some("three"), 3), (None, 0), (None, 0), (Some("four"), 1)]
    {
        let claimed = claim_one(&stage, now).await;
        let put_back = stage.store.put_back(claimed.fence, now, reason.map(str::to_owned)).await;
        assert!(put_back.expect("is put back"));
        let job = stored(&stage, job.id).await;
        assert_eq!(
            (job.state, job.attempts, job.leased_until),
            (JobState::Ready, attempts, None),
            "{reason:?}"
        );
        if let Some(reason) = reason {
            assert_eq!(job.last_error.as_deref(), Some(reason));
        }
    }
    let at = now.saturating_add(Duration::from_mins(10));
    let claimed = claim_one(&stage, now).await;
    assert_eq!(claimed.job.attempts, 1, "a claimed job tells how often it failed");
    assert!(stage.store.put_back(claimed.fence, at, None).await.expect("is put back"));
    assert_eq!(
        claim(&stage, at.saturating_sub(Duration::from_micros(1)), 10).await,
        [],
        "not before its time"
    );
    assert_eq!(claim_one(&stage, at).await.job.new.id, job.id);
}
