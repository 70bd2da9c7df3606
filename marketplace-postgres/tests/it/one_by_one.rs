//! Sets that go together come to the same as one by one in some order: the same outcomes, the same rows. Whether they
//! go in bulk or as a list, how a group is put off, and in which order its sets are taken, is the store's affair.

use crate::harness::{database, options, stranger, until};
use futures_util::future::{join_all, maybe_done};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::{
        Version,
        commit::{Change, ChangeSet, Commit as _, CommitError, Committed},
        ledger::AccountKind,
        payment::AttemptState,
    },
    sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _, query, query_scalar},
};
use marketplace_testing::build::{Fixture, World};
use proptest::{
    collection::vec,
    prop_oneof,
    sample::Index,
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    iter,
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// An outcome, comparable.
fn word(answer: &Result<Committed, CommitError>) -> String {
    match answer {
        Ok(committed) => format!("{committed:?}"),
        Err(CommitError::Refused(refusal)) => format!("{refusal:?}"),
        Err(CommitError::Unavailable(source)) => format!("Unavailable: {source:?}"),
        Err(CommitError::Unknown(source)) => format!("Unknown: {source:?}"),
        Err(CommitError::Defect(_)) => "Defect".to_owned(),
    }
}

const APPLIED: &str = "Applied";

/// Every row of every table, as text. What a balance is summed up from, whether a limit of which nothing is taken has a
/// row, and at which place an event waits for its number, is no difference.
async fn dump(connection: &mut PgConnection) -> BTreeMap<String, Vec<String>> {
    const TABLES: &str = "SELECT tablename::TEXT FROM pg_tables WHERE tablename LIKE 'mkt\\_%'
        AND tablename NOT IN ('mkt_migrations', 'mkt_balances', 'mkt_unfolded', 'mkt_limits', 'mkt_untold')
        ORDER BY 1";
    const BALANCES: &str = "SELECT (owner, kind, currency, sum(minor))::TEXT FROM (
            SELECT owner, kind, currency, minor FROM mkt_balances
            UNION ALL SELECT owner, kind, currency, minor FROM mkt_unfolded) parts
        GROUP BY owner, kind, currency HAVING sum(minor) <> 0 ORDER BY 1";
    const LIMITS: &str = "SELECT l::TEXT FROM mkt_limits l WHERE used <> 0 ORDER BY 1";
    const UNTOLD: &str = "SELECT key FROM mkt_untold ORDER BY 1";
    let names: Vec<String> = query_scalar(TABLES).fetch_all(&mut *connection).await.unwrap();
    assert!(names.len() > 18, "all tables are there: {names:?}");
    let all = names.into_iter().map(|name| {
        let text = format!("SELECT t::TEXT FROM {name} t ORDER BY 1");
        (name, text)
    });
    let others = [("balances", BALANCES), ("limits", LIMITS), ("untold", UNTOLD)];
    let others = others.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let mut rows = BTreeMap::new();
    for (name, text) in all.chain(others) {
        rows.insert(name, query_scalar(AssertSqlSafe(text)).fetch_all(&mut *connection).await.unwrap());
    }
    rows
}

/// A store, and a way past it.
struct Side {
    store: PostgresStore,
    stranger: PgConnection,
}

impl Side {
    async fn on(url: &str) -> Self {
        let options = options(url).with_lanes(NonZeroU32::MIN);
        Self { store: PostgresStore::connect_with(options).await.unwrap(), stranger: stranger(url).await }
    }

    /// Sends the first set alone, and all others together. Gives the outcomes.
    async fn together(&mut self, sets: &[ChangeSet]) -> Vec<String> {
        const A_CALL_WAITS: &str = "SELECT count(*) = 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'";
        self.stranger.execute("BEGIN; LOCK TABLE mkt_decisions IN EXCLUSIVE MODE").await.unwrap();
        let commit = |set: &ChangeSet| Box::pin(maybe_done(self.store.commit(set.clone())));
        let mut commits: Vec<_> = sets.iter().map(commit).collect();
        // A commit stands in the queue from its first poll on, or is a defect at once.
        let mut begin = |from: usize, to: usize| {
            let context = &mut Context::from_waker(Waker::noop());
            let polled = commits[from..to].iter_mut().map(|commit| commit.as_mut().poll(context));
            polled.filter(Poll::is_pending).count()
        };
        assert_eq!(begin(0, 1), 1);
        until(&mut self.stranger, A_CALL_WAITS).await;
        let others = begin(1, sets.len());
        assert_eq!(self.store.waiting_commits(), others, "they wait for the one lane");
        self.stranger.execute("ROLLBACK").await.unwrap();
        join_all(commits.iter_mut().map(Pin::as_mut)).await;
        commits.iter_mut().map(|commit| word(&commit.as_mut().take_output().unwrap())).collect()
    }

