//! The feed of what happened.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, at_once, count, send},
};
use marketplace_core::{
    Actor, Store,
    commit::{Change, ChangeSet, Decision, Subject},
    event::{Event, EventKind},
    order::{Order, OrderState},
};
use std::{collections::BTreeMap, sync::Arc};

const ALL: u32 = 1_000;

async fn events(store: &dyn Store, after: u64, limit: u32) -> Vec<Event> {
    store.events(after, limit).await.expect("events are read")
}

/// A set that a host wants to hear of.
fn heard(stage: &Stage) -> ChangeSet {
    stage.fixture.set(vec![Change::InsertUser(stage.fixture.user())])
}

/// The event that a set has to be.
fn of(set: &ChangeSet, number: u64, kinds: &[EventKind]) -> Event {
    let Decision { key, subject, actor, at, .. } = set.decision().clone();
    Event { number, kinds: kinds.to_vec(), decision: key, subject, actor, at }
}

/// What is committed stands in the feed with all that the decision said of itself, in the order in which it happened;
/// what nobody wants to hear of does not.
pub async fn in_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let store = &*stage.store;
    assert_eq!(events(store, 0, ALL).await, vec![], "an empty store");
    assert_eq!(store.last_event().await.expect("the end is read"), 0, "an empty store");

    let shop = stage.shop().await;
    let order = stage.fixture.order(None, &[&shop.product]);
    let free = Order { state: OrderState::Paid, ..stage.fixture.order(None, &[&shop.product]) };
    let about = |id: String, changes: Vec<Change>| {
        let decision =
            Decision { subject: Subject::of(id), actor: Actor::Gateway, ..stage.fixture.decision() };
        ChangeSet::for_testing(decision, changes)
    };
    let at = stage.fixture.tick();
    let (id, seen) = (order.id, order.version);
    let sets = [
        (about(id.to_string(), vec![Change::InsertOrder(order)]), vec![EventKind::OrderPlaced]),
        (about(id.to_string(), vec![Change::Enqueue(stage.fixture.job())]), vec![]),
        (
            about(id.to_string(), vec![Change::AdvanceOrder { id, seen, to: OrderState::Expired, at }]),
            vec![EventKind::OrderExpired],
        ),
        (
            about(
                id.to_string(),
                vec![
                    Change::Enqueue(stage.fixture.job()),
                    Change::AdvanceOrder { id, seen: seen.next(), to: OrderState::Paid, at },
                    Change::OpenReview(stage.fixture.review()),
                ],
            ),
            vec![EventKind::OrderPaid, EventKind::ReviewOpened],
        ),
        (
            about(free.id.to_string(), vec![Change::InsertOrder(free)]),
            vec![EventKind::OrderPlaced, EventKind::OrderPaid],
        ),
    ];
    let before = store.last_event().await.expect("the end is read");
    assert_eq!(before, 1, "the creator");
    let mut expected = Vec::new();
    for (set, kinds) in &sets {
        assert_eq!(stage.send(set).await, Outcome::Applied, "{set:?}");
        if !kinds.is_empty() {
            expected.push(of(set, before + 1 + expected.len() as u64, kinds));
        }
        assert_eq!(events(store, before, ALL).await, expected, "after {set:?}");
    }
    assert_eq!(store.last_event().await.expect("the end is read"), 5);
}

/// A decision that is sent again, later or at the same moment, is one event.
pub async fn told_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (first, second) = (heard(&stage), heard(&stage));
    for expected in [Outcome::Applied, Outcome::Replayed, Outcome::Replayed] {
        assert_eq!(stage.send(&first).await, expected);
    }
    let outcomes = stage.race(vec![second.clone(); 32]).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 1, "{outcomes:?}");
    assert_eq!(stage.send(&first).await, Outcome::Replayed);
    let kinds = [EventKind::UserRegistered];
    let expected = vec![of(&first, 1, &kinds), of(&second, 2, &kinds)];
    assert_eq!(events(&*stage.store, 0, ALL).await, expected);
}

