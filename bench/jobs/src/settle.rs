//! What a job costs inside a settlement: the same sets with the three jobs that a sale has, and with none.

use crate::{Load, cpu::Cpu, ours::Bench};
use futures_util::{StreamExt as _, stream};
use marketplace_core::{
    Version,
    commit::{Change, ChangeSet, Commit as _},
    ledger::AccountKind,
    order::OrderState,
    payment::{Attempt, AttemptState},
};
use marketplace_testing::postgres::TestCluster;
use std::time::{Duration, Instant};

/// The jobs of a sale: a mail to the buyer, one to the creator, the release of what is held.
pub const JOBS: usize = 3;
/// How many settle at once.
const TOGETHER: usize = 64;

/// What one settlement took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// Microseconds of time.
    pub time: f64,
    /// Microseconds of processor time, here and in the server.
    pub cpu: f64,
}

/// Settles so many sales, each with so many jobs.
pub async fn settle(server: &TestCluster, load: Load, jobs: usize) -> Took {
    let bench = Bench::new(server, load).await;
    let sets = sales(&bench, load.settles, jobs).await;
    let (before, began) = (Cpu::now(server), Instant::now());
    let commits = sets.into_iter().map(|set| {
        let store = bench.store.clone();
        tokio::spawn(async move { store.commit(set).await.expect("it is settled") })
    });
    let settled = stream::iter(commits).buffer_unordered(TOGETHER).count().await;
    let (took, cpu) = (began.elapsed(), Cpu::now(server).since(before));
    bench.store.close().await;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / settled as f64;
    Took { time: each(took), cpu: each(cpu.own + cpu.server) }
}

/// Writes orders that wait for their money, and gives the sets that settle them.
async fn sales(bench: &Bench, count: usize, jobs: usize) -> Vec<ChangeSet> {
    let fixture = bench.shop.fixture();
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let base = vec![Change::InsertUser(creator.clone()), Change::InsertProduct(product.clone())];
    bench.store.commit(fixture.set(base)).await.expect("a shop");
    let mut sets = Vec::new();
    let mut rows = Vec::new();
    for _ in 0..count {
        let order = fixture.order(None, &[&product]);
        let attempt = fixture.attempt(&order);
        let (seen, at) = (Version::FIRST, fixture.tick());
        let to = Attempt { state: AttemptState::Succeeded, paid_at: Some(at), ..attempt.clone() };
        let mut changes = vec![
            Change::AdvanceOrder { id: order.id, seen, to: OrderState::Paid, at },
            Change::AdvanceAttempt { seen, to: Attempt { version: seen.next(), ..to } },
            Change::Post(fixture.credit(AccountKind::CreatorPending, creator.id, fixture.naira(225_000))),
            Change::InsertHold(fixture.hold(&order, creator.id, fixture.naira(225_000))),
            Change::Grant(fixture.entitlement(&order, &order.lines[0])),
        ];
        changes.extend((0..jobs).map(|_| Change::Enqueue(fixture.job())));
        sets.push(fixture.set(changes));
        rows.extend([Change::InsertOrder(order), Change::InsertAttempt(attempt)]);
    }
    for rows in rows.chunks(300) {
        bench.store.commit(fixture.set(rows.to_vec())).await.expect("orders are written");
    }
    sets
}
