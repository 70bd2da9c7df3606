//! The hash chain over the journal.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, at_once, count},
};
use marketplace_core::{
    Store,
    commit::Change,
    id::EntryId,
    ledger::{AccountKind, JournalEntry, Seal, chain},
};
use std::{collections::BTreeSet, sync::Arc};

/// Posts so many sales, not in the order of their ids; gives them in that order.
async fn posted(stage: &Stage, count: usize) -> Vec<JournalEntry> {
    let creator = stage.creator().await.id;
    let kind = AccountKind::CreatorAvailable;
    let entries: Vec<JournalEntry> =
        (0..count).map(|_| stage.fixture.credit(kind, creator, stage.fixture.naira(100))).collect();
    for index in (0..count).rev() {
        stage.apply(vec![Change::Post(entries[index].clone())]).await;
    }
    entries
}

/// The links of entries after a link.
fn links(last: Option<&Seal>, entries: &[JournalEntry]) -> Vec<Seal> {
    let mut seals: Vec<Seal> = Vec::new();
    for entry in entries {
        seals.push(chain(seals.last().or(last), entry));
    }
    seals
}

async fn append(store: &dyn Store, seals: Vec<Seal>) -> bool {
    store.append_seals(seals).await.expect("links are appended or refused")
}

/// The tail, the last link, and the whole chain.
async fn state(stage: &Stage) -> (Vec<JournalEntry>, Option<Seal>, Vec<(Seal, Option<JournalEntry>)>) {
    let store = &*stage.store;
    (
        store.unsealed(None, 1_000).await.expect("the tail is read"),
        store.last_seal().await.expect("the last link is read"),
        store.sealed(0, 1_000).await.expect("the chain is read"),
    )
}

fn with_entries(seals: &[Seal], entries: &[JournalEntry]) -> Vec<(Seal, Option<JournalEntry>)> {
    seals.iter().cloned().zip(entries.iter().cloned().map(Some)).collect()
}

/// The tail is what is in no link yet, oldest id first, as much as asked for.
pub async fn tail(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    assert_eq!(state(&stage).await, (vec![], None, vec![]), "an empty journal");
    let entries = posted(&stage, 6).await;
    assert_eq!(state(&stage).await, (entries.clone(), None, vec![]), "all of it is tail");
    let some = stage.store.unsealed(None, 4).await.expect("the tail is read");
    assert_eq!(some, entries[..4], "the oldest of it");
    assert!(append(&*stage.store, links(None, &entries[..4])).await);
    assert_eq!(stage.store.unsealed(None, 10).await.expect("the tail is read"), entries[4..], "what is left");
    let younger = posted(&stage, 2).await;
    let tail = [&entries[4..], &younger].concat();
    assert_eq!(stage.store.unsealed(None, 10).await.expect("the tail is read"), tail, "what came since");
    let after = |index: usize| Some(tail[index].id());
    for (index, entry) in tail.iter().enumerate() {
        let rest = stage.store.unsealed(after(index), 10).await.expect("the tail is read");
        assert_eq!(rest, tail[index + 1..], "after {}", entry.id());
    }
    assert_eq!(
        stage.store.unsealed(after(0), 2).await.expect("the tail is read"),
        tail[1..3],
        "a page of it"
    );
    let sealed = Some(entries[2].id());
    assert_eq!(
        stage.store.unsealed(sealed, 10).await.expect("the tail is read"),
        tail,
        "after one that is chained"
    );
    let last = Some(EntryId::from_uuid(uuid::Uuid::max()));
    assert_eq!(stage.store.unsealed(last, 10).await.expect("the tail is read"), [], "after all");
}

/// Links are kept as they were appended, and read in order, page by page, with their entries as posted.
pub async fn appended(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let entries = posted(&stage, 9).await;
    let seals = links(None, &entries);
    assert!(append(&*stage.store, seals[..4].to_vec()).await, "the first ones");
    assert_eq!(stage.store.last_seal().await.expect("the last link is read"), Some(seals[3].clone()));
    assert!(append(&*stage.store, seals[4..5].to_vec()).await, "one more");
    assert!(append(&*stage.store, seals[5..].to_vec()).await, "the rest");
    let chain = with_entries(&seals, &entries);
    assert_eq!(state(&stage).await, (vec![], Some(seals[8].clone()), chain.clone()));
    let mut read = Vec::new();
    loop {
        let after = read.last().map_or(0, |(seal, _): &(Seal, _)| seal.number);
        let page = stage.store.sealed(after, 4).await.expect("the chain is read");
        assert!(page.len() <= 4, "as many as asked for");
        if page.is_empty() {
            break;
        }
        read.extend(page);
        assert!(read.len() <= chain.len(), "more links are read than there are");
    }
    assert_eq!(read, chain, "page by page");
}

