//! The worker at work: batches, the local queue, heartbeats, and when it looks for work.

use super::stage::{AGAIN, Call, Stage};
use crate::{error::StoreError, job::JobState, time::Clock};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::Semaphore;

/// How many were asked for, claim by claim.
fn claims(calls: &[Call]) -> Vec<u32> {
    calls.iter().filter_map(|call| if let Call::Claim(limit) = call { Some(*limit) } else { None }).collect()
}

/// What was completed, call by call.
fn completions(calls: &[Call]) -> Vec<Vec<u128>> {
    let jobs = |call: &Call| if let Call::Complete(jobs) = call { Some(jobs.clone()) } else { None };
    calls.iter().filter_map(jobs).collect()
}

#[tokio::test]
async fn a_claim_never_waits_for_what_a_job_at_rest_holds() {
    let stage = Stage::new(|_| {});
    stage.add([1], "reads");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Done, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn what_ends_together_is_completed_together_in_the_order_of_its_time() {
    let stage = Stage::new(|options| options.concurrency = 4);
    stage.add(1..=200, "quick");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Done, 200).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert_eq!(*stage.hands.begun.borrow(), (1..=200).collect::<Vec<_>>(), "oldest first, each once");
    let calls = stage.desk.calls();
    // Nothing is prefetched before it is seen that jobs are quick; then as much as may be.
    assert_eq!(claims(&calls)[..4], [4, 4, 12, 28], "{calls:?}");
    assert!(claims(&calls).iter().all(|limit| *limit <= 36), "{calls:?}");
    let batches = completions(&calls);
    assert_eq!(batches.concat().len(), 200, "each is completed once");
    assert!(batches.len() <= 12, "few calls: {batches:?}");
}

