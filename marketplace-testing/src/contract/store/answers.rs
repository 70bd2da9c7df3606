//! Stored answers: what an `Idempotency-Key` stands on.

use super::{
    StoreHarness,
    stage::{Stage, at_once},
};
use marketplace_core::{
    answer::{AnswerEnd, AnswerScope, BeginAnswer, Begun, StoredAnswer},
    commit::InputHash,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// How long a request may run, and how long its key is known.
const LEASE: Duration = Duration::from_mins(1);
const LIFE: Duration = Duration::from_hours(24);

/// A request under a new key.
fn request(stage: &Stage) -> BeginAnswer {
    let now = stage.fixture.tick();
    BeginAnswer {
        scope: AnswerScope(*stage.fixture.token().as_bytes()),
        input: InputHash::of(&stage.fixture.word("body")),
        serial: stage.fixture.uuid(),
        now,
        lease_until: now.saturating_add(LEASE),
        expires_at: now.saturating_add(LIFE),
    }
}

/// The same request, sent again at `now`, with a serial of its own.
fn again(stage: &Stage, request: &BeginAnswer, now: Timestamp) -> BeginAnswer {
    let (lease_until, expires_at) = (now.saturating_add(LEASE), now.saturating_add(LIFE));
    BeginAnswer { serial: stage.fixture.uuid(), now, lease_until, expires_at, ..*request }
}

/// The same key with another body.
fn other_body(stage: &Stage, request: &BeginAnswer) -> BeginAnswer {
    BeginAnswer { input: InputHash::of(&stage.fixture.word("other body")), ..*request }
}

async fn begin(stage: &Stage, request: BeginAnswer) -> Begun {
    stage.store.begin_answer(request).await.expect("a request is begun")
}

/// Begins a request that must run; gives its serial and fence.
async fn run(stage: &Stage, request: BeginAnswer) -> (Uuid, i64) {
    match begin(stage, request).await {
        Begun::Run { serial, fence } => (serial, fence),
        other => panic!("the request is to run, but is {other:?}"),
    }
}

async fn end(stage: &Stage, request: &BeginAnswer, fence: i64, end: AnswerEnd) -> bool {
    stage.store.end_answer(request.scope, fence, end).await.expect("a run is ended")
}

fn answer(body: &[u8]) -> StoredAnswer {
    StoredAnswer { status: 201, body: body.to_vec() }
}

/// Panics unless a fence ends nothing, in any way, and the request keeps standing as it stood.
async fn expect_powerless(stage: &Stage, request: &BeginAnswer, fence: i64, when: &str) {
    let stands = begin(stage, *request).await;
    for how in [AnswerEnd::Keep(answer(b"old")), AnswerEnd::Reopen, AnswerEnd::Forget] {
        assert!(!end(stage, request, fence, how.clone()).await, "{how:?} {when}");
    }
    assert_eq!(begin(stage, *request).await, stands, "a refused end changed something {when}");
}

/// The first request runs, its copies wait until its lease, and then get its answer to the byte.
pub async fn answered(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let every_byte: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    for (status, body) in [(200, b"{\"a\":1}".to_vec()), (404, Vec::new()), (599, every_byte)] {
        let first = request(&stage);
        let (serial, fence) = run(&stage, first).await;
        assert_eq!(serial, first.serial, "the first use gives the serial");
        let copy = again(&stage, &first, first.now.saturating_add(Duration::from_secs(1)));
        assert_eq!(begin(&stage, copy).await, Begun::Running { until: first.lease_until }, "a copy waits");
        let answer = StoredAnswer { status, body };
        assert!(end(&stage, &first, fence, AnswerEnd::Keep(answer.clone())).await, "the run is ended");
        for later in [Duration::from_secs(2), LEASE + LEASE, LIFE - LEASE] {
            let copy = again(&stage, &first, first.now.saturating_add(later));
            assert_eq!(begin(&stage, copy).await, Begun::Answered(answer.clone()), "after {later:?}");
        }
        expect_powerless(&stage, &copy, fence, "after the run was ended").await;
    }
}

/// A key that was used with another body is told so, in every state.
pub async fn reused(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = request(&stage);
    let (_, fence) = run(&stage, first).await;
    let refused = async |now: Timestamp, when: &str| {
        let other = again(&stage, &other_body(&stage, &first), now);
        assert_eq!(begin(&stage, other).await, Begun::Reused, "{when}");
    };
    refused(first.now, "while it runs").await;
    refused(first.lease_until.saturating_add(LEASE), "when its lease is over").await;
    assert!(end(&stage, &first, fence, AnswerEnd::Reopen).await, "the lease ended, but nobody took it over");
    refused(first.now, "when it is open again").await;
    let (serial, fence) = run(&stage, again(&stage, &first, first.now)).await;
    assert_eq!(serial, first.serial, "the right body goes on");
    assert!(end(&stage, &first, fence, AnswerEnd::Keep(answer(b"done"))).await);
    refused(first.now, "when it is answered").await;
    assert_eq!(begin(&stage, first).await, Begun::Answered(answer(b"done")), "and nothing changed");
}

/// A run that ends without an answer, but perhaps with an effect, runs again under its serial.
pub async fn reopened(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = request(&stage);
    let (_, fence) = run(&stage, first).await;
    assert!(end(&stage, &first, fence, AnswerEnd::Reopen).await);
    assert!(!end(&stage, &first, fence, AnswerEnd::Forget).await, "it does not run any more");
    let next = again(&stage, &first, first.now.saturating_add(Duration::from_secs(1)));
    let (serial, second) = run(&stage, next).await;
    assert_eq!(serial, first.serial, "the serial stays");
    expect_powerless(&stage, &next, fence, "under the first run's fence").await;
    assert!(end(&stage, &first, second, AnswerEnd::Keep(answer(b"at last"))).await);
    assert_eq!(begin(&stage, next).await, Begun::Answered(answer(b"at last")));
}

/// A run without any effect frees its key: for another body, and under another serial.
pub async fn forgotten(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = request(&stage);
    let (_, fence) = run(&stage, first).await;
    assert!(end(&stage, &first, fence, AnswerEnd::Forget).await);
    assert!(!end(&stage, &first, fence, AnswerEnd::Forget).await, "it is forgotten");
    let next = again(&stage, &other_body(&stage, &first), first.now);
    let (serial, second) = run(&stage, next).await;
    assert_eq!(serial, next.serial, "a new use has a new serial");
    expect_powerless(&stage, &next, fence, "under a forgotten fence").await;
    assert!(end(&stage, &next, second, AnswerEnd::Keep(answer(b"other"))).await);
}

/// When a lease is over, one of many copies takes the request over, under its serial and a higher fence, and
/// the one that ran before ends nothing.
pub async fn taken_over(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = request(&stage);
    let (_, fence) = run(&stage, first).await;
    let before = again(&stage, &first, first.lease_until.saturating_sub(Duration::from_micros(1)));
    assert_eq!(begin(&stage, before).await, Begun::Running { until: first.lease_until }, "it may still run");
    let over = first.lease_until.saturating_add(Duration::from_micros(1));
    let copies = (0..16).map(|_| {
        let (store, copy) = (Arc::clone(&stage.store), again(&stage, &first, over));
        async move { store.begin_answer(copy).await.expect("a request is begun") }
    });
    let mut running = 0;
    let mut taken = Vec::new();
    for begun in at_once(copies).await {
        match begun {
            Begun::Run { serial, fence } => taken.push((serial, fence)),
            Begun::Running { until } if until == over.saturating_add(LEASE) => running += 1,
            other => panic!("a copy is {other:?}"),
        }
    }
    assert_eq!((taken.len(), running), (1, 15), "one of 16 copies takes it over: {taken:?}");
    let (serial, second) = taken[0];
    assert_eq!(serial, first.serial, "the serial stays");
    assert!(second > fence, "fence {second} after {fence}");
    let copy = again(&stage, &first, over);
    expect_powerless(&stage, &copy, fence, "under the lost lease").await;
    assert!(end(&stage, &first, second, AnswerEnd::Keep(answer(b"by the second"))).await);
    assert_eq!(begin(&stage, copy).await, Begun::Answered(answer(b"by the second")));
}

/// A key past its time is new, in every state: another body and serial, and no power to whoever ran before.
pub async fn expired(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    for how in [None, Some(AnswerEnd::Keep(answer(b"old"))), Some(AnswerEnd::Reopen)] {
        let first = request(&stage);
        let (_, fence) = run(&stage, first).await;
        if let Some(how) = how {
            assert!(end(&stage, &first, fence, how).await);
        }
        let later = first.expires_at.saturating_add(Duration::from_micros(1));
        let next = again(&stage, &other_body(&stage, &first), later);
        let (serial, second) = run(&stage, next).await;
        assert_eq!(serial, next.serial, "a new use has a new serial");
        let copy = again(&stage, &next, later);
        assert_eq!(begin(&stage, copy).await, Begun::Running { until: next.lease_until });
        expect_powerless(&stage, &copy, fence, "under an expired fence").await;
        assert!(end(&stage, &next, second, AnswerEnd::Keep(answer(b"new"))).await);
        assert_eq!(begin(&stage, copy).await, Begun::Answered(answer(b"new")));
    }
}

/// Purging deletes keys past their time, `limit` at most, and no others; a fence of a purged run stays dead.
pub async fn purged(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut old = Vec::new();
    for _ in 0..5 {
        let request = request(&stage);
        let (_, fence) = run(&stage, request).await;
        old.push((request, fence));
    }
    let now = stage.fixture.later(LIFE + Duration::from_secs(1));
    let mut young = Vec::new();
    for _ in 0..3 {
        let request = again(&stage, &request(&stage), now);
        let (_, fence) = run(&stage, request).await;
        assert!(end(&stage, &request, fence, AnswerEnd::Keep(answer(b"young"))).await);
        young.push(request);
    }
    let purge = async |limit| stage.store.purge_answers(now, limit).await.expect("keys are purged");
    assert_eq!(purge(0).await, 0);
    assert_eq!(purge(2).await, 2, "as many as asked for");
    assert_eq!(purge(100).await, 3, "the rest");
    assert_eq!(purge(100).await, 0, "none is left");
    for request in &young {
        assert_eq!(
            begin(&stage, *request).await,
            Begun::Answered(answer(b"young")),
            "it is not past its time"
        );
    }
    for (request, fence) in old {
        let next = again(&stage, &request, now);
        assert_eq!(run(&stage, next).await.0, next.serial, "a purged key is new");
        expect_powerless(&stage, &next, fence, "under a purged fence").await;
    }
}

/// Of 64 that begin one request at the same moment, one runs and the others wait for it.
pub async fn raced(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = request(&stage);
    let copies = (0..64).map(|_| {
        let (store, copy) = (Arc::clone(&stage.store), again(&stage, &first, first.now));
        async move { (copy.serial, store.begin_answer(copy).await.expect("a request is begun")) }
    });
    let begun = at_once(copies).await;
    let waiting = Begun::Running { until: first.lease_until };
    assert_eq!(begun.iter().filter(|(_, begun)| *begun == waiting).count(), 63, "the others wait: {begun:?}");
    let runs = |(own, begun): &&(Uuid, Begun)| matches!(begun, Begun::Run { serial, .. } if serial == own);
    assert_eq!(begun.iter().filter(runs).count(), 1, "one of 64 runs, under its own serial: {begun:?}");
}

/// Keys of two scopes know nothing of each other.
pub async fn scoped(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let one = request(&stage);
    let two = BeginAnswer { scope: request(&stage).scope, serial: stage.fixture.uuid(), ..one };
    let (serial_one, fence_one) = run(&stage, one).await;
    let (serial_two, fence_two) = run(&stage, two).await;
    assert_eq!((serial_one, serial_two), (one.serial, two.serial), "both run");
    assert!(end(&stage, &one, fence_one, AnswerEnd::Keep(answer(b"one"))).await);
    assert_eq!(
        begin(&stage, two).await,
        Begun::Running { until: two.lease_until },
        "the other one still runs"
    );
    assert!(end(&stage, &two, fence_two, AnswerEnd::Forget).await);
    assert_eq!(begin(&stage, one).await, Begun::Answered(answer(b"one")), "the first one is still known");
    let unknown = request(&stage);
    assert!(!end(&stage, &unknown, fence_one, AnswerEnd::Forget).await, "an unknown key has no run to end");
}
