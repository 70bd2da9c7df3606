//! The worker at its end, and what it does when a call or another worker fails.

use super::stage::{Call, Stage};
use crate::{
    error::StoreError,
    job::{JobState, backoff},
    time::{Clock, Timestamp},
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::Semaphore;

#[tokio::test]
async fn at_the_end_what_is_not_begun_goes_back_at_once_and_what_runs_may_finish() {
    let stage = Stage::new(|options| options.concurrency = 2);
    stage.add(1..=6, "quick");
    stage.add(7..=30, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(8).await;
        stage.settle().await;
        assert!(stage.desk.count(JobState::Running) > 2);
        stop.add_permits(1);
        stage.desk.until_count(JobState::Running, 2).await;
        stage.wake.notify();
        stage.settle().await;
        let calls = stage.desk.calls().len();
        stage.hands.ends.add_permits(2);
        stage.desk.until_count(JobState::Done, 8).await;
        assert_eq!(stage.desk.calls()[calls..], [Call::Complete(vec![7, 8])], "nothing new is claimed");
    };
    stage.play(script).await;
    assert_eq!(stage.desk.count(JobState::Running), 0);
    assert_eq!(stage.hands.begun.borrow().len(), 8);
}

#[tokio::test]
async fn after_the_grace_time_what_runs_goes_back_as_it_was() {
    let stage = Stage::new(|_| {});
    stage.add(1..=3, "slow");
    stage.desk.change(2, |job| job.attempts = 5);
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(3).await;
        stop.add_permits(1);
        stage.settle().await;
        stage.hands.ends.add_permits(1);
        stage.desk.until_count(JobState::Done, 1).await;
        stage.time.pass(Duration::from_secs(10));
    };
    stage.play(script).await;
    assert_eq!(stage.hands.dropped.load(Ordering::SeqCst), 2);
    assert_eq!(stage.desk.count(JobState::Ready), 2);
    let back = [1, 2, 3].map(|number| stage.desk.job(number)).into_iter();
    let back: Vec<_> = back.filter(|job| job.state == JobState::Ready).collect();
    assert!(back.iter().all(|job| job.new.run_at <= stage.time.now()), "others may run them at once");
    assert!(back.iter().any(|job| job.attempts == 5), "a shutdown forgets no failures");
}

#[tokio::test]
async fn what_was_done_is_stored_before_the_worker_returns() {
    let stage = Stage::new(|_| {});
    stage.desk.hold("complete");
    stage.add(1..=1, "quick");
    stage.add(2..=3, "slow");
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(3).await;
        stage.desk.until(|calls| calls.contains(&Call::Complete(vec![1]))).await;
        stage.hands.ends.add_permits(2);
        stage.settle().await;
        stop.add_permits(1);
        // The store takes longer than the grace time.
        stage.settle().await;
        stage.time.pass(Duration::from_secs(11));
        stage.settle().await;
        stage.desk.let_go("complete");
    };
    stage.play(script).await;
    assert_eq!(stage.desk.count(JobState::Done), 3);
}

#[tokio::test]
async fn what_a_claim_still_gives_after_the_end_began_goes_back() {
    let stage = Stage::new(|_| {});
    stage.add(1..=3, "quick");
    stage.desk.hold("claim");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until(|calls| !calls.is_empty()).await;
        stop.add_permits(1);
        stage.settle().await;
        stage.desk.let_go("claim");
    };
    stage.play(script).await;
    assert_eq!(stage.desk.calls()[1..], [Call::Release(vec![1, 2, 3])]);
    assert!(stage.hands.begun.borrow().is_empty());
}

#[tokio::test]
async fn a_completion_whose_answer_is_lost_is_sent_once_more() {
    let stage = Stage::new(|_| {});
    stage.add(1..=2, "quick");
    stage.desk.fail("complete", StoreError::Unknown("the line broke".into()));
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Done, 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    let completions = stage.desk.calls().into_iter().filter(|call| matches!(call, Call::Complete(_)));
    assert_eq!(completions.collect::<Vec<_>>(), [Call::Complete(vec![1, 2]), Call::Complete(vec![1, 2])]);
    assert_eq!(stage.hands.begun.borrow().len(), 2, "and nothing runs twice");
}

