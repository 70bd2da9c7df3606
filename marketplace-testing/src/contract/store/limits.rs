//! Counters with a cap.

use super::{StoreHarness, stage::Stage};
use marketplace_core::commit::{Change, LimitKey, Refusal};

impl Stage {
    fn limit(&self) -> LimitKey {
        LimitKey::new("test", self.fixture.word("limit"))
    }

    /// Panics unless a counter is at exactly `used`.
    async fn expect_used(&self, limit: &LimitKey, used: i64, when: &str) {
        assert!(self.counts_at_most(limit, used).await, "{when}: more than {used} are counted");
        assert!(used == 0 || !self.counts_at_most(limit, used - 1).await, "{when}: fewer than {used}");
    }
}

fn take(limit: &LimitKey, units: i64, cap: i64) -> Vec<Change> {
    vec![Change::Take { limit: limit.clone(), units, cap }]
}

/// Up to the cap and not one more; what is refused is not counted.
pub async fn the_cap_is_exact(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    stage.refuse(take(&limit, 11, 10), Refusal::LimitReached).await;
    stage.expect_used(&limit, 0, "after a first take above the cap").await;
    stage.apply(take(&limit, 4, 10)).await;
    stage.refuse(take(&limit, 7, 10), Refusal::LimitReached).await;
    stage.expect_used(&limit, 4, "after a refusal").await;
    stage.apply(take(&limit, 6, 10)).await;
    stage.apply(take(&limit, 0, 10)).await;
    for _ in 0..2 {
        stage.refuse(take(&limit, 1, 10), Refusal::LimitReached).await;
    }
    stage.expect_used(&limit, 10, "at its cap").await;
    stage.apply(take(&limit, 1, 11)).await;
    stage.expect_used(&limit, 11, "under a raised cap").await;
}

/// A cap of zero lets nothing through.
pub async fn a_cap_of_zero_is_shut(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    stage.refuse(take(&limit, 1, 0), Refusal::LimitReached).await;
    stage.apply(take(&limit, 0, 0)).await;
    stage.refuse(take(&limit, 1, 0), Refusal::LimitReached).await;
    stage.expect_used(&limit, 0, "behind a cap of zero").await;
}

/// What is given back can be taken again, and the counter never falls below zero.
pub async fn giving_back_stops_at_zero(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    stage.apply(take(&limit, -5, 3)).await;
    stage.expect_used(&limit, 0, "given back before anything was taken").await;
    stage.apply(take(&limit, 3, 3)).await;
    stage.apply(take(&limit, -1, 3)).await;
    stage.expect_used(&limit, 2, "with one given back").await;
    stage.apply(take(&limit, 1, 3)).await;
    stage.refuse(take(&limit, 1, 3), Refusal::LimitReached).await;
    stage.apply(take(&limit, -100, 3)).await;
    stage.expect_used(&limit, 0, "with more given back than was taken").await;
    stage.apply(take(&limit, 3, 3)).await;
    stage.expect_used(&limit, 3, "taken anew").await;
}

/// Below a cap that was lowered nothing more is taken, but giving back is never refused.
pub async fn giving_back_is_never_refused(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    stage.apply(take(&limit, 5, 5)).await;
    stage.refuse(take(&limit, 1, 3), Refusal::LimitReached).await;
    stage.apply(take(&limit, -1, 3)).await;
    stage.expect_used(&limit, 4, "given back above a lowered cap").await;
    stage.apply(take(&limit, -2, 0)).await;
    stage.expect_used(&limit, 2, "given back above a cap of zero").await;
    stage.refuse(take(&limit, 1, 2), Refusal::LimitReached).await;
    stage.apply(take(&limit, 1, 3)).await;
    stage.expect_used(&limit, 3, "below the lowered cap again").await;
}

/// Numbers of 64 bits neither wrap nor fail.
pub async fn big_numbers_do_not_wrap(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    stage.apply(take(&limit, i64::MAX, i64::MAX)).await;
    for units in [1, i64::MAX] {
        stage.refuse(take(&limit, units, i64::MAX), Refusal::LimitReached).await;
    }
    assert!(!stage.counts_at_most(&limit, i64::MAX - 2).await, "the counter is full");
    stage.apply(take(&limit, -1, i64::MAX)).await;
    stage.apply(take(&limit, 1, i64::MAX)).await;
    stage.refuse(take(&limit, 1, i64::MAX), Refusal::LimitReached).await;
    stage.apply(take(&limit, -i64::MAX, i64::MAX)).await;
    stage.expect_used(&limit, 0, "with all given back").await;
    stage.apply(take(&limit, 7, 10)).await;
    stage.apply(take(&limit, i64::MIN, 10)).await;
    stage.expect_used(&limit, 0, "with the most given back").await;
    let other = stage.limit();
    stage.apply(take(&other, i64::MIN, 10)).await;
    stage.expect_used(&other, 0, "with the most given back before anything was taken").await;
}

/// Several takes of a set add up: a set that goes over the cap in its middle is refused as a whole.
pub async fn takes_of_a_set_add_up(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = stage.limit();
    let one = || take(&limit, 1, 3).remove(0);
    stage.refuse(vec![one(), one(), one(), one()], Refusal::LimitReached).await;
    stage.expect_used(&limit, 0, "after a set that took too much").await;
    stage.apply(vec![one(), one(), one()]).await;
    stage.expect_used(&limit, 3, "after a set that took all").await;
    let back = || take(&limit, -1, 3).remove(0);
    stage.refuse(vec![one(), back()], Refusal::LimitReached).await;
    stage.apply(vec![back(), one()]).await;
    stage.expect_used(&limit, 3, "given back first, then taken").await;
}

/// Counters with names that look alike are not one.
pub async fn counters_are_apart(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let names = ["a", "A", "a ", " a", "a%", "a_", "%", "a:a", "", "á", "a\u{301}", "\u{1f600}"];
    for name in names {
        stage.apply(take(&LimitKey::new("test", name), 1, 1)).await;
    }
    for name in names {
        stage.refuse(take(&LimitKey::new("test", name), 1, 1), Refusal::LimitReached).await;
        stage.expect_used(&LimitKey::new("test", name), 1, name).await;
    }
}
