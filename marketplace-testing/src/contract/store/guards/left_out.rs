//! What is left out without a refusal: the rest of the set is applied.

use crate::contract::store::{StoreHarness, stage::Stage};
use marketplace_core::{
    commit::Change,
    id::ReviewId,
    job::{Fence, NewJob},
    page::Page,
    payment::{Review, ReviewDecision, ReviewReason},
};
use std::time::Duration;

/// While a live job has a name, no second one is added, and its set is applied without it; once the job has
/// ended, the name is free.
pub async fn leaves_out_a_job_of_a_live_name(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let name = fixture.word("name");
    let named = || Change::Enqueue(NewJob { unique: Some(name.clone()), ..fixture.job() });
    let (first, same_set) = (named(), named());
    stage.apply(vec![first.clone(), same_set.clone()]).await;
    stage.expect_whole(&first, "the first of its name").await;
    stage.expect_nothing(&same_set, "beside a live job in the same set").await;

    let (ready, witness) = (named(), Change::Enqueue(fixture.job()));
    stage.apply(vec![ready.clone(), witness.clone()]).await;
    stage.expect_nothing(&ready, "beside a job that waits").await;
    stage.expect_whole(&witness, "the rest of the set").await;

    let fence = claim(&stage, &first).await;
    let running = named();
    stage.apply(vec![running.clone()]).await;
    stage.expect_nothing(&running, "beside a job that runs").await;

    let refused = stage.store.complete(&[fence], fixture.tick()).await.expect("jobs end");
    assert!(refused.is_empty(), "the fence is current");
    let second = named();
    stage.apply(vec![second.clone()]).await;
    stage.expect_whole(&second, "after the first of its name is done").await;

    let fence = claim(&stage, &second).await;
    let dead = stage.store.bury(fence, fixture.tick(), "a test".to_owned()).await.expect("jobs end");
    assert!(dead, "the fence is current");
    let third = named();
    stage.apply(vec![third.clone()]).await;
    stage.expect_whole(&third, "after the second of its name is given up").await;
}

/// Claims all that is due, and gives the fence of one job.
async fn claim(stage: &Stage, job: &Change) -> Fence {
    let Change::Enqueue(job) = job else { panic!("{job:?} is no job") };
    let now = stage.fixture.tick();
    let lease_until = now.saturating_add(Duration::from_hours(1));
    let claimed = stage.store.claim(now, lease_until, 100).await.expect("jobs are claimed");
    let fence = claimed.iter().find(|claimed| claimed.job.new.id == job.id).map(|claimed| claimed.fence);
    fence.expect("the job is due")
}

/// One review per reference and reason: a second is left out, and its set is applied without it.
pub async fn leaves_out_a_second_review(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let review = fixture.review();
    let again = || Review {
        id: ReviewId::from_uuid(fixture.uuid()),
        found: Some(fixture.naira(7)),
        opened_at: fixture.tick(),
        ..review.clone()
    };
    let first = Change::OpenReview(review.clone());
    stage.apply(vec![first.clone(), Change::OpenReview(again())]).await;
    stage.expect_whole(&first, "beside a second one in its set").await;
    let witness = Change::Enqueue(fixture.job());
    stage.apply(vec![Change::OpenReview(again()), witness.clone()]).await;
    stage.expect_whole(&first, "beside a later second one").await;
    stage.expect_whole(&witness, "the rest of the set").await;

    let elsewhere = Review { reference: fixture.reference().to_string(), ..again() };
    let otherwise = Review { reason: ReviewReason::AmountMismatch, ..again() };
    for other in [elsewhere, otherwise].map(Change::OpenReview) {
        stage.apply(vec![other.clone()]).await;
        stage.expect_whole(&other, "of another reference or reason").await;
    }
    stage.expect_whole(&first, "beside others").await;
}

/// What was decided stays decided; the same again is a review of its own.
pub async fn opens_a_closed_review_again(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let mut review = fixture.review();
    stage.apply(vec![Change::OpenReview(review.clone())]).await;
    let closing = fixture.closing(ReviewDecision::Dismiss);
    let again = Review { id: ReviewId::from_uuid(fixture.uuid()), ..review.clone() };
    let close = Change::CloseReview { id: review.id, closing: closing.clone() };
    stage.apply(vec![close, Change::OpenReview(again.clone())]).await;
    review.closing = Some(closing);
    let open = stage.store.reviews(Page::first(Page::MAX)).await.expect("reviews are read");
    assert_eq!(open, std::slice::from_ref(&again), "only what is open waits");
    let all = stage.store.reviews_of(&review.reference).await.expect("reviews are read");
    assert_eq!(all, [review, again], "and the closed one is kept");
    assert_eq!(stage.store.reviews_of("nothing").await.expect("reviews are read"), []);
}