#[tokio::test]
async fn jobs_whose_completion_fails_twice_are_let_go() {
    let stage = Stage::new(|_| {});
    stage.add(1..=2, "quick");
    for _ in 0..2 {
        stage.desk.fail("complete", StoreError::Unavailable("down".into()));
    }
    let script = async |stop: Arc<Semaphore>| {
        stage.until_begun(2).await;
        stage.settle().await;
        // No sign of life is given, so the leases end by themselves, and the jobs run again.
        stage.time.pass(Duration::from_mins(1));
        stage.desk.until_count(JobState::Done, 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    let calls = stage.desk.calls();
    assert!(!calls.iter().any(|call| matches!(call, Call::Extend(_))), "{calls:?}");
    assert_eq!(stage.hands.begun.borrow().len(), 4);
}

#[tokio::test]
async fn failures_of_one_batch_are_told_one_by_one() {
    let stage = Stage::new(|_| {});
    stage.add([1, 4], "quick");
    stage.add([2], "fails");
    stage.add([3], "panics");
    stage.add([5], "unheard-of");
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Dead, 1).await;
        stage.desk.until(|_| stage.desk.job(2).attempts == 1 && stage.desk.job(3).attempts == 1).await;
        stage.desk.until_count(JobState::Done, 2).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    let calls = stage.desk.calls();
    assert!(calls.contains(&Call::Complete(vec![1, 4])), "{calls:?}");
    let reason = |number| {
        calls.iter().find_map(|call| match call {
            Call::PutBack(job, _, reason) if *job == number => reason.clone(),
            Call::Bury(job, reason) if *job == number => Some(reason.clone()),
            _ => None,
        })
    };
    assert_eq!(reason(2).unwrap(), "not today");
    assert_eq!(reason(3).unwrap(), "the job panicked");
    assert!(reason(5).unwrap().contains("unheard-of"));
}

/// A job that a dead worker held, after so many failures.
fn taken_over(stage: &Stage, attempts: u32) {
    stage.add([1], "quick");
    stage.desk.change(1, |job| {
        job.attempts = attempts;
        (job.state, job.leased_until) = (JobState::Running, Some(Timestamp::EPOCH));
    });
}

#[tokio::test]
async fn the_first_death_of_a_worker_costs_its_jobs_no_wait() {
    let stage = Stage::new(|_| {});
    taken_over(&stage, 0);
    let run_at = stage.desk.job(1).new.run_at;
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Done, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    let calls = stage.desk.calls();
    let Call::PutBack(1, at, Some(reason)) = &calls[1] else { panic!("a failure is counted: {calls:?}") };
    assert!(*at == run_at && reason.contains("died"), "{at} {reason}");
}

#[tokio::test]
async fn a_job_whose_workers_die_again_and_again_backs_off_and_is_given_up() {
    let stage = Stage::new(|options| options.most_failures = 4);
    taken_over(&stage, 2);
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Ready, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    let wait = stage.desk.job(1).new.run_at.since(stage.time.now());
    assert!((backoff(3, 0)..=backoff(3, 255)).contains(&wait), "{wait:?}");

    taken_over(&stage, 3);
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Dead, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert!(stage.hands.begun.borrow().is_empty(), "it killed its worker often enough");
}

#[tokio::test]
async fn without_a_loop_a_dead_workers_job_counts_its_failure_too() {
    let stage = Stage::new(|options| options.most_failures = 1);
    taken_over(&stage, 0);
    assert_eq!(stage.worker.run_due().await.unwrap(), 0);
    assert_eq!(stage.desk.job(1).state, JobState::Dead);

    let stage = Stage::new(|_| {});
    taken_over(&stage, 0);
    assert_eq!(stage.worker.run_due().await.unwrap(), 1);
    assert_eq!(stage.desk.job(1).state, JobState::Done);
}

#[tokio::test]
async fn a_periodic_job_is_never_given_up() {
    let mut stage = Stage::new(|options| options.most_failures = 1);
    stage.worker.periodic = Arc::new(vec!["quick"]);
    taken_over(&stage, 7);
    let script = async |stop: Arc<Semaphore>| {
        stage.desk.until_count(JobState::Ready, 1).await;
        stop.add_permits(1);
    };
    stage.play(script).await;
    assert_eq!(stage.desk.job(1).attempts, 8);
}

/// Runs a job until it is given up; how long that took, after how many failures.
async fn until_dead(stage: &Stage) -> (Duration, u32) {
    let began = stage.time.now();
    loop {
        stage.worker.run_due().await.unwrap();
        let job = stage.desk.job(1);
        if job.state == JobState::Dead {
            let has_reason = |call: &Call| matches!(call, Call::Bury(1, reason) if !reason.is_empty());
            assert!(stage.desk.calls().iter().any(has_reason), "somebody will want to know why");
            return (stage.time.now().since(began), job.attempts);
        }
        stage.time.pass(job.new.run_at.since(stage.time.now()));
    }
}

#[tokio::test]
async fn an_outage_is_waited_for_three_days() {
    for _ in 0..20 {
        let stage = Stage::new(|_| {});
        stage.add([1], "fails");
        stage.desk.change(1, |job| job.new.created_at = stage.time.now());
        let (waited, failures) = until_dead(&stage).await;
        assert!((Duration::from_hours(72)..Duration::from_hours(78)).contains(&waited), "{waited:?}");
        // Seldom enough for whoever is down, often enough to be soon after it is back.
        assert!((23..60).contains(&failures), "{failures}");

        // Once revived it is old already, and still gets its chances.
        stage.desk.change(1, |job| (job.state, job.attempts) = (JobState::Ready, 0));
        let (waited, _) = until_dead(&stage).await;
        assert!(waited >= Duration::from_hours(24), "{waited:?}");
    }
}

#[tokio::test]
async fn a_panic_is_not_waited_for() {
    let stage = Stage::new(|options| options.most_failures = 3);
    stage.add([1], "panics");
    stage.desk.change(1, |job| job.new.created_at = stage.time.now());
    let (waited, _) = until_dead(&stage).await;
    assert!(waited < Duration::from_mins(1), "{waited:?}");
}