#[tokio::test]
async fn what_ends_while_a_completion_is_under_way_goes_into_the_next() {
    let stage = Stage::new(|options| options.concurrency = 8);
    stage.desk.hold("complete");
    stage.add(1..=1, "quick");
    stage.add(2..=6, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until(|calls| completions(calls) == [vec![1]]).await;
        stage.hands.ends.add_permits(5);
        stage.settle().await;
        assert_eq!(completions(&stage.desk.calls()).len(), 1, "one at a time");
        stage.desk.let_go("complete");
        stage.desk.until_count(JobState::Done, 6).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert_eq!(completions(&stage.desk.calls()), [vec![1], vec![2, 3, 4, 5, 6]]);
}

#[tokio::test]
async fn slow_jobs_are_left_for_others() {
    let stage = Stage::new(|_| {});
    stage.add(1..=40, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(8).await;
        for _ in 0..3 {
            stage.settle().await;
            stage.time.pass(Duration::from_secs(1));
        }
        assert_eq!(stage.desk.count(JobState::Running), 8, "no more than can run");
        assert_eq!(claims(&stage.desk.calls()), [8], "no look is taken while there is no place");
        stop.add_permits(1);
        stage.hands.ends.add_permits(8);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_job_that_has_waited_too_long_is_given_back() {
    let stage = Stage::new(|options| options.concurrency = 2);
    stage.add(1..=10, "quick");
    stage.add(11..=60, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(12).await;
        stage.settle().await;
        let held = stage.desk.count(JobState::Running);
        assert!(held > 2, "quick jobs made it prefetch");
        stage.time.pass(Duration::from_millis(999));
        stage.settle().await;
        assert_eq!(stage.desk.count(JobState::Running), held);
        stage.time.pass(Duration::from_millis(1));
        stage.desk.until_count(JobState::Running, 2).await;
        // From now on it takes what it can run, and no more.
        stage.hands.ends.add_permits(1);
        stage.until_begun(13).await;
        stage.time.pass(Duration::from_mins(1));
        stage.desk.until_count(JobState::Running, 2).await;
        stop.add_permits(1);
        stage.hands.ends.add_permits(50);
    };
    stage.play(script).await;
    assert_eq!(*stage.hands.begun.borrow(), (1..=13).collect::<Vec<_>>(), "what came back kept its place");
    assert_eq!(stage.desk.job(20).attempts, 0, "it is no failure");
}

#[tokio::test]
async fn nothing_is_prefetched_if_that_is_asked_for() {
    let stage = Stage::new(|options| (options.concurrency, options.prefetch) = (2, 0));
    stage.add(1..=30, "quick");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Done, 30).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert!(claims(&stage.desk.calls()).iter().all(|limit| *limit <= 2));
}

#[tokio::test]
async fn one_sign_of_life_is_for_all_that_is_held() {
    let stage = Stage::new(|options| options.concurrency = 2);
    stage.desk.hold("complete");
    let script = async |stop: Arc<Semaphore>| {
        stage.settle().await;
        stage.time.pass(Duration::from_millis(19_500));
        stage.settle().await;
        stage.add(1..=4, "quick");
        stage.add(5..=20, "slow");
        stage.wake.notify();
        stage.until_begun(6).await;
        stage.settle().await;
        let is_held = |number: &u128| stage.desk.job(*number).state == JobState::Running;
        let held: Vec<u128> = (1..=20).filter(is_held).collect();
        assert!(held.len() > 6, "finished, running and waiting: {held:?}");
        let lease = stage.desk.job(1).leased_until;
        stage.time.pass(Duration::from_millis(500));
        stage.desk.until(|calls| calls.contains(&Call::Extend(held.clone()))).await;
        stage.desk.until(|_| held.iter().all(|number| stage.desk.job(*number).leased_until > lease)).await;
        let beats = stage.desk.calls().into_iter().filter(|call| matches!(call, Call::Extend(_)));
        assert_eq!(beats.count(), 1);
        stage.desk.let_go("complete");
        stop.add_permits(1);
        stage.hands.ends.add_permits(20);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_lease_that_is_lost_drops_its_run_and_nothing_else() {
    let stage = Stage::new(|_| {});
    stage.add(1..=3, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(3).await;
        stage.desk.change(2, |job| job.fence += 1);
        stage.time.pass(Duration::from_secs(20));
        stage.desk.until(|_| stage.hands.dropped.load(Ordering::SeqCst) == 1).await;
        stage.hands.ends.add_permits(2);
        stage.desk.until_count(JobState::Done, 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert_eq!(stage.desk.job(2).state, JobState::Running, "it is the other one's");
}

#[tokio::test]
async fn a_job_that_waited_while_the_process_stood_still_is_not_begun() {
    let stage = Stage::new(|options| options.concurrency = 1);
    stage.add(1..=4, "quick");
    stage.add(5..=20, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(5).await;
        stage.settle().await;
        assert!(stage.desk.count(JobState::Running) > 1, "some are waiting");
        // The clock goes on, the timers do not: as after a laptop was shut.
        stage.time.clock.advance(Duration::from_mins(2));
        for number in 6..=15 {
            // Somebody else had it meanwhile.
            stage.desk.change(number, |job| (job.state, job.fence) = (JobState::Done, job.fence + 1));
        }
        stage.desk.hold("claim");
        stage.hands.ends.add_permits(1);
        stage.desk.until_count(JobState::Done, 15).await;
        stage.desk.until_count(JobState::Running, 0).await;
        assert_eq!(*stage.hands.begun.borrow(), [1, 2, 3, 4, 5], "whoever has them now");
        let given_back = |call: &Call| matches!(call, Call::Release(jobs) if jobs.contains(&6));
        assert!(stage.desk.calls().iter().any(given_back), "{:?}", stage.desk.calls());
        assert_eq!(stage.desk.job(6).state, JobState::Done, "what is somebody else's stays so");
        let left: Vec<_> = (16..=20).map(|number| stage.desk.job(number)).collect();
        assert!(left.iter().all(|job| (job.state, job.attempts) == (JobState::Ready, 0)), "no failures");
        stage.desk.let_go("claim");
        stage.hands.ends.add_permits(5);
        stage.desk.until_count(JobState::Done, 20).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert_eq!(stage.hands.begun.borrow().len(), 10);
}

#[tokio::test]
async fn a_job_of_the_near_future_is_begun_at_its_time() {
    let stage = Stage::new(|_| {});
    let soon = Duration::from_millis(300);
    stage.desk.add(1, "quick", stage.time.now().saturating_add(soon));
    let script = async |stop: Arc<Semaphore>| {
        stage.time.until_asked(soon).await;
        stage.settle().await;
        assert_eq!(stage.desk.calls(), [Call::Claim(8), Call::Look], "an idle worker only reads, once");
        stage.time.pass(soon);
        stage.desk.until_count(JobState::Done, 1).await;
        stage.time.until_asked(Duration::from_secs(1)).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_job_that_goes_on_soon_does_so_on_time() {
    let stage = Stage::new(|_| {});
    stage.add([1], "twice");
    let script = async |stop: Arc<Semaphore>| {
        stage.time.until_asked(AGAIN).await;
        stage.settle().await;
        stage.time.pass(AGAIN);
        stage.desk.until_count(JobState::Done, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn what_cannot_be_completed_at_the_moment_is_bounded() {
    let stage = Stage::new(|_| {});
    stage.desk.hold("complete");
    stage.add(1..=500, "quick");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(40).await;
        stage.settle().await;
        let held = stage.desk.count(JobState::Running);
        assert!(held <= 3 * 40, "{held} jobs are held");
        stage.desk.let_go("complete");
        stage.desk.until_count(JobState::Done, 500).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn an_idle_worker_looks_once_per_poll_and_claims_when_it_hears_the_bell() {
    let stage = Stage::new(|_| {});
    let script = async |stop: Arc<Semaphore>| {
        stage.time.until_asked(Duration::from_secs(1)).await;
        for round in 1..=3_usize {
            stage.settle().await;
            let looks = stage.desk.calls().iter().filter(|call| **call == Call::Look).count();
            assert_eq!((looks, claims(&stage.desk.calls()).len()), (round, 1));
            stage.time.pass(Duration::from_secs(1));
        }
        stage.settle().await;
        stage.add([1], "quick");
        stage.wake.notify();
        // No time passes.
        stage.desk.until_count(JobState::Done, 1).await;
        // Other processes do not ring here.
        stage.add([2], "quick");
        stage.settle().await;
        assert_eq!(stage.desk.count(JobState::Done), 1);
        stage.time.pass(Duration::from_secs(1));
        stage.desk.until_count(JobState::Done, 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_ring_during_a_claim_is_not_lost() {
    let stage = Stage::new(|_| {});
    stage.desk.hold("claim");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until(|calls| claims(calls).len() == 1).await;
        stage.wake.notify();
        stage.settle().await;
        stage.desk.let_go("claim");
        // The first one may have looked before the work was there.
        stage.desk.until(|calls| claims(calls).len() == 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_job_under_somebody_elses_lock_is_waited_for_in_peace() {
    let stage = Stage::new(|_| {});
    stage.add([1], "quick");
    stage.desk.locked.lock().unwrap().insert(1);
    let script = async |stop: Arc<Semaphore>| {
        stage.time.until_asked(Duration::from_secs(1)).await;
        stage.settle().await;
        assert!(stage.desk.calls().len() <= 3, "{:?}", stage.desk.calls());
        stage.desk.locked.lock().unwrap().clear();
        stage.time.pass(Duration::from_secs(1));
        stage.desk.until_count(JobState::Done, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn a_store_that_is_down_is_asked_again_at_the_next_poll() {
    let stage = Stage::new(|_| {});
    stage.add([1], "quick");
    for (call, count) in [("claim", 2), ("next_due", 1)] {
        for _ in 0..count {
            stage.desk.fail(call, StoreError::Unavailable("down".into()));
        }
    }
    let script = async |stop: Arc<Semaphore>| {
        for _ in 0..3 {
            stage.settle().await;
            assert_eq!(stage.desk.count(JobState::Done), 0);
            stage.time.pass(Duration::from_secs(1));
        }
        stage.desk.until_count(JobState::Done, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
}

#[tokio::test]
async fn two_loops_share_what_there_is() {
    let stage = Stage::new(|_| {});
    stage.add(1..=16, "slow");
    let other = stage.worker.clone();
    let script = async |stop: Arc<Semaphore>| {
        let both = async {
            stage.until_begun(16).await;
            assert_eq!(stage.desk.count(JobState::Running), 16, "neither holds what the other could run");
            stage.hands.ends.add_permits(16);
            stage.desk.until_count(JobState::Done, 16).await;
        };
        tokio::select! {
            () = both => {}
            () = other.run_until(std::future::pending()) => {}
        }
        stop.add_permits(1);
    };
    stage.play(script).await;
}
