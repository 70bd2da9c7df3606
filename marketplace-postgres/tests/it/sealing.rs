//! Sealing beside sales and debits of the same creators: it moves credits into balances, and is in nobody's way.

use crate::harness::{database, host_pool, own_store, sending, stranger, until, word};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::{
        commit::Change,
        error::StoreError,
        identity::User,
        ledger::{AccountKind, Audit as _, JournalEntry, Ledger as _, chain},
    },
    sqlx::{query, query_scalar},
};
use marketplace_testing::{build::Fixture, postgres::TestDatabase};
use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::JoinSet;

const AVAILABLE: AccountKind = AccountKind::CreatorAvailable;
const RESERVED: AccountKind = AccountKind::CreatorReserved;

/// Chains so many entries of the tail; `false` if another sealer did.
async fn seal(store: &PostgresStore, most: u32) -> Result<bool, StoreError> {
    let mut last = store.last_seal().await?;
    let mut seals = Vec::new();
    for entry in store.unsealed(None, most).await? {
        last = Some(chain(last.as_ref(), &entry));
        seals.extend(last.clone());
    }
    store.append_seals(seals).await
}

/// Creators whose money moves.
struct Wallets {
    database: TestDatabase,
    store: PostgresStore,
    fixture: Arc<Fixture>,
    creators: Vec<User>,
}

impl Wallets {
    async fn open(creators: usize) -> Self {
        let database = database().await;
        let store = own_store(&database.url()).await;
        let fixture = Arc::new(Fixture::new(1));
        let creators: Vec<_> = iter::repeat_with(|| fixture.creator()).take(creators).collect();
        let users = creators.iter().cloned().map(Change::InsertUser).collect();
        assert_eq!(word(&store, &fixture.set(users)).await, "applied");
        Self { database, store, fixture, creators }
    }

    fn credit(&self, creator: usize, kobo: i64) -> JournalEntry {
        self.fixture.credit(AVAILABLE, self.creators[creator].id, self.fixture.naira(kobo))
    }

    fn debit(&self, creator: usize, kobo: i64) -> JournalEntry {
        self.fixture.debit(AVAILABLE, self.creators[creator].id, self.fixture.naira(kobo))
    }

    async fn post(&self, entry: JournalEntry) {
        assert_eq!(word(&self.store, &self.fixture.set(vec![Change::Post(entry)])).await, "applied");
    }

    async fn available(&self, creator: usize) -> i64 {
        let balances = self.store.balances_of(self.creators[creator].id).await.unwrap();
        balances
            .iter()
            .filter(|balance| balance.kind == AVAILABLE)
            .map(|balance| balance.amount.minor())
            .sum()
    }

    /// How many credits of a creator are in no balance yet.
    async fn unfolded(&self, creator: usize) -> i64 {
        let count = query_scalar("SELECT count(*) FROM mkt_unfolded WHERE owner = $1");
        let mut looker = stranger(&self.database.url()).await;
        count.bind(self.creators[creator].id.uuid()).fetch_one(&mut looker).await.unwrap()
    }

