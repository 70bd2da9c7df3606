//! Many sales of the same creators at once, their lines in opposing orders: the order of locks is one for all, so none
//! waits for another in a circle.

use crate::harness::{database, host_pool, options, own_store, sending, stranger, until, word};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::{
        Version,
        catalog::Product,
        commit::{Change, ChangeSet, Commit as _, CommitError, Committed, LimitKey},
        error::Source,
        identity::User,
        ledger::{Account, AccountKind, Audit as _, EntryKind, Ledger as _},
        money::Money,
        order::{Order, OrderState},
        payment::{Attempt, AttemptState},
    },
    sqlx::{Executor as _, PgPool, query, query_scalar},
};
use marketplace_testing::{build::Fixture, postgres::TestDatabase};
use std::{iter, sync::Arc};
use tokio::task::JoinSet;

/// Few, so that every two sales have one in common.
const CREATORS: usize = 4;
const SALES: usize = 96;

/// What each line brings its creator.
const NET: i64 = 900;

/// How a set reaches the database.
#[derive(Debug, Clone)]
enum Way {
    /// The store's port: with others in one call, or alone.
    Port(PostgresStore),
    /// A transaction of the host's.
    Host(PostgresStore),
}

impl Way {
    /// Sends a set, again where a slow machine made it wait too long for its rows or for a connection.
    async fn send(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.send_once(&set).await {
                Err(CommitError::Unavailable(source)) if tries < 20 && is_slow(&source) => {}
                settled => return settled,
            }
        }
    }

    async fn send_once(&self, set: &ChangeSet) -> Result<Committed, CommitError> {
        match self {
            Self::Port(store) => store.commit(set.clone()).await,
            Self::Host(store) => {
                let mut tx = match store.begin().await {
                    Ok(tx) => tx,
                    Err(error) => return Err(CommitError::Unavailable(error.into())),
                };
                let answer = store.commit_in(&mut tx, set).await;
                let ended = if answer.is_ok() { tx.commit().await } else { tx.rollback().await };
                ended.unwrap();
                answer
            }
        }
    }
}

fn is_slow(source: &Source) -> bool {
    let told = format!("{source:?}");
    ["55P03", "PoolTimedOut"].iter().any(|word| told.contains(word))
}

struct Market {
    database: TestDatabase,
    pool: PgPool,
    ways: Vec<Way>,
    fixture: Arc<Fixture>,
    creators: Vec<User>,
    sales: Vec<(Order, Attempt)>,
}

impl Market {
    async fn open() -> Self {
        let database = database().await;
        let url = database.url();
        let (node, other) = (own_store(&url).await, own_store(&url).await);
        let pool = host_pool(&url).await;
        let shared = PostgresStore::from_pool(pool.clone());
        let fixture = Arc::new(Fixture::new(1));
        let creators: Vec<_> = iter::repeat_with(|| fixture.creator()).take(CREATORS).collect();
        let products: Vec<_> = creators.iter().map(|creator| fixture.product(creator)).collect();
        let users = creators.iter().cloned().map(Change::InsertUser);
        let changes = users.chain(products.iter().cloned().map(Change::InsertProduct)).collect();
        let ways = vec![Way::Port(node.clone()), Way::Port(other), Way::Port(shared), Way::Host(node)];
        ways[0].send(fixture.set(changes)).await.unwrap();
        let mut sales = Vec::new();
        for number in 0..SALES {
            // Every rotation, forwards and backwards.
            let mut cart: Vec<_> = products.iter().collect();
            cart.rotate_left(number % CREATORS);
            if number.is_multiple_of(2) {
                cart.reverse();
            }
            let order = fixture.order(None, &cart);
            let attempt = fixture.attempt(&order);
            let placed = vec![Change::InsertOrder(order.clone()), Change::InsertAttempt(attempt.clone())];
            ways[0].send(fixture.set(placed)).await.unwrap();
            sales.push((order, attempt));
        }
        Self { database, pool, ways, fixture, creators, sales }
    }

    /// Everything that ever happens to a sale, each step by another way.
    async fn go_through(ways: Vec<Way>, fixture: Arc<Fixture>, order: Order, attempt: Attempt, first: usize) {
        for (number, set) in steps(&fixture, &order, &attempt).into_iter().enumerate() {
            let name = set.decision().key.clone();
            let sent = ways[(first + number) % ways.len()].send(set).await;
            assert!(matches!(sent, Ok(Committed::Applied)), "{name}: {sent:?}");
        }
    }

