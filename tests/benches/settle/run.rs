//! Runs rounds of work: so many tasks, each item once, and what that took.

use super::{cost::Cost, table::Figures};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How much is measured.
pub struct Scale {
    /// How often ours and the ceiling take turns.
    pub rounds: usize,
    /// Units of a round with one task; more tasks do more.
    pub units: usize,
    pub sellers: usize,
    /// Only cells with so many tasks.
    pub only: Option<usize>,
    /// Entries of a small and of a large ledger.
    pub growth: (i64, i64),
}

impl Scale {
    pub const fn full() -> Self {
        Self { rounds: 5, units: 400, sellers: 1_000, only: None, growth: (100_000, 1_000_000) }
    }

    pub const fn smoke() -> Self {
        // Of fewer entries not everybody has sold something in a month.
        Self { rounds: 1, units: 20, sellers: 10, only: None, growth: (40_000, 80_000) }
    }

    /// The cells of a store: tasks at once, and whether all buy of one seller.
    pub fn cells(&self, all: &[(usize, bool)]) -> Vec<(usize, bool)> {
        all.iter().copied().filter(|(tasks, _)| self.only.is_none_or(|only| only == *tasks)).collect()
    }

    pub fn units_of(&self, tasks: usize) -> usize {
        self.units * tasks.min(8)
    }
}

/// One round: every item is worked on once, by so many tasks.
pub struct Round {
    pub times: Vec<Duration>,
    pub taken: Duration,
    pub cost: Cost,
}

pub async fn round<T, W, F>(items: Vec<T>, tasks: usize, postmaster: Option<u32>, work: W) -> Round
where
    T: Send + Sync + 'static,
    W: Fn(usize, Arc<Vec<T>>, usize) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let (items, next) = (Arc::new(items), Arc::new(AtomicUsize::new(0)));
    let before = Cost::so_far(postmaster);
    let start = Instant::now();
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let (items, next, work) = (Arc::clone(&items), Arc::clone(&next), work.clone());
        running.spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= items.len() {
                    return times;
                }
                let began = Instant::now();
                work(task, Arc::clone(&items), number).await;
                times.push(began.elapsed());
            }
        });
    }
    let times = running.join_all().await.concat();
    Round { times, taken: start.elapsed(), cost: Cost::so_far(postmaster).since(before) }
}

/// Several kinds of work in turns, so that what happens to the machine happens to all of them. The first turn warms up
/// and does not count.
pub async fn in_turns<const N: usize>(
    scale: &Scale,
    mut turn: impl AsyncFnMut() -> [Round; N],
) -> [Figures; N] {
    let mut rounds = [const { Vec::new() }; N];
    for number in 0..=scale.rounds {
        let turn = turn().await;
        if number > 0 {
            rounds.iter_mut().zip(turn).for_each(|(rounds, round)| rounds.push(round));
        }
    }
    rounds.map(|rounds| figures(&rounds))
}

/// What rounds came to together.
fn figures(rounds: &[Round]) -> Figures {
    let mut rates: Vec<f64> =
        rounds.iter().map(|round| round.times.len() as f64 / round.taken.as_secs_f64()).collect();
    rates.sort_by(f64::total_cmp);
    let mut times: Vec<Duration> = rounds.iter().flat_map(|round| round.times.iter().copied()).collect();
    times.sort();
    let cost = rounds.iter().map(|round| round.cost).reduce(Cost::plus).expect("there was a round");
    Figures {
        rate: rates[rates.len() / 2],
        p50: times[times.len() / 2],
        units: u32::try_from(times.len()).expect("not that many"),
        cost,
        trips: None,
    }
}