/// An append that does not follow the last link is refused and changes nothing.
pub async fn refused(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let entries = posted(&stage, 6).await;
    let seals = links(None, &entries);
    assert!(!append(&*stage.store, seals[1..3].to_vec()).await, "a chain begins with its first link");
    assert_eq!(state(&stage).await, (entries.clone(), None, vec![]), "nothing was appended");
    assert!(append(&*stage.store, seals[..3].to_vec()).await);
    let before = state(&stage).await;
    let fork = links(Some(&seals[1]), &entries[3..5]);
    for (wrong, why) in [
        (seals[..3].to_vec(), "the same links again"),
        (links(None, &entries[3..]), "a second beginning"),
        (fork, "a fork"),
        (seals[4..].to_vec(), "a gap"),
    ] {
        assert!(!append(&*stage.store, wrong).await, "{why}");
        assert_eq!(state(&stage).await, before, "after {why}");
    }
    // It follows by its number, but would put an entry into the chain twice.
    let twice = [&entries[3..4], &entries[1..2]].concat();
    assert!(!append(&*stage.store, links(Some(&seals[2]), &twice)).await, "an entry has one link");
    assert_eq!(state(&stage).await, before, "nothing of it was appended");
    assert!(append(&*stage.store, seals[3..].to_vec()).await, "what follows is appended");
}

/// Sealers that race with each other and with new sales make one chain: no fork, no gap, each entry once.
pub async fn raced(harness: &dyn StoreHarness) {
    const SEALERS: usize = 8;
    const SALES: usize = 40;
    let stage = Stage::new(harness).await;
    let entries = posted(&stage, SALES / 2).await;
    let sealers = (0..SEALERS).map(|_| {
        let store = Arc::clone(&stage.store);
        async move {
            let last = store.last_seal().await.expect("the last link is read");
            let tail = store.unsealed(None, 7).await.expect("the tail is read");
            append(&*store, links(last.as_ref(), &tail)).await
        }
    });
    let appended = at_once(sealers).await.into_iter().filter(|appended| *appended).count();
    assert!(appended >= 1, "one of {SEALERS} sealers appends");

    let creator = stage.creator().await.id;
    let sales: Vec<_> = (SALES / 2..SALES)
        .map(|_| {
            let amount = stage.fixture.naira(100);
            let entry = stage.fixture.credit(AccountKind::CreatorAvailable, creator, amount);
            stage.fixture.set(vec![Change::Post(entry)])
        })
        .collect();
    let (_, outcomes) =
        tokio::join!(at_once((0..SEALERS).map(|_| seal_all(Arc::clone(&stage.store)))), stage.race(sales));
    assert_eq!(count(&outcomes, &Outcome::Applied), SALES / 2, "sealing is in no sale's way: {outcomes:?}");
    seal_all(Arc::clone(&stage.store)).await;

    let (tail, last, sealed) = state(&stage).await;
    assert_eq!((tail, sealed.len()), (vec![], SALES), "everything is in the chain, of {} old", entries.len());
    assert_eq!(last.as_ref(), sealed.last().map(|(seal, _)| seal));
    let mut before: Option<Seal> = None;
    for (seal, entry) in &sealed {
        let entry = entry.as_ref().expect("no entry is gone");
        assert_eq!(*seal, chain(before.as_ref(), entry), "each link follows the one before");
        before = Some(seal.clone());
    }
    let distinct: BTreeSet<EntryId> = sealed.iter().map(|(seal, _)| seal.entry).collect();
    assert_eq!(distinct.len(), SALES, "each entry has one link");
}

/// Seals until there is no tail. Reads the last link before the tail: whoever appends in between makes the
/// append fail.
async fn seal_all(store: Arc<dyn Store>) {
    for _ in 0..1_000 {
        let last = store.last_seal().await.expect("the last link is read");
        let tail = store.unsealed(None, 3).await.expect("the tail is read");
        if tail.is_empty() {
            return;
        }
        append(&*store, links(last.as_ref(), &tail)).await;
    }
    panic!("the tail does not end");
}