    /// Closes all stores, so that the server has counted everything, and gives its number of deadlocks.
    async fn deadlocks(&self) -> i64 {
        for way in &self.ways {
            let (Way::Port(store) | Way::Host(store)) = way;
            store.close().await;
        }
        self.pool.close().await;
        let mut looker = stranger(&self.database.url()).await;
        until(&mut looker, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()")
            .await;
        let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        query_scalar(counted).fetch_one(&mut looker).await.unwrap()
    }
}

/// Settled, released creator by creator, and paid out again, all in the order of its lines.
fn steps(fixture: &Fixture, order: &Order, attempt: &Attempt) -> Vec<ChangeSet> {
    let (net, out) = (fixture.naira(NET), fixture.naira(-NET));
    let of = |kind: AccountKind, amount: Money| -> Vec<(Account, Money)> {
        order.lines.iter().map(|line| (fixture.account(kind, line.creator), amount)).collect()
    };
    let clearing = fixture.platform(AccountKind::GatewayClearing);
    let all = NET * i64::try_from(order.lines.len()).unwrap();
    let paid = Attempt {
        state: AttemptState::Succeeded,
        paid_at: Some(fixture.tick()),
        version: Version::FIRST.next(),
        ..attempt.clone()
    };
    let mut lines = of(AccountKind::CreatorPending, net);
    lines.push((clearing, fixture.naira(-all)));
    let mut settled = vec![
        Change::AdvanceAttempt { seen: Version::FIRST, to: paid },
        Change::AdvanceOrder { id: order.id, seen: Version::FIRST, to: OrderState::Paid, at: fixture.tick() },
        Change::Post(fixture.entry(EntryKind::Sale, Some(order.id), &lines)),
    ];
    let holds: Vec<_> = order.lines.iter().map(|line| fixture.hold(order, line.creator, net)).collect();
    settled.extend(holds.iter().cloned().map(Change::InsertHold));
    settled.extend(order.lines.iter().map(|line| Change::Grant(fixture.entitlement(order, line))));
    // A counter that all share, beside one of each creator.
    let counters = order.lines.iter().map(|line| LimitKey::new("sold", line.creator));
    let take = |limit| Change::Take { limit, units: 1, cap: i64::MAX };
    settled.extend(counters.chain([LimitKey::new("sold", "all")]).map(take));
    let mut steps = vec![fixture.set(settled)];

    // Two creators' holds in one set, as one call for two sets would release them.
    for pair in order.lines.chunks(2).zip(holds.chunks(2)) {
        let released = pair.0.iter().zip(pair.1).flat_map(|(line, hold)| {
            let (from, to) = (AccountKind::CreatorPending, AccountKind::CreatorAvailable);
            let moved = Change::Post(fixture.transfer(from, to, line.creator, net));
            [Change::ReleaseHold { id: hold.id, at: hold.releases_at }, moved]
        });
        steps.push(fixture.set(released.collect()));
    }

    let mut lines = of(AccountKind::CreatorAvailable, out);
    lines.push((clearing, fixture.naira(all)));
    steps.push(fixture.set(vec![Change::Post(fixture.entry(EntryKind::Release, Some(order.id), &lines))]));
    steps
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_of_the_same_creators_never_lock_each_other_out() {
    let market = Market::open().await;
    let mut sales = JoinSet::new();
    for (number, (order, attempt)) in market.sales.iter().cloned().enumerate() {
        sales.spawn(Market::go_through(
            market.ways.clone(),
            Arc::clone(&market.fixture),
            order,
            attempt,
            number / 2,
        ));
    }
    sales.join_all().await;
    let looker = own_store(&market.database.url()).await;
    for creator in &market.creators {
        for balance in looker.balances_of(creator.id).await.unwrap() {
            assert_eq!(balance.amount.minor(), 0, "{balance:?}: everything went through");
        }
    }
    assert_eq!(looker.imbalances(10).await.unwrap(), []);
    looker.close().await;
    assert_eq!(market.deadlocks().await, 0);
}

/// The control: the same load finds deadlocks as soon as each set locks its rows as it comes to them.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_order_of_locks_this_load_finds_deadlocks() {
    let market = Market::open().await;
    let unordered =
        "CREATE OR REPLACE FUNCTION mkt_lock(locks JSONB, wait BOOLEAN) RETURNS TEXT[] LANGUAGE sql
        AS 'SELECT ''{}''::TEXT[]'";
    stranger(&market.database.url()).await.execute(unordered).await.unwrap();
    let mut sales = JoinSet::new();
    for (number, (order, attempt)) in market.sales.iter().cloned().enumerate() {
        let (ways, fixture) = (market.ways.clone(), Arc::clone(&market.fixture));
        sales.spawn(async move {
            for (step, set) in steps(&fixture, &order, &attempt).into_iter().enumerate() {
                // What it comes to does not matter here.
                let _ = ways[(number / 2 + step) % ways.len()].send(set).await;
            }
        });
    }
    sales.join_all().await;
    assert_ne!(market.deadlocks().await, 0);
}

const A_CALL_WAITS: &str = "SELECT count(*) = 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'";

/// The first take of a limit makes its row, which locks it: that happens in its place, before the rows that come later.
#[tokio::test]
async fn a_new_limit_is_locked_before_products() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let creator = fixture.creator();
    let product = fixture.product(&creator);
    let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
    assert_eq!(word(&store, &fixture.set(changes)).await, "applied");
    let take = Change::Take { limit: LimitKey::new("test", "new"), units: 1, cap: 10 };
    let mut host = store.begin().await.unwrap();
    store.commit_in(&mut host, &fixture.set(vec![take.clone()])).await.unwrap();

