//! Many sets at the same moment, as a store gets them that sends several together.
//!
//! Guarantees: every caller hears of its own set, as if it had been alone; a set that is refused, broken, known or
//! whose caller went away changes nothing for its neighbours.
//!
//! Does not: look whether a store puts sets together; one that never does passes.

use super::{
    StoreHarness,
    ledger::balance,
    stage::{Outcome, Shop, Stage, at_once, count},
};
use marketplace_core::{
    catalog::Product,
    commit::{Change, ChangeSet, LimitKey, Refusal},
    id::UserId,
    identity::User,
    ledger::AccountKind,
};
use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

/// How many meet.
const CROWD: usize = 200;

/// A set whose outcome nobody else can change, and rows that tell what is left of it.
struct Expected {
    set: ChangeSet,
    outcome: Outcome,
    /// Among its changes, before and after the one that counts.
    witnesses: [Change; 2],
}

/// Makes sets of each outcome in turn.
struct Maker<'a> {
    stage: &'a Stage,
    shop: Shop,
    known: ChangeSet,
    full: LimitKey,
}

impl<'a> Maker<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let shop = stage.shop().await;
        let known = stage.fixture.set(vec![Change::Enqueue(stage.fixture.job())]);
        assert_eq!(stage.send(&known).await, Outcome::Applied, "{known:?}");
        let full = LimitKey::new("test", stage.fixture.word("full"));
        stage.apply(vec![Change::Take { limit: full.clone(), units: 3, cap: 3 }]).await;
        Self { stage, shop, known, full }
    }

    fn make(&self, number: usize) -> Expected {
        let fixture = &self.stage.fixture;
        let available = AccountKind::CreatorAvailable;
        let witnesses = [Change::Enqueue(fixture.job()), Change::InsertNotice(fixture.notice())];
        let [before, after] = witnesses.clone();
        let (change, outcome) = match number % 8 {
            0 => (Change::InsertUser(fixture.user()), Outcome::Applied),
            1 => (self.stage.stale(), Outcome::Refused(Refusal::Stale)),
            2 => {
                let slug = self.shop.product.slug.clone();
                let product = Product { slug, ..fixture.product(&self.shop.creator) };
                (Change::InsertProduct(product), Outcome::Refused(Refusal::Taken))
            }
            3 => {
                let debit = fixture.debit(available, self.shop.creator.id, fixture.naira(1));
                (Change::Post(debit), Outcome::Refused(Refusal::BelowFloor))
            }
            4 => {
                let take = Change::Take { limit: self.full.clone(), units: 1, cap: 3 };
                (take, Outcome::Refused(Refusal::LimitReached))
            }
            5 => {
                let set = ChangeSet::for_testing(self.known.decision().clone(), vec![before, after]);
                return Expected { set, outcome: Outcome::Replayed, witnesses };
            }
            6 => {
                let set = fixture.with_other_input(self.known.decision(), vec![before, after]);
                return Expected { set, outcome: Outcome::Refused(Refusal::KeyReused), witnesses };
            }
            _ => (Change::InsertProduct(fixture.product(&self.shop.creator)), Outcome::Applied),
        };
        Expected { set: fixture.set(vec![before, change, after]), outcome, witnesses }
    }
}

impl Stage {
    /// A set has left what its outcome says.
    async fn expect_left(&self, outcome: &Outcome, witnesses: &[Change]) {
        for witness in witnesses {
            if *outcome == Outcome::Applied {
                self.expect_whole(witness, "in a set that was applied beside others").await;
            } else {
                self.expect_nothing(witness, "in a set that was not applied beside others").await;
            }
        }
    }
}

/// Each of many callers hears what became of its own set, and the set has left what its caller heard.
pub async fn each_hears_of_its_own(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let maker = Maker::new(&stage).await;
    let sets: Vec<_> = (0..CROWD).map(|number| maker.make(number)).collect();
    let outcomes = stage.race(sets.iter().map(|expected| expected.set.clone()).collect()).await;
    for (Expected { set, outcome: wanted, .. }, outcome) in sets.iter().zip(&outcomes) {
        assert_eq!(outcome, wanted, "the outcome of another set? {set:?}");
    }
    for Expected { outcome, witnesses, .. } in &sets {
        stage.expect_left(outcome, witnesses).await;
    }
}