/// What is refused did not happen, alone and beside sets that are not refused.
pub async fn refused_ones_are_silent(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut sets = Vec::new();
    for _ in 0..16 {
        sets.push(heard(&stage));
        let user = Change::InsertUser(stage.fixture.user());
        sets.push(stage.fixture.set(vec![user, stage.stale()]));
    }
    assert!(matches!(stage.send(&sets[1]).await, Outcome::Refused(_)));
    assert_eq!(events(&*stage.store, 0, ALL).await, vec![], "of a refused set");
    let outcomes = stage.race(sets.clone()).await;
    assert_eq!(count(&outcomes, &Outcome::Applied), 16, "{outcomes:?}");
    let mut told: Vec<_> =
        events(&*stage.store, 0, ALL).await.into_iter().map(|event| event.decision).collect();
    let mut applied: Vec<_> = sets.iter().step_by(2).map(|set| set.decision().key.clone()).collect();
    told.sort();
    applied.sort();
    assert_eq!(told, applied);
}

/// A page goes on behind the number that it is given, and holds as many as asked for.
pub async fn in_pages(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let store = &*stage.store;
    for _ in 0..7 {
        assert_eq!(stage.send(&heard(&stage)).await, Outcome::Applied);
    }
    let all = events(store, 0, ALL).await;
    assert_eq!(all.len(), 7);
    for limit in 1..=8 {
        let mut read = Vec::new();
        let mut after = 0;
        loop {
            let page = events(store, after, limit).await;
            assert!(page.len() <= limit as usize, "a page of {limit}: {page:?}");
            let Some(last) = page.last() else { break };
            after = last.number;
            read.extend(page);
            assert!(read.len() <= all.len(), "pages of {limit} repeat: {read:?}");
        }
        assert_eq!(read, all, "in pages of {limit}");
    }
    let end = store.last_event().await.expect("the end is read");
    assert_eq!(all.last().map(|event| event.number), Some(end));
    for after in [end, end + 1, u64::MAX] {
        assert_eq!(events(store, after, ALL).await, vec![], "behind {after}");
    }
    assert_eq!(events(store, 0, 0).await, vec![], "none are asked for");
}

/// While many write, somebody who reads on behind the last number that they have seen gets all of it, once, and the events
/// of each subject in their order.
pub async fn readers_miss_nothing(harness: &dyn StoreHarness) {
    const WRITERS: usize = 8;
    const SETS: usize = 12;
    let stage = Stage::new(harness).await;
    let writers: Vec<Vec<ChangeSet>> = (0..WRITERS)
        .map(|writer| {
            let subject = Subject::of(format_args!("writer-{writer}"));
            let set = |_| {
                let decision = Decision { subject: subject.clone(), ..stage.fixture.decision() };
                ChangeSet::for_testing(decision, vec![Change::InsertUser(stage.fixture.user())])
            };
            (0..SETS).map(set).collect()
        })
        .collect();
    let write = writers.iter().cloned().map(|sets| {
        let store = Arc::clone(&stage.store);
        async move {
            for set in sets {
                assert_eq!(send(&*store, &set).await, Outcome::Applied);
            }
        }
    });
    let read = async {
        let mut seen: Vec<Event> = Vec::new();
        while seen.len() < WRITERS * SETS {
            let after = seen.last().map_or(0, |event| event.number);
            // Whoever is done has committed everything, so one more look shows all there is.
            let end = stage.store.last_event().await.expect("the end is read");
            let page = events(&*stage.store, after, 5).await;
            assert!(!(page.is_empty() && end > after), "there is more up to {end} than {after}");
            seen.extend(page);
            if all_written(&stage, &writers).await && events(&*stage.store, last(&seen), 5).await.is_empty() {
                break;
            }
        }
        seen
    };
    let (seen, _) = futures_util::future::join(read, at_once(write)).await;
    assert!(seen.is_sorted_by(|one, next| one.number < next.number), "numbers rise: {seen:?}");
    let mut by_subject: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for event in seen {
        by_subject.entry(event.subject.as_str().to_owned()).or_default().push(event.decision);
    }
    for sets in writers {
        let subject = sets[0].decision().subject.as_str();
        let happened: Vec<_> = sets.iter().map(|set| set.decision().key.clone()).collect();
        assert_eq!(by_subject.remove(subject), Some(happened), "the events of {subject}, in their order");
    }
    assert!(by_subject.is_empty(), "what nobody did: {by_subject:?}");
}

fn last(seen: &[Event]) -> u64 {
    seen.last().map_or(0, |event| event.number)
}

/// Whether the last user of every writer is there.
async fn all_written(stage: &Stage, writers: &[Vec<ChangeSet>]) -> bool {
    for sets in writers {
        let Some(Change::InsertUser(user)) = sets.last().and_then(|set| set.changes().last()) else {
            panic!("a writer registers users");
        };
        if stage.store.user(user.id).await.expect("users are read").is_none() {
            return false;
        }
    }
    true
}