    let to = Product { version: product.version.next(), ..product.clone() };
    let set = fixture.set(vec![Change::UpdateProduct { seen: product.version, to }, take]);
    let waiting = sending(&store, &set);
    let mut looker = stranger(&database.url()).await;
    until(&mut looker, A_CALL_WAITS).await;
    let free = query("SELECT FROM mkt_products WHERE id = $1 FOR UPDATE NOWAIT").bind(product.id.uuid());
    free.execute(&mut looker).await.expect("the product is locked after the limit");
    host.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), "applied");
}

/// A host's own code may lock our rows in an order of its own: then one of both is told to try again.
#[tokio::test]
async fn a_stranger_who_locks_the_other_way_round_costs_a_try() {
    let database = database().await;
    let mut options = options(&database.url());
    // The server looks for a circle once, this long after the wait began: nearly as late as the wait is given up.
    options.address = options.address.options([("deadlock_timeout", "1800ms")]);
    let store = PostgresStore::connect_with(options).await.unwrap();
    let fixture = Fixture::new(1);
    let product = {
        let creator = fixture.creator();
        let product = fixture.product(&creator);
        let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
        assert_eq!(word(&store, &fixture.set(changes)).await, "applied");
        product
    };
    let way = Way::Port(store.clone());
    let mut stranger = stranger(&database.url()).await;
    stranger.execute("SET deadlock_timeout = '1h'").await.unwrap();
    let mut looker = crate::harness::stranger(&database.url()).await;
    // A machine that stands still may miss the moment.
    for _ in 0..10 {
        let mut orders = [fixture.order(None, &[&product]), fixture.order(None, &[&product])];
        orders.sort_by_key(|order| order.id);
        let changes = orders.iter().cloned().map(Change::InsertOrder).collect();
        assert_eq!(word(&store, &fixture.set(changes)).await, "applied");
        let at = fixture.tick();
        let pay = |order: &Order| Change::AdvanceOrder {
            id: order.id,
            seen: Version::FIRST,
            to: OrderState::Paid,
            at,
        };
        let set = fixture.set(orders.iter().map(pay).collect());
        let lock = "SELECT FROM mkt_orders WHERE id = $1 FOR UPDATE";
        stranger.execute("BEGIN").await.unwrap();
        query(lock).bind(orders[1].id.uuid()).execute(&mut stranger).await.unwrap();
        let crossing = async {
            until(&mut looker, A_CALL_WAITS).await;
            query(lock).bind(orders[0].id.uuid()).execute(&mut stranger).await.unwrap();
        };
        let (answer, ()) = tokio::join!(way.send_once(&set), crossing);
        let Err(CommitError::Unavailable(source)) = answer else { panic!("{answer:?}") };
        stranger.execute("ROLLBACK").await.unwrap();
        assert_eq!(word(&store, &set).await, "applied", "nothing had been written");
        if format!("{source:?}").contains("40P01") {
            return;
        }
    }
    panic!("the server never found the circle");
}
