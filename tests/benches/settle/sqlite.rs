//! Settlements on SQLite: ours and the ceiling in turns, each on a file of its own on one disk.
//!
//! The ceiling is what anybody would write by hand: a schema with one key per table, and two transactions per unit, each
//! of prepared statements, on one connection that all tasks share.

use super::{
    run::{Round, Scale, in_turns, round},
    shop::{Shop, Webhook, units},
    table::{self, Figures},
};
use marketplace_sqlite::{SqliteOptions, SqliteStore};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Mutex;

const SCHEMA: &str = "
CREATE TABLE raw_decisions (key TEXT PRIMARY KEY, name TEXT, hash BLOB, at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_notices (key TEXT PRIMARY KEY, body BLOB, at INTEGER, closed_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_jobs (id BLOB PRIMARY KEY, kind TEXT, payload TEXT, run_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_orders (id BLOB PRIMARY KEY, state TEXT, paid_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_attempts (reference TEXT PRIMARY KEY, order_id BLOB, amount INTEGER, state TEXT, gateway_id TEXT,
    paid_at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_entries (id BLOB PRIMARY KEY, kind TEXT, cause TEXT, order_id BLOB, at INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE raw_unsealed (entry_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE raw_lines (entry_id BLOB, owner BLOB, kind TEXT, currency TEXT, minor INTEGER, PRIMARY KEY (entry_id, kind))
    STRICT, WITHOUT ROWID;
CREATE TABLE raw_unfolded (owner BLOB, entry_id BLOB, minor INTEGER, PRIMARY KEY (owner, entry_id)) STRICT, WITHOUT ROWID;
CREATE TABLE raw_holds (id BLOB PRIMARY KEY, creator_id BLOB, order_id BLOB, minor INTEGER, releases_at INTEGER)
    STRICT, WITHOUT ROWID;
CREATE TABLE raw_entitlements (id BLOB PRIMARY KEY, order_id BLOB, product_id BLOB, email TEXT, at INTEGER)
    STRICT, WITHOUT ROWID;
";

/// As long as a webhook of the measured kind.
const BODY: usize = 480;

/// The two transactions of a unit. `?1` is its number as text, `?2` to `?12` its ids.
const RECEIVE: [&str; 3] = [
    "INSERT INTO raw_decisions VALUES ('notice:' || ?1, 'receive', x'00', 1)",
    "INSERT INTO raw_notices VALUES (?1, ?2, 1, NULL)",
    "INSERT INTO raw_jobs VALUES (?3, 'notice.process', '{}', 1)",
];
const SETTLE: [&str; 15] = [
    "INSERT INTO raw_decisions VALUES ('settle:' || ?1, 'settle', x'00', 1)",
    "UPDATE raw_attempts SET state = 'succeeded', gateway_id = '302961', paid_at = 1 WHERE reference = ?1",
    "UPDATE raw_orders SET state = 'paid', paid_at = 1 WHERE id = ?2",
    "INSERT INTO raw_entries VALUES (?3, 'sale', 'sale:' || ?1, ?2, 1)",
    "INSERT INTO raw_unsealed VALUES (?3)",
    "INSERT INTO raw_lines VALUES (?3, NULL, 'clearing', 'NGN', -246250)",
    "INSERT INTO raw_lines VALUES (?3, NULL, 'fees', 'NGN', -3750)",
    "INSERT INTO raw_lines VALUES (?3, NULL, 'revenue', 'NGN', 25000)",
    "INSERT INTO raw_lines VALUES (?3, ?4, 'pending', 'NGN', 225000)",
    "INSERT INTO raw_unfolded VALUES (?4, ?3, 225000)",
    "INSERT INTO raw_holds VALUES (?5, ?4, ?2, 225000, 86400000001)",
    "INSERT INTO raw_entitlements VALUES (?6, ?2, ?7, 'buyer@example.com', 1)",
    "INSERT INTO raw_jobs VALUES (?8, 'hold.release', '{}', 1), (?9, 'mail.purchase', '{}', 1)",
    "INSERT INTO raw_jobs VALUES (?10, 'mail.sold', '{}', 1)",
    "UPDATE raw_notices SET closed_at = 1 WHERE key = ?1",
];

/// The settlements of SQLite.
pub async fn run(scale: &Scale) {
    for (tasks, hot) in
        scale.cells(&[(1, false), (8, false), (8, true), (32, false), (32, true), (64, false)])
    {
        let (ceiling, ours) = cell(scale, tasks, hot).await;
        table::line(&table::cell("SQLite", tasks, hot), &ceiling, &ours);
    }
}

async fn cell(scale: &Scale, tasks: usize, hot: bool) -> (Figures, Figures) {
    let folder = tempfile::tempdir().expect("there is a disk");
    let options = SqliteOptions::new(folder.path().join("market.db"));
    let store = SqliteStore::connect_with(options).await.expect("the store opens");
    store.migrate().await.expect("the schema is made");
    let shop = Arc::new(Shop::open(Arc::new(store.clone()), scale.sellers).await);
    let count = scale.units_of(tasks);
    let mut batches: Vec<Vec<Webhook>> = Vec::new();
    for _ in 0..=scale.rounds {
        batches.push(shop.webhooks(count, hot).await);
    }
    let ceiling = Ceiling::open(&folder.path().join("raw.db"), (scale.rounds + 1) * count).await;
    let mut batches = batches.into_iter();
    let [theirs, ours] = in_turns(scale, async || {
        let batch = batches.next().expect("there is one for each turn");
        [ceiling.round(count, tasks, hot).await, units(&shop, batch, tasks, None).await]
    })
    .await;
    ceiling.close().await;
    shop.expect_sales(((scale.rounds + 1) * count) as u64).await;
    store.close().await;
    (theirs, ours)
}

struct Ceiling {
    connection: Arc<Mutex<SqliteConnection>>,
    done: AtomicUsize,
}

fn id(kind: usize, number: usize) -> Vec<u8> {
    [kind.to_be_bytes(), number.to_be_bytes()].concat()
}

impl Ceiling {
    async fn open(path: &Path, orders: usize) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await.expect("the file opens");
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await.expect("the schema is made");
        let mut tx = connection.begin().await.expect("a transaction begins");
        for number in 0..orders {
            let order = query("INSERT INTO raw_orders VALUES (?, 'pending', NULL)").bind(id(2, number));
            order.execute(&mut *tx).await.expect("an order is placed");
            let attempt = query("INSERT INTO raw_attempts VALUES (?, ?, 250000, 'pending', NULL, NULL)");
            let attempt = attempt.bind(number.to_string()).bind(id(2, number));
            attempt.execute(&mut *tx).await.expect("an order is placed");
        }
        tx.commit().await.expect("orders are placed");
        Self { connection: Arc::new(Mutex::new(connection)), done: AtomicUsize::new(0) }
    }

    async fn round(&self, count: usize, tasks: usize, hot: bool) -> Round {
        let first = self.done.fetch_add(count, Ordering::Relaxed);
        let connection = Arc::clone(&self.connection);
        round((first..first + count).collect(), tasks, None, move |_, numbers, place| {
            let connection = Arc::clone(&connection);
            async move {
                let number = numbers[place];
                receive(&mut *connection.lock().await, number).await;
                settle(&mut *connection.lock().await, number, hot).await;
            }
        })
        .await
    }

    async fn close(self) {
        let connection = Arc::into_inner(self.connection).expect("all rounds are over");
        connection.into_inner().close().await.expect("the file closes");
    }
}

async fn receive(connection: &mut SqliteConnection, number: usize) {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.expect("a transaction begins");
    for statement in RECEIVE {
        let insert = query(statement).bind(number.to_string()).bind(vec![b'x'; BODY]).bind(id(3, number));
        insert.execute(&mut *tx).await.expect("a notice is stored");
    }
    tx.commit().await.expect("a notice is stored");
}

async fn settle(connection: &mut SqliteConnection, number: usize, hot: bool) {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.expect("a transaction begins");
    for statement in SETTLE {
        let mut query = query(statement).bind(number.to_string()).bind(id(2, number)).bind(id(4, number));
        query = query.bind(id(5, if hot { 0 } else { number % 1_000 }));
        for kind in 6..12 {
            query = query.bind(id(kind, number));
        }
        query.execute(&mut *tx).await.expect("an order is settled");
    }
    tx.commit().await.expect("an order is settled");
}