    async fn expect_sums(&self) {
        assert_eq!(self.store.imbalances(10).await.unwrap(), []);
        assert_eq!(self.store.misfolded(10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn sealing_moves_credits_into_balances() {
    let shop = Wallets::open(2).await;
    for creator in [0, 1, 0, 0] {
        shop.post(shop.credit(creator, 100)).await;
    }
    let debt = shop.fixture.debit(AccountKind::CreatorDebt, shop.creators[1].id, shop.fixture.naira(7));
    shop.post(debt).await;
    assert!(seal(&shop.store, 2).await.unwrap());
    assert_eq!(shop.unfolded(1).await, 1, "a debt has no floor, and is not folded");
    assert!(seal(&shop.store, 10).await.unwrap());
    assert_eq!((shop.unfolded(0).await, shop.unfolded(1).await), (0, 1));
    shop.post(shop.debit(0, 300)).await;
    assert_eq!((shop.available(0).await, shop.available(1).await), (0, 100));
    shop.expect_sums().await;
}

#[tokio::test]
async fn what_does_not_fit_a_balance_does_not_stop_the_chain() {
    let shop = Wallets::open(1).await;
    for kobo in [i64::MAX, 5, i64::MAX] {
        shop.post(shop.credit(0, kobo)).await;
        assert!(seal(&shop.store, 10).await.unwrap());
    }
    assert_eq!(shop.unfolded(0).await, 2);
    assert!(shop.store.unsealed(None, 1).await.unwrap().is_empty());
}

/// A debit that is under way holds its account, and its first one makes the row: sealing passes by both.
#[tokio::test]
async fn sealing_waits_for_no_debit() {
    let shop = Wallets::open(2).await;
    for round in 0..3 {
        shop.post(shop.credit(0, 100)).await;
        shop.post(shop.credit(1, 100)).await;
        let mut host = shop.store.begin().await.unwrap();
        let set = shop.fixture.set(vec![Change::Post(shop.debit(0, 30))]);
        shop.store.commit_in(&mut host, &set).await.unwrap();
        assert!(seal(&shop.store, 10).await.unwrap(), "round {round}");
        if round > 0 {
            assert_eq!(shop.unfolded(1).await, 0, "the other account is folded");
        }
        // Nobody has waited for the host's transaction, and a reader sees the moment before it.
        let before = shop.available(0).await;
        if round == 1 { host.rollback().await } else { host.commit().await }.unwrap();
        let paid = if round == 1 { 0 } else { 30 };
        assert_eq!(shop.available(0).await, before - paid);
        shop.expect_sums().await;
    }
    shop.post(shop.credit(0, 1)).await;
    assert!(seal(&shop.store, 10).await.unwrap());
    assert_eq!(
        (shop.unfolded(0).await, shop.unfolded(1).await),
        (0, 0),
        "what was left is folded with what comes"
    );
    assert_eq!((shop.available(0).await, shop.available(1).await), (241, 300));
}

/// While a sealing is under way, sales go on, and a debit waits for it and then sees what it moved.
#[tokio::test]
async fn a_sale_waits_for_no_sealing_and_a_debit_does() {
    let shop = Wallets::open(1).await;
    shop.post(shop.credit(0, 100)).await;
    let seals: Vec<_> =
        shop.store.unsealed(None, 10).await.unwrap().iter().map(|entry| chain(None, entry)).collect();
    let open = query("SELECT mkt_open_balances($1)").bind(vec![seals[0].entry.uuid()]);
    let mut looker = stranger(&shop.database.url()).await;
    open.execute(&mut looker).await.unwrap();
    let mut sealer = shop.store.begin().await.unwrap();
    let append = query("SELECT mkt_append_seals($1, $2, $3)")
        .bind(vec![1_i64])
        .bind(vec![seals[0].entry.uuid()])
        .bind(vec![seals[0].hash.to_vec()]);
    append.execute(&mut *sealer).await.unwrap();
    shop.post(shop.credit(0, 10)).await;
    assert_eq!(shop.available(0).await, 110);
    let debit = sending(&shop.store, &shop.fixture.set(vec![Change::Post(shop.debit(0, 105))]));
    until(
        &mut looker,
        "SELECT count(*) = 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mkt_commit%'",
    )
    .await;
    shop.post(shop.credit(0, 1)).await;
    sealer.commit().await.unwrap();
    assert_eq!(debit.await.unwrap(), "applied");
    assert_eq!(shop.available(0).await, 6);
    shop.expect_sums().await;
}

const CREATORS: usize = 4;
const ROUNDS: usize = 60;

/// Sends a set until a slow machine has time for it, and tells whether it was applied.
async fn paid(store: &PostgresStore, fixture: &Fixture, changes: Vec<Change>) -> bool {
    let set = fixture.set(changes);
    for _ in 0..50 {
        match word(store, &set).await {
            "applied" | "replayed" => return true,
            "below floor" => return false,
            "unavailable" => {}
            other => panic!("{other}"),
        }
    }
    panic!("never applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_beside_sales_and_debits_never_locks_anybody_out() {
    let shop = Arc::new(Wallets::open(CREATORS).await);
    let url = shop.database.url();
    let pool = host_pool(&url).await;
    let stores = [shop.store.clone(), own_store(&url).await, PostgresStore::from_pool(pool.clone())];
    let over = Arc::new(AtomicBool::new(false));
    let mut sealers = JoinSet::new();
    for store in stores.clone() {
        let over = Arc::clone(&over);
        sealers.spawn(async move {
            let mut appended = 0;
            while !over.load(Ordering::Relaxed) {
                // Two sealers race for a number. A slow machine may have no connection; deadlocks are counted below.
                appended += u64::from(seal(&store, 9).await.unwrap_or(false));
            }
            appended
        });
    }
    let mut tasks = JoinSet::new();
    for task in 0..6 {
        let (shop, store) = (Arc::clone(&shop), stores[task % 3].clone());
        tasks.spawn(async move {
            let mut moved = [0_i64; CREATORS];
            for round in 0..ROUNDS {
                let fixture = &shop.fixture;
                // Two accounts, in either order.
                let mut two = [(round + task) % CREATORS, (round + task + 1 + round % 3) % CREATORS];
                if round % 2 == 0 {
                    two.reverse();
                }
                if task < 3 {
                    let credits = two.map(|creator| Change::Post(shop.credit(creator, 100))).to_vec();
                    assert!(paid(&store, fixture, credits).await);
                    for creator in two {
                        moved[creator] += 100;
                    }
                } else {
                    let mut debits = two.map(|creator| Change::Post(shop.debit(creator, 40))).to_vec();
                    let back = fixture.naira(15);
                    let to_reserve = fixture.transfer(AVAILABLE, RESERVED, shop.creators[two[0]].id, back);
                    debits.push(Change::Post(to_reserve));
                    if paid(&store, fixture, debits).await {
                        for creator in two {
                            moved[creator] -= 40;
                        }
                        moved[two[0]] -= 15;
                    }
                }
            }
            moved
        });
    }
    let moved = tasks.join_all().await;
    over.store(true, Ordering::Relaxed);
    let appended: u64 = sealers.join_all().await.into_iter().sum();
    assert!(appended > 0);
    // One more credit of each, now that nobody holds a row: what was passed by goes with it.
    for creator in 0..CREATORS {
        shop.post(shop.credit(creator, 1)).await;
        let reserve = shop.fixture.credit(RESERVED, shop.creators[creator].id, shop.fixture.naira(1));
        shop.post(reserve).await;
    }
    while !shop.store.unsealed(None, 1).await.unwrap().is_empty() {
        assert!(seal(&shop.store, 500).await.unwrap());
    }
    for creator in 0..CREATORS {
        let sum: i64 = moved.iter().map(|moved| moved[creator]).sum();
        assert_eq!(shop.available(creator).await, sum + 1);
        assert_eq!(shop.unfolded(creator).await, 0);
    }
    shop.expect_sums().await;
    for store in &stores {
        store.close().await;
    }
    pool.close().await;
    let mut looker = stranger(&url).await;
    until(&mut looker, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()").await;
    let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks: i64 = query_scalar(counted).fetch_one(&mut looker).await.unwrap();
    assert_eq!(deadlocks, 0);
}
