//! The least that a server could do for a unit: the same rows, in tables with one key each, written by two calls of
//! functions, from as many connections as there are tasks.
//!
//! No unit is checked, read or refused here.

use super::run::{Round, round};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, postgres::PgPoolOptions, query,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use uuid::Uuid;

const SCHEMA: &str = r"
CREATE TABLE raw_decisions (key TEXT PRIMARY KEY, name TEXT, hash BYTEA, at BIGINT);
CREATE TABLE raw_notices (key TEXT PRIMARY KEY, body BYTEA, at BIGINT, closed_at BIGINT);
CREATE TABLE raw_jobs (id UUID PRIMARY KEY, kind TEXT, payload JSON, run_at BIGINT);
CREATE TABLE raw_orders (id UUID PRIMARY KEY, state TEXT, paid_at BIGINT);
CREATE TABLE raw_attempts (reference TEXT PRIMARY KEY, order_id UUID, amount BIGINT, state TEXT, gateway_id TEXT,
    paid_at BIGINT);
CREATE TABLE raw_entries (id UUID PRIMARY KEY, kind TEXT, cause TEXT, order_id UUID, at BIGINT);
CREATE TABLE raw_unsealed (entry_id UUID PRIMARY KEY);
CREATE TABLE raw_lines (entry_id UUID, owner UUID, kind TEXT, currency TEXT, minor BIGINT,
    PRIMARY KEY (entry_id, kind));
CREATE TABLE raw_unfolded (owner UUID, entry_id UUID, minor BIGINT, PRIMARY KEY (owner, entry_id));
CREATE TABLE raw_holds (id UUID PRIMARY KEY, creator_id UUID, order_id UUID, minor BIGINT, releases_at BIGINT);
CREATE TABLE raw_entitlements (id UUID PRIMARY KEY, order_id UUID, product_id UUID, email TEXT, at BIGINT);

CREATE FUNCTION raw_receive(number TEXT, body BYTEA, job UUID, now BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raw_decisions VALUES ('notice:' || number, 'receive', '\x00', now);
    INSERT INTO raw_notices VALUES (number, body, now, NULL);
    INSERT INTO raw_jobs VALUES (job, 'notice.process', '{}', now);
END $$;

CREATE FUNCTION raw_settle(number TEXT, order_key UUID, creator UUID, ids UUID[], now BIGINT) RETURNS VOID
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO raw_decisions VALUES ('settle:' || number, 'settle', '\x00', now);
    UPDATE raw_attempts SET state = 'succeeded', gateway_id = '302961', paid_at = now WHERE reference = number;
    UPDATE raw_orders SET state = 'paid', paid_at = now WHERE id = order_key;
    INSERT INTO raw_entries VALUES (ids[1], 'sale', 'sale:' || number, order_key, now);
    INSERT INTO raw_unsealed VALUES (ids[1]);
    INSERT INTO raw_lines VALUES (ids[1], NULL, 'clearing', 'NGN', -246250), (ids[1], NULL, 'fees', 'NGN', -3750),
        (ids[1], NULL, 'revenue', 'NGN', 25000), (ids[1], creator, 'pending', 'NGN', 225000);
    INSERT INTO raw_unfolded VALUES (creator, ids[1], 225000);
    INSERT INTO raw_holds VALUES (ids[2], creator, order_key, 225000, now + 86400000000);
    INSERT INTO raw_entitlements VALUES (ids[3], order_key, ids[4], 'buyer@example.com', now);
    INSERT INTO raw_jobs VALUES (ids[5], 'hold.release', '{}', now), (ids[6], 'mail.purchase', '{}', now),
        (ids[7], 'mail.sold', '{}', now);
    UPDATE raw_notices SET closed_at = now WHERE key = number;
END $$;
";

const RECEIVE: &str = "SELECT raw_receive($1, $2, $3, $4)";
const SETTLE: &str = "SELECT raw_settle($1, $2, $3, $4, $5)";

/// As long as a webhook of the measured kind.
const BODY: usize = 480;

struct Unit {
    number: String,
    order: Uuid,
    creator: Uuid,
    ids: Vec<Uuid>,
}

pub struct Ceiling {
    pool: PgPool,
    tasks: usize,
    done: AtomicUsize,
}

/// An id that sorts by its number, as ours sort by time.
fn id(kind: u16, number: usize) -> Uuid {
    let random = (number as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff;
    Uuid::from_u128((number as u128) << 80 | u128::from(kind) << 64 | random)
}

impl Unit {
    fn new(number: usize, hot: bool) -> Self {
        Self {
            number: format!("mkt-{}", id(1, number).simple()),
            order: id(2, number),
            creator: id(3, if hot { 0 } else { number % 1_000 }),
            ids: (4..11).map(|kind| id(kind, number)).collect(),
        }
    }
}

impl Ceiling {
    pub async fn open(url: &str, tasks: usize, orders: usize) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("the server is there");
        connection.execute(sqlx::raw_sql(SCHEMA)).await.expect("the schema is made");
        for number in 0..orders {
            let unit = Unit::new(number, false);
            // A parameter each would take as long as the measurement.
            let rows = format!(
                "INSERT INTO raw_orders VALUES ('{0}', 'pending'); INSERT INTO raw_attempts VALUES ('{1}', '{0}', 250000, 'pending')",
                unit.order, unit.number
            );
            connection.execute(sqlx::raw_sql(AssertSqlSafe(rows))).await.expect("an order is placed");
        }
        connection.close().await.expect("the server is there");
        let connections = u32::try_from(tasks).expect("not that many");
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(connections)
            .test_before_acquire(false)
            .connect(url)
            .await
            .expect("the server is there");
        Self { pool, tasks, done: AtomicUsize::new(0) }
    }

    pub async fn round(&self, count: usize, hot: bool, postmaster: Option<u32>) -> Round {
        let first = self.done.fetch_add(count, Ordering::Relaxed);
        let units: Vec<Unit> = (first..first + count).map(|number| Unit::new(number, hot)).collect();
        let mut connections = Vec::new();
        for _ in 0..self.tasks {
            connections
                .push(tokio::sync::Mutex::new(self.pool.acquire().await.expect("a connection is free")));
        }
        let connections = Arc::new(connections);
        round(units, self.tasks, postmaster, move |task, units, number| {
            let connections = Arc::clone(&connections);
            async move {
                let unit = &units[number];
                let mut connection = connections[task].lock().await;
                let receive =
                    query(RECEIVE).bind(&unit.number).bind(vec![b'x'; BODY]).bind(unit.ids[3]).bind(1_i64);
                receive.execute(&mut **connection).await.expect("a notice is stored");
                let settle = query(SETTLE).bind(&unit.number).bind(unit.order).bind(unit.creator);
                let settle = settle.bind(&unit.ids).bind(1_i64);
                settle.execute(&mut **connection).await.expect("an order is settled");
            }
        })
        .await
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}