    /// The keys of those sets that were applied, in their order. Each one of a list has a subtransaction of its own; those
    /// of a bulk share one, and do not meet. Where rows stand tells nothing: a row may take the place of one that was
    /// taken back.
    async fn order(&mut self, sets: &[ChangeSet]) -> Vec<String> {
        let keys: Vec<String> = sets.iter().map(|set| set.decision().key.as_str().to_owned()).collect();
        let order =
            query("SELECT key FROM mkt_decisions WHERE key = ANY ($1) ORDER BY xmin::TEXT::BIGINT, key")
                .bind(keys);
        order.fetch_all(&mut self.stranger).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Sends sets one by one: those that were applied in this order, and each other one at the first place where it
    /// comes to its outcome. Gives the numbers of those for which there is no such place.
    async fn one_by_one(&mut self, sets: &[ChangeSet], outcomes: &[String], order: &[String]) -> Vec<usize> {
        let mut tx = self.store.begin().await.unwrap();
        let mut left: Vec<usize> = (0..sets.len()).filter(|number| outcomes[*number] != APPLIED).collect();
        for place in 0..=order.len() {
            let mut still_left = Vec::new();
            for number in left {
                tx.execute("SAVEPOINT attempt").await.unwrap();
                let answer = word(&self.store.commit_in(&mut tx, &sets[number]).await);
                if answer != outcomes[number] {
                    still_left.push(number);
                    tx.execute("ROLLBACK TO attempt").await.unwrap();
                }
            }
            left = still_left;
            let Some(key) = order.get(place) else { break };
            let is_next = |(set, outcome): &(&ChangeSet, &String)| {
                set.decision().key.as_str() == key && *outcome == APPLIED
            };
            let next: Vec<_> = sets.iter().zip(outcomes).filter(is_next).collect();
            assert_eq!(next.len(), 1, "one set of the key {key} was applied");
            let answer = word(&self.store.commit_in(&mut tx, next[0].0).await);
            assert_eq!(answer, APPLIED, "one by one, at place {place} of {order:?}: {:?}", next[0].0);
        }
        tx.commit().await.unwrap();
        left
    }
}

/// Plain changes that meet no other one, so that some groups go through in bulk.
fn friendly(seed: u32, world: &World) -> Vec<Change> {
    let fixture = Fixture::new(seed);
    let credit = || fixture.credit(AccountKind::CreatorAvailable, world.creator, fixture.naira(7));
    (0..40).map(|_| Change::Enqueue(fixture.job())).chain((0..40).map(|_| Change::Post(credit()))).collect()
}

/// Whether the change can go in bulk: most of them only meet others there.
fn is_plain(change: &Change) -> bool {
    match change {
        Change::Enqueue(job) => job.unique.is_none(),
        Change::AdvanceOrder { .. }
        | Change::AdvanceAttempt { .. }
        | Change::InsertHold(_)
        | Change::Grant(_)
        | Change::InsertNotice(_)
        | Change::CloseNotice { .. } => true,
        _ => false,
    }
}

/// What a set is made of.
#[derive(Debug, Clone)]
enum Pick {
    Friendly(Index),
    Plain(Index),
    Any(Index),
}

fn pick() -> impl Strategy<Value = Vec<Pick>> {
    let index = proptest::arbitrary::any::<Index>;
    let friendly = vec(index().prop_map(Pick::Friendly), 1..4);
    let plain = vec(prop_oneof![index().prop_map(Pick::Friendly), index().prop_map(Pick::Plain)], 1..4);
    let any = vec(index().prop_map(Pick::Any), 0..4);
    prop_oneof![friendly, plain, any]
}

#[test]
fn together_is_one_by_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (databases, sides) = runtime.block_on(async {
        let databases = [database().await, database().await];
        let sides = [Side::on(&databases[0].url()).await, Side::on(&databases[1].url()).await];
        (databases, sides)
    });
    let sides = RefCell::new(sides);
    // Each case has a world of its own, in the same two databases.
    let worlds = RefCell::new(1_000_u32..);
    // Which outcomes there were, and how often.
    let seen = RefCell::new(BTreeMap::<String, usize>::new());
    let picks = vec((0..30_u8, 0..8_u8, pick()), 2..=24);
    // Not made smaller: after a failure the two databases differ.
    let config = Config { cases: 90, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng).run(&picks, |picks| {
        let number = worlds.borrow_mut().next().unwrap();
        let world = World::new(number);
        let friendly = friendly(number + 1_000_000, &world);
        let plain: Vec<_> = world.changes.iter().filter(|change| is_plain(change)).cloned().collect();
        let all = [&*world.changes, &*world.defective].concat();
        let change = |pick: &Pick| match pick {
            Pick::Friendly(index) => index.get(&friendly).clone(),
            Pick::Plain(index) => index.get(&plain).clone(),
            Pick::Any(index) => index.get(&all).clone(),
        };
        let others = picks
            .iter()
            .map(|(key, input, changes)| world.set(*key, *input, changes.iter().map(change).collect()));
        let first = world.set(u8::MAX, 1, vec![Change::Enqueue(Fixture::new(number + 2_000_000).job())]);
        let sets: Vec<_> = iter::once(first).chain(others).collect();
        let [grouped, alone] = &mut *sides.borrow_mut();
        runtime.block_on(async {
            world.begin(&grouped.store).await;
            world.begin(&alone.store).await;
            let outcomes = grouped.together(&sets).await;
            let order = grouped.order(&sets).await;
            let left = alone.one_by_one(&sets, &outcomes, &order).await;
            if let Some(number) = left.first() {
                let (outcome, set) = (&outcomes[*number], &sets[*number]);
                let applied = format!("applied were {order:?}");
                return Err(TestCaseError::fail(format!(
                    "nowhere {outcome}, one by one; {applied}: {set:?}"
                )));
            }
            proptest::prop_assert_eq!(dump(&mut grouped.stranger).await, dump(&mut alone.stranger).await);
            for word in outcomes {
                *seen.borrow_mut().entry(word).or_default() += 1;
            }
            Ok(())
        })
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    for outcome in
        ["Applied", "Replayed", "Stale", "BelowFloor", "LimitReached", "Taken", "KeyReused", "Defect"]
    {
        assert!(seen.get(outcome).is_some_and(|count| *count >= 3), "too few are {outcome}: {seen:?}");
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
    runtime.block_on(async {
        for side in sides.into_inner() {
            side.store.close().await;
        }
        drop(databases);
    });
}

/// In which order a set changes two rows that exclude each other is no matter of how it is sent: an attempt opens
/// again after the other one was closed, not before.
#[tokio::test]
async fn the_order_within_a_set_counts() {
    let database = database().await;
    let side = Side::on(&database.url()).await;
    let fixture = Fixture::new(1);
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let mut base = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
    let mut sets = Vec::new();
    // References as they come, and the other way round: no order of the rows' own may decide.
    for number in 0..8 {
        let order = fixture.order(None, &[&product]);
        let mut two = [fixture.attempt(&order), fixture.attempt(&order)];
        two.sort_by_key(|attempt| attempt.reference.clone());
        if number % 2 == 1 {
            two.reverse();
        }
        let [mut open, mut failed] = two;
        (open.state, failed.state) = (AttemptState::Pending, AttemptState::Failed);
        base.extend([Change::InsertOrder(order), Change::InsertAttempt(open.clone())]);
        base.push(Change::InsertAttempt(failed.clone()));
        let seen = Version::FIRST;
        (open.state, failed.state) = (AttemptState::Failed, AttemptState::Pending);
        (open.version, failed.version) = (seen.next(), seen.next());
        let closes = Change::AdvanceAttempt { seen, to: open };
        let opens = Change::AdvanceAttempt { seen, to: failed };
        sets.push(if number % 4 < 2 {
            (vec![opens, closes], "Taken")
        } else {
            (vec![closes, opens], APPLIED)
        });
    }
    assert_eq!(word(&side.store.commit(fixture.set(base)).await), APPLIED);
    for (changes, expected) in sets {
        let set = fixture.set(changes);
        assert_eq!(word(&side.store.commit(set.clone()).await), expected, "{set:?}");
    }
    side.store.close().await;
}