/// What is applied is applied once and is no replay, however many neighbours are refused.
pub async fn applied_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let limit = LimitKey::new("test", stage.fixture.word("limit"));
    let available = AccountKind::CreatorAvailable;
    let sets = (0..CROWD).map(|number| {
        let credit = stage.fixture.credit(available, creator, stage.fixture.naira(1));
        let take = Change::Take { limit: limit.clone(), units: 1, cap: i64::MAX };
        let mut changes = vec![take, Change::Post(credit)];
        changes.extend((number % 4 == 3).then(|| stage.stale()));
        stage.fixture.set(changes)
    });
    let outcomes = stage.race(sets.collect()).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        let wanted = if number % 4 == 3 { Outcome::Refused(Refusal::Stale) } else { Outcome::Applied };
        assert_eq!(*outcome, wanted, "of set {number}");
    }
    let applied = i64::try_from(CROWD * 3 / 4).expect("a small number");
    assert_eq!(balance(&stage, creator, available).await, applied, "one credit of each that was applied");
    assert!(stage.counts_at_most(&limit, applied).await, "more than one take of each that was applied");
    assert!(!stage.counts_at_most(&limit, applied - 1).await, "fewer than one take of each");
    assert_eq!(stage.store.imbalances(10).await.expect("the ledger is audited"), [], "it adds up");
}

/// A set that is refused at its end has left nothing beside others, neither rows nor counts nor its key.
pub async fn refused_leaves_nothing(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let limit = LimitKey::new("test", stage.fixture.word("limit"));
    let jobs: Vec<_> = (0..CROWD).map(|_| Change::Enqueue(stage.fixture.job())).collect();
    let sets: Vec<_> = jobs
        .iter()
        .enumerate()
        .map(|(number, job)| {
            let take = Change::Take { limit: limit.clone(), units: 1, cap: i64::MAX };
            let mut changes = vec![job.clone(), take];
            changes.extend((number % 2 == 1).then(|| stage.stale()));
            stage.fixture.set(changes)
        })
        .collect();
    let outcomes = stage.race(sets.clone()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), CROWD / 2, "{outcomes:?}");
    assert_eq!(count(&outcomes, &Outcome::Refused(Refusal::Stale)), CROWD / 2, "{outcomes:?}");
    for (job, outcome) in jobs.iter().zip(&outcomes) {
        stage.expect_left(outcome, std::slice::from_ref(job)).await;
    }
    let applied = i64::try_from(CROWD / 2).expect("a small number");
    assert!(stage.counts_at_most(&limit, applied).await, "what is refused is not counted");
    for (set, outcome) in sets.iter().zip(&outcomes).filter(|(_, outcome)| **outcome != Outcome::Applied) {
        let again = ChangeSet::for_testing(set.decision().clone(), Vec::new());
        assert_eq!(stage.send(&again).await, Outcome::Applied, "{outcome:?} leaves its key free");
    }
}

/// A set that names a missing row is broken, or whole in a store without references; its neighbours are whole.
pub async fn a_broken_set_is_alone(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await;
    let nobody = User { id: UserId::from_uuid(stage.fixture.uuid()), ..creator.clone() };
    let sets: Vec<_> = (0..CROWD)
        .map(|number| {
            let witnesses = [Change::Enqueue(stage.fixture.job()), Change::Enqueue(stage.fixture.job())];
            let [before, after] = witnesses.clone();
            let of = if number % 5 == 0 { &nobody } else { &creator };
            let product = Change::InsertProduct(stage.fixture.product(of));
            (stage.fixture.set(vec![before, product, after]), witnesses)
        })
        .collect();
    let outcomes = stage.race(sets.iter().map(|(set, _)| set.clone()).collect()).await;
    for (number, ((set, witnesses), outcome)) in sets.iter().zip(&outcomes).enumerate() {
        if number % 5 == 0 {
            let fine = matches!(outcome, Outcome::Failed(_) | Outcome::Applied);
            assert!(fine, "{outcome:?} of a set with a missing row");
        } else {
            assert_eq!(*outcome, Outcome::Applied, "beside broken sets: {set:?}");
        }
        stage.expect_left(outcome, witnesses).await;
    }
}

