//! What holds for every kind of change alike: seven cases per kind, in a module named after it.

use super::{
    StoreHarness,
    effect::Effect,
    stage::{Outcome, Stage, count, send},
    variant::Variant,
};
use crate::fault::{Fault, FaultyCommit};
use marketplace_core::{
    commit::{Change, ChangeSet, Decision, LimitKey, Refusal},
    ledger::AccountKind,
};
use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

/// Written, it is read back equal through the reading ports.
async fn applies(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let change = variant.prepare(&stage).await;
    stage.expect_nothing(&change, "before its commit").await;
    stage.apply(vec![change.clone()]).await;
    stage.expect_whole(&change, "after its commit").await;
}

/// A refusal of a later change undoes it, and the decision's key is free again.
async fn undone(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    for refusal in [Refusal::Stale, Refusal::Taken, Refusal::BelowFloor, Refusal::LimitReached] {
        let change = variant.prepare(&stage).await;
        let last = refused_with(&stage, refusal).await;
        let witness = Change::Enqueue(stage.fixture.job());
        let before = stage.census().await;
        let set = stage.fixture.set(vec![change.clone(), witness.clone(), last]);
        assert_eq!(
            stage.send(&set).await,
            Outcome::Refused(refusal),
            "the last change of {set:?} is refused"
        );
        stage.expect_nothing(&change, "after a refusal in its set").await;
        stage.expect_nothing(&witness, "after a refusal in its set").await;
        assert_eq!(stage.census().await, before, "a refused set left something behind: {set:?}");

        let again = stage.fixture.with_other_input(set.decision(), vec![change.clone()]);
        assert_eq!(stage.send(&again).await, Outcome::Applied, "the key of a refused decision is free");
        stage.expect_whole(&change, "under the key of a refused decision").await;
    }
}

/// A change that is refused in this way.
async fn refused_with(stage: &Stage, refusal: Refusal) -> Change {
    let fixture = &stage.fixture;
    match refusal {
        Refusal::Stale => stage.stale(),
        Refusal::Taken => Change::InsertUser(stage.customer().await),
        Refusal::BelowFloor => {
            let creator = stage.creator().await.id;
            Change::Post(fixture.debit(AccountKind::CreatorAvailable, creator, fixture.naira(1)))
        }
        Refusal::LimitReached => {
            Change::Take { limit: LimitKey::new("test", fixture.word("full")), units: 1, cap: 0 }
        }
        Refusal::KeyReused => panic!("no change is refused so"),
    }
}

/// The same decision again is a replay without effect, also when it was made anew with other rows.
async fn replays(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let change = variant.prepare(&stage).await;
    let other = variant.prepare(&stage).await;
    let job = stage.fixture.job();
    let set = stage.fixture.set(vec![change.clone(), Change::Enqueue(job)]);
    assert_eq!(stage.send(&set).await, Outcome::Applied, "the first time: {set:?}");
    let before = stage.census().await;
    for _ in 0..2 {
        assert_eq!(stage.send(&set).await, Outcome::Replayed, "the same set again: {set:?}");
    }
    stage.expect_whole(&change, "after its replay").await;
    let anew = [other.clone(), Change::Enqueue(stage.fixture.job())].to_vec();
    let anew = ChangeSet::for_testing(set.decision().clone(), anew);
    assert_eq!(stage.send(&anew).await, Outcome::Replayed, "the same decision, made anew: {anew:?}");
    stage.expect_nothing(&other, "in a replay").await;
    let elsewhere = Decision {
        at: stage.fixture.tick(),
        actor: marketplace_core::Actor::Gateway,
        ..set.decision().clone()
    };
    let elsewhere = ChangeSet::for_testing(elsewhere, set.changes().to_vec());
    assert_eq!(stage.send(&elsewhere).await, Outcome::Replayed, "a replay goes by key and input alone");
    assert_eq!(stage.census().await, before, "a replay had an effect: {set:?}");
}

/// The same key with other input is refused, whatever the set holds.
async fn key_reused(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let change = variant.prepare(&stage).await;
    let other = variant.prepare(&stage).await;
    let set = stage.fixture.set(vec![change.clone()]);
    assert_eq!(stage.send(&set).await, Outcome::Applied, "the first time: {set:?}");
    let before = stage.census().await;
    for changes in [vec![other.clone()], vec![change.clone()], vec![stage.stale()], vec![]] {
        let reused = stage.fixture.with_other_input(set.decision(), changes);
        let outcome = stage.send(&reused).await;
        assert_eq!(outcome, Outcome::Refused(Refusal::KeyReused), "a key with other input: {reused:?}");
    }
    stage.expect_nothing(&other, "under a reused key").await;
    stage.expect_whole(&change, "after its key was reused").await;
    assert_eq!(stage.census().await, before, "a refused set left something behind");
    assert_eq!(stage.send(&set).await, Outcome::Replayed, "the first decision is still known");
}

/// Of 64 that send one decision at the same moment, one applies it and the others replay it.
async fn raced(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let change = variant.prepare(&stage).await;
    let witness = Change::Enqueue(stage.fixture.job());
    let set = stage.fixture.set(vec![change.clone(), witness.clone()]);
    let outcomes = stage.race(vec![set; 64]).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 1, "one of 64 applies the set: {outcomes:?}");
    assert_eq!(count(&outcomes, &Outcome::Replayed), 63, "the others replay it: {outcomes:?}");
    stage.expect_whole(&change, "after a race").await;
    stage.expect_whole(&witness, "after a race").await;
}

