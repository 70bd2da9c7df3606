//! Visits of links: counted, in one row each, whatever comes.

use super::{
    StoreHarness,
    stage::{Stage, at_once},
};
use marketplace_core::{
    delivery::{AgentClass, Link, NewVisit, Visit, VisitKind, VisitResult},
    id::LinkId,
    time::Timestamp,
};
use std::sync::Arc;

fn visit(link: &Link, at: i64) -> NewVisit {
    NewVisit {
        link: link.id,
        kind: VisitKind::Look,
        agent: AgentClass::MailScanner,
        result: VisitResult::Shown,
        at: Timestamp::from_micros(at),
    }
}

async fn note(stage: &Stage, visit: NewVisit) {
    stage.store.note_visit(visit).await.expect("a visit is noted");
}

/// The visits of these links, sorted.
async fn of(stage: &Stage, links: &[LinkId]) -> Vec<Visit> {
    let mut visits = stage.store.visits_of(links).await.expect("visits are read");
    visits.sort_by_key(|visit| (visit.link, visit.kind, visit.agent, visit.result));
    visits
}

fn row(of: NewVisit, count: u64, first: i64, last: i64) -> Visit {
    let NewVisit { link, kind, agent, result, .. } = of;
    let (first_at, last_at) = (Timestamp::from_micros(first), Timestamp::from_micros(last));
    Visit { link, kind, agent, result, count, first_at, last_at }
}

/// What comes again is one row that counts; another word in it is another row.
pub async fn counted_in_one_row(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (_, link) = stage.linked().await;
    assert_eq!(of(&stage, &[link.id]).await, [], "nothing came yet");
    let first = visit(&link, 1_000_001);
    for at in [1_000_001, 2_000_003, 3_000_007] {
        note(&stage, visit(&link, at)).await;
    }
    let (kind, agent, result) = (VisitKind::Claim, AgentClass::Bot, VisitResult::Used);
    let others = [NewVisit { kind, ..first }, NewVisit { agent, ..first }, NewVisit { result, ..first }];
    for other in others {
        note(&stage, other).await;
    }
    let mut expected = vec![row(first, 3, 1_000_001, 3_000_007)];
    expected.extend(others.map(|other| row(other, 1, 1_000_001, 1_000_001)));
    expected.sort_by_key(|visit| (visit.link, visit.kind, visit.agent, visit.result));
    assert_eq!(of(&stage, &[link.id]).await, expected);
}

/// The first time is the earliest and the last the latest, in whatever order they are noted; and every word comes back.
pub async fn whatever_the_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (_, link) = stage.linked().await;
    for at in [5_000_001, 9_000_001, 1_000_001, 7_000_001] {
        note(&stage, visit(&link, at)).await;
    }
    assert_eq!(of(&stage, &[link.id]).await, [row(visit(&link, 0), 4, 1_000_001, 9_000_001)]);

    let (_, link) = stage.linked().await;
    let mut words = Vec::new();
    for kind in VisitKind::ALL {
        for agent in AgentClass::ALL {
            for result in VisitResult::ALL {
                words.push(NewVisit { kind: *kind, agent: *agent, result: *result, ..visit(&link, 1) });
            }
        }
    }
    for visit in &words {
        note(&stage, *visit).await;
    }
    let expected: Vec<Visit> = words.iter().map(|visit| row(*visit, 1, 1, 1)).collect();
    assert_eq!(of(&stage, &[link.id]).await, expected);
}

/// Of many that come at the same moment each counts, in one row; also where they come to several links.
pub async fn raced(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (one, other) = (stage.linked().await.1, stage.linked().await.1);
    let visits = (0..64_i64).map(|number| visit(if number % 4 == 3 { &other } else { &one }, number));
    let calls = visits.map(|visit| {
        let store = Arc::clone(&stage.store);
        async move { store.note_visit(visit).await.expect("a visit is noted") }
    });
    at_once(calls).await;
    assert_eq!(of(&stage, &[one.id]).await, [row(visit(&one, 0), 48, 0, 62)]);
    assert_eq!(of(&stage, &[other.id]).await, [row(visit(&other, 0), 16, 3, 63)]);
}

/// Visits are read of the links that are asked for, and of no others.
pub async fn of_their_links(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut links = Vec::new();
    for number in 0..4 {
        let (_, link) = stage.linked().await;
        note(&stage, visit(&link, number)).await;
        links.push(link);
    }
    let expected: Vec<Visit> =
        links.iter().zip(0..).map(|(link, at)| row(visit(link, 0), 1, at, at)).collect();
    let unvisited = stage.linked().await.1.id;
    let unknown = LinkId::from_uuid(stage.fixture.uuid());
    assert_eq!(of(&stage, &[]).await, []);
    assert_eq!(of(&stage, &[unvisited, unknown]).await, []);
    let asked = [links[2].id, unvisited, links[0].id, unknown, links[0].id];
    assert_eq!(of(&stage, &asked).await, [expected[0], expected[2]], "each once");
    let all: Vec<LinkId> = links.iter().map(|link| link.id).collect();
    assert_eq!(of(&stage, &all).await, expected);
}

/// A visit of a link that is not there is a defect, and leaves nothing.
pub async fn only_of_links(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (granted, link) = stage.linked().await;
    note(&stage, visit(&link, 1)).await;
    let unknown = stage.fixture.link(&granted.entitlement, &granted.file);
    let refused = stage.store.note_visit(visit(&unknown, 2)).await;
    assert!(
        matches!(refused, Err(marketplace_core::error::StoreError::Defect(_))),
        "no link, no visit: {refused:?}"
    );
    assert_eq!(of(&stage, &[unknown.id, link.id]).await, [row(visit(&link, 0), 1, 1, 1)]);
}

/// A caller that goes away leaves its visit counted or not, and the row whole.
pub async fn dropped(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (_, link) = stage.linked().await;
    note(&stage, visit(&link, 5)).await;
    for patience in 0..40 {
        let call = stage.store.note_visit(visit(&link, 10 + patience));
        let away = async {
            for _ in 0..patience {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            noted = call => noted.expect("a visit is noted"),
            () = away => {}
        }
    }
    // Whatever was left behind stands before this one, or comes after it: the row is one all the same.
    note(&stage, visit(&link, 1)).await;
    let rows = of(&stage, &[link.id]).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!((2..=42).contains(&rows[0].count), "{rows:?}");
    assert_eq!(rows[0].first_at, Timestamp::from_micros(1), "{rows:?}");
}