/// Sets that lean on each other come to the same as in some order one by one: each version is taken once, and who
/// came too late is stale.
pub async fn some_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let limit = LimitKey::new("test", stage.fixture.word("limit"));
    // Eight for each of the next versions; only the first one's can be there at the beginning.
    let mut sets = Vec::new();
    for _ in 0..8 {
        let mut now = product.clone();
        for _ in 0..8 {
            let seen = now.version;
            now = Product { version: seen.next(), title: stage.fixture.word("title"), ..now };
            let take = Change::Take { limit: limit.clone(), units: 1, cap: i64::MAX };
            let change = Change::UpdateProduct { seen, to: now.clone() };
            sets.push((stage.fixture.set(vec![take, change]), now.clone()));
        }
    }
    let outcomes = stage.race(sets.iter().map(|(set, _)| set.clone()).collect()).await;
    let applied = count(&outcomes, &Outcome::Applied);
    let stale = count(&outcomes, &Outcome::Refused(Refusal::Stale));
    assert_eq!(applied + stale, sets.len(), "{outcomes:?}");
    let found = stage.store.product(product.id).await.expect("products are read").expect("it is there");
    let steps = found.version.as_i64() - product.version.as_i64();
    assert_eq!(usize::try_from(steps), Ok(applied), "each that was applied is one version");
    let mut won: Vec<_> =
        sets.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Outcome::Applied).collect();
    won.sort_by_key(|((_, row), _)| row.version);
    assert_eq!(won.last().map(|((_, row), _)| row), Some(&found), "the last version is what is there");
    for (place, ((_, row), _)) in (1_i64..).zip(&won) {
        assert_eq!(row.version.as_i64() - product.version.as_i64(), place, "no version is taken twice");
    }
    assert!(stage.counts_at_most(&limit, steps).await, "what is stale is not counted");
}

/// Callers that go away change nothing for others; their own sets are there wholly or not at all.
pub async fn callers_that_go_away(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await.id;
    let available = AccountKind::CreatorAvailable;
    let sets: Vec<_> = (0..CROWD)
        .map(|_| {
            let credit = Change::Post(stage.fixture.credit(available, creator, stage.fixture.naira(1)));
            let job = Change::Enqueue(stage.fixture.job());
            (stage.fixture.set(vec![credit, job.clone()]), job)
        })
        .collect();
    let calls = sets.iter().enumerate().map(|(number, (set, _))| {
        let (store, set) = (Arc::clone(&stage.store), set.clone());
        async move {
            let mut commit = pin!(store.commit(set));
            if number % 2 == 0 {
                return Some(commit.await.expect("beside callers that go away"));
            }
            for _ in 0..number % 7 {
                let polled = poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await;
                if let Poll::Ready(outcome) = polled {
                    return Some(outcome.expect("before its caller could go away"));
                }
                tokio::task::yield_now().await;
            }
            None
        }
    });
    let heard = at_once(calls.collect::<Vec<_>>()).await;
    for ((set, job), heard) in sets.iter().zip(heard) {
        if heard.is_none() {
            let again = stage.send(set).await;
            let fine = matches!(again, Outcome::Applied | Outcome::Replayed);
            assert!(fine, "sent again after its caller went away: {again:?}");
        }
        stage.expect_whole(job, "in the end").await;
        assert_eq!(stage.send(set).await, Outcome::Replayed, "it is there");
    }
    let all = i64::try_from(CROWD).expect("a small number");
    assert_eq!(balance(&stage, creator, available).await, all, "each set once");
}