/// A caller that goes away at any await leaves nothing or the whole, and sending again has one effect.
async fn dropped(harness: &dyn StoreHarness, variant: Variant) {
    const MOST: usize = 10_000;
    let stage = Stage::new(harness).await;
    for polls in 0..MOST {
        let change = variant.prepare(&stage).await;
        let witness = Change::Enqueue(stage.fixture.job());
        let set = stage.fixture.set(vec![change.clone(), witness.clone()]);
        let finished = poll_at_most(stage.store.commit(set.clone()), polls).await;

        // The commit may still be under way. It is atomic, so what is seen once is all there from then on.
        let seen = [stage.effect_of(&change).await, stage.effect_of(&witness).await];
        if seen.iter().any(|effect| *effect != Effect::Nothing) {
            stage.expect_whole(&change, "after its caller went away").await;
            stage.expect_whole(&witness, "after its caller went away").await;
        }
        let again = stage.send(&set).await;
        assert!(
            matches!(again, Outcome::Applied | Outcome::Replayed),
            "after the caller went away at await {polls}, sending again gave {again:?}"
        );
        stage.expect_whole(&change, "after it was sent again").await;
        stage.expect_whole(&witness, "after it was sent again").await;
        assert_eq!(stage.send(&set).await, Outcome::Replayed, "once more");
        if let Some(result) = finished {
            assert!(result.is_ok(), "an undisturbed commit: {result:?}");
            return;
        }
    }
    panic!("a commit did not end within {MOST} awaits");
}

/// The result, if it comes within `polls` polls; else the future is dropped.
async fn poll_at_most<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// When the answer or the call itself is lost, sending again tells which it was, and there is one effect.
async fn answer_lost(harness: &dyn StoreHarness, variant: Variant) {
    let stage = Stage::new(harness).await;
    let store: Arc<dyn marketplace_core::commit::Commit> = stage.store.clone();
    let faulty = FaultyCommit::new(store);
    for (fault, left, again) in [
        (Fault::UnknownAfter, Effect::Whole, Outcome::Replayed),
        (Fault::UnknownBefore, Effect::Nothing, Outcome::Applied),
        (Fault::UnavailableBefore, Effect::Nothing, Outcome::Applied),
    ] {
        let change = variant.prepare(&stage).await;
        let set = stage.fixture.set(vec![change.clone()]);
        faulty.script().on_commit(fault);
        assert!(matches!(send(&faulty, &set).await, Outcome::Failed(_)), "{fault:?} strikes");
        assert_eq!(stage.effect_of(&change).await, left, "after {fault:?}");
        assert_eq!(send(&faulty, &set).await, again, "sent again after {fault:?}");
        stage.expect_whole(&change, "after it was sent again").await;
    }
}

macro_rules! cases {
    ($($topic:ident: $variant:ident;)*) => {$(
        #[doc = concat!("`Change::", stringify!($variant), "`.")]
        pub mod $topic {
            use super::{StoreHarness, Variant};

            /// Written, it is read back equal through the reading ports.
            pub async fn applies(harness: &dyn StoreHarness) {
                super::applies(harness, Variant::$variant).await;
            }
            /// A refusal of a later change undoes it, and the decision's key is free again.
            pub async fn undone(harness: &dyn StoreHarness) {
                super::undone(harness, Variant::$variant).await;
            }
            /// The same decision again is a replay without effect, also when it was made anew with other rows.
            pub async fn replays(harness: &dyn StoreHarness) {
                super::replays(harness, Variant::$variant).await;
            }
            /// The same key with other input is refused, whatever the set holds.
            pub async fn key_reused(harness: &dyn StoreHarness) {
                super::key_reused(harness, Variant::$variant).await;
            }
            /// Of 64 that send one decision at the same moment, one applies it and the others replay it.
            pub async fn raced(harness: &dyn StoreHarness) {
                super::raced(harness, Variant::$variant).await;
            }
            /// A caller that goes away at any await leaves nothing or the whole, and sending again has one
            /// effect.
            pub async fn dropped(harness: &dyn StoreHarness) {
                super::dropped(harness, Variant::$variant).await;
            }
            /// When the answer or the call itself is lost, sending again tells which it was, and there is one
            /// effect.
            pub async fn answer_lost(harness: &dyn StoreHarness) {
                super::answer_lost(harness, Variant::$variant).await;
            }
        }
    )*};
}

cases! {
    insert_user: InsertUser;
    update_user: UpdateUser;
    insert_product: InsertProduct;
    update_product: UpdateProduct;
    insert_file: InsertFile;
    advance_upload: AdvanceUpload;
    remove_file: RemoveFile;
    insert_order: InsertOrder;
    advance_order: AdvanceOrder;
    insert_attempt: InsertAttempt;
    advance_attempt: AdvanceAttempt;
    post: Post;
    insert_hold: InsertHold;
    release_hold: ReleaseHold;
    grant: Grant;
    revoke: Revoke;
    issue_link: IssueLink;
    claim_link: ClaimLink;
    take: Take;
    enqueue: Enqueue;
    insert_notice: InsertNotice;
    close_notice: CloseNotice;
    insert_refund: InsertRefund;
    advance_refund: AdvanceRefund;
    open_review: OpenReview;
    close_review: CloseReview;
}
