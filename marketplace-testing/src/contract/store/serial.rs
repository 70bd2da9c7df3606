//! Sets of one moment come to the same as one by one, in some order: the same outcomes, the same rows.
//!
//! Guarantees: the sets are drawn at random from changes that get in each other's way, the same ones in each run; they
//! share rows, names, counters and keys. What one by one comes to is told by the memory store.
//!
//! Does not: look whether a store puts sets together, or in which order it takes them.

use super::{
    StoreHarness,
    stage::{Outcome, Stage},
};
use crate::{build::World, memory::MemoryHarness};
use marketplace_core::{
    commit::{Change, ChangeSet},
    page::Page,
};
use std::collections::BTreeSet;

/// How many worlds, and how many sets meet in each of them.
const WORLDS: u32 = 24;
const SETS: usize = 7;

/// Numbers that look like chance, and are the same in each run: xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).expect("a small number")).expect("a small number")
    }

    fn sets(&mut self, world: &World) -> Vec<ChangeSet> {
        let mut set = || {
            let changes = (0..self.below(4)).map(|_| world.changes[self.below(world.changes.len())].clone());
            let changes = changes.collect();
            let (key, input) = (self.below(SETS * 3 / 2), self.below(5));
            world.set(u8::try_from(key).expect("a few keys"), u8::try_from(input).expect("a few"), changes)
        };
        (0..SETS).map(|_| set()).collect()
    }
}

impl Stage {
    /// Every row that the sets could have touched, as text.
    async fn rows_of(&self, world: &World) -> BTreeSet<String> {
        let mut rows = BTreeSet::new();
        for change in &world.changes {
            let row = self.row_of(change).await;
            rows.insert(row);
        }
        let store = &*self.store;
        let (creator, page) = (world.creator, Page::first(200));
        rows.insert(format!("{:?}", store.balances_of(creator).await.expect("balances are read")));
        rows.insert(format!("{:?}", store.wallet_lines(creator, None, page).await.expect("lines are read")));
        let mut units = 0;
        while !self.counts_at_most(&world.limit, units).await {
            units += 1;
        }
        rows.insert(format!("{units} units"));
        rows
    }

    async fn row_of(&self, change: &Change) -> String {
        let store = &*self.store;
        let user = async |id| format!("{:?}", store.user(id).await.expect("users are read"));
        let product = async |id| format!("{:?}", store.product(id).await.expect("products are read"));
        let file = async |id| format!("{:?}", store.file(id).await.expect("files are read"));
        let order = async |id| format!("{:?}", store.order(id).await.expect("orders are read"));
        let hold = async |id| format!("{:?}", store.hold(id).await.expect("holds are read"));
        let right = async |id| format!("{:?}", store.entitlement(id).await.expect("rights are read"));
        let link = async |id| format!("{:?}", store.link(id).await.expect("links are read"));
        match change {
            Change::InsertUser(row) | Change::UpdateUser { to: row, .. } => user(row.id).await,
            Change::InsertProduct(row) | Change::UpdateProduct { to: row, .. } => product(row.id).await,
            Change::InsertFile { file: row, .. } => file(row.id).await,
            Change::AdvanceUpload { id, .. } => {
                format!("{:?}", store.upload(*id).await.expect("uploads are read"))
            }
            Change::RemoveFile { id, .. } => file(*id).await,
            Change::InsertOrder(row) => order(row.id).await,
            Change::AdvanceOrder { id, .. } => order(*id).await,
            Change::InsertAttempt(row) | Change::AdvanceAttempt { to: row, .. } => {
                format!("{:?}", store.attempt(&row.reference).await.expect("attempts are read"))
            }
            // Balances and lines are read as a whole.
            Change::Post(_) | Change::Take { .. } => String::new(),
            Change::InsertHold(row) => hold(row.id).await,
            Change::ReleaseHold { id, .. } => hold(*id).await,
            Change::Grant(row) => right(row.id).await,
            Change::Revoke { id, .. } => right(*id).await,
            Change::IssueLink(row) => link(row.id).await,
            Change::ClaimLink { id, session, .. } => {
                let session = store.download_session(&session.token).await.expect("downloads are read");
                format!("{} {session:?}", link(*id).await)
            }
            Change::Enqueue(row) => format!("{:?}", store.job(row.id).await.expect("jobs are read")),
            Change::InsertNotice(row) => {
                format!("{:?}", store.notice(&row.key).await.expect("notices are read"))
            }
            Change::CloseNotice { key, .. } => {
                format!("{:?}", store.notice(key).await.expect("notices are read"))
            }
            Change::InsertRefund(row) | Change::AdvanceRefund { to: row, .. } => {
                format!("{:?}", store.refund(row.id).await.expect("refunds are read"))
            }
            Change::OpenReview(row) => {
                let mut reviews = store.reviews(Page::first(200)).await.expect("reviews are read");
                reviews.retain(|review| review.id == row.id || review.reference == row.reference);
                format!("{reviews:?}")
            }
            Change::CloseReview { id, .. } => {
                format!("{:?}", store.review(*id).await.expect("reviews are read"))
            }
        }
    }
}

/// What a store says of a defect is its own.
fn kind(outcome: Outcome) -> Outcome {
    if matches!(outcome, Outcome::Failed(_)) { Outcome::Failed(String::new()) } else { outcome }
}

/// The world after these sets, one by one in the memory store; and what became of the last one.
async fn one_by_one(world: &World, sets: impl Iterator<Item = &ChangeSet>) -> (Stage, Option<Outcome>) {
    let model = Stage::new(&MemoryHarness::default()).await;
    world.begin(&*model.store).await;
    let mut last = None;
    for set in sets {
        last = Some(kind(model.send(set).await));
    }
    (model, last)
}

/// An order in which one by one comes to these outcomes and rows.
async fn order(
    world: &World,
    sets: &[ChangeSet],
    outcomes: &[Outcome],
    rows: &BTreeSet<String>,
) -> Option<Vec<usize>> {
    let mut begun = vec![Vec::new()];
    while let Some(order) = begun.pop() {
        if order.len() == sets.len() {
            let (model, _) = one_by_one(world, order.iter().map(|number: &usize| &sets[*number])).await;
            if model.rows_of(world).await == *rows {
                return Some(order);
            }
        }
        for number in (0..sets.len()).rev().filter(|number| !order.contains(number)) {
            let longer = [&*order, &[number]].concat();
            let (_, last) = one_by_one(world, longer.iter().map(|number| &sets[*number])).await;
            if last.as_ref() == Some(&outcomes[number]) {
                begun.push(longer);
            }
        }
    }
    None
}

/// Random sets of one moment come to the same as one by one, in some order.
pub async fn as_one_by_one(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut seen = BTreeSet::new();
    for seed in 0..WORLDS {
        let world = World::new(100 + seed);
        world.begin(&*stage.store).await;
        let sets = Chance(u64::from(seed) * 7_919 + 1).sets(&world);
        let outcomes: Vec<_> = stage.race(sets.clone()).await.into_iter().map(kind).collect();
        let rows = stage.rows_of(&world).await;
        let order = order(&world, &sets, &outcomes, &rows).await;
        assert!(
            order.is_some(),
            "in world {seed}, no order of {sets:#?} comes to {outcomes:?} with these rows: {rows:#?}"
        );
        seen.extend(outcomes.into_iter().map(|outcome| format!("{outcome:?}")));
    }
    assert!(seen.len() >= 6, "the sets do not get in each other's way: {seen:?}");
}
