//! How much the server reads for a creator's statistics and wallet: as much from a large ledger as from a small one.
#![expect(clippy::arithmetic_side_effects, reason = "an overflow in a test is a failed test")]

use crate::{
    PostgresStore, migrations,
    sql::{earnings as sql, ledger},
    store::Bound,
};
use marketplace_testing::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Postgres, Row, Transaction, query, raw_sql};
use uuid::Uuid;

/// The beginning of a quarter of an hour.
const START: i64 = 1_795_413_600_000_000;
const DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// The creator, and the product.
const ONE: &str = "01900000-0000-7000-8000-000000000001";

/// A database with so many sales in twenty days, all in the chain but for the last ten.
async fn grown(sales: i64) -> TestDatabase {
    let schema = migrations::texts();
    let database = TestDatabase::migrated(&schema, |url| async move {
        let store = PostgresStore::connect(&url).await.map_err(|error| format!("{error:?}"))?;
        store.migrate().await.map_err(|error| format!("{error:?}"))?;
        store.close().await;
        Ok::<(), String>(())
    })
    .await;
    let step = 20 * DAY / sales;
    let text = format!(
        "INSERT INTO mkt_users VALUES ('{ONE}', 'a@mail.example', NULL, 'Ada', 'creator', true, NULL, 0, 1);
        INSERT INTO mkt_products VALUES ('{ONE}', '{ONE}', 'book', 'Book', '', 100, 'NGN', 'published', 0, 0, 1);
        CREATE TEMP TABLE s AS SELECT i, {START} + i * {step} AS at, (left(mkt_first_id({START} + i * {step})::TEXT, 24)
            || lpad(to_hex(i), 12, '0'))::UUID AS id FROM generate_series(0::BIGINT, {sales} - 1) i;
        INSERT INTO mkt_orders (id, email, state, total_minor, total_currency, locale, token_nonce, token, created_at,
                paid_at, version)
            SELECT id, 'a@mail.example', 'paid', 100, 'NGN', 'en', decode(lpad(to_hex(i), 32, '0'), 'hex'),
                decode(lpad(to_hex(i), 64, '0'), 'hex'), at, at, 1 FROM s;
        INSERT INTO mkt_order_lines SELECT id, id, 0, '{ONE}', '{ONE}', 'Book', 100, 10, 'NGN', '0.1' FROM s;
        INSERT INTO mkt_entries SELECT id, 'sale', 'sale:' || id, id, at FROM s;
        INSERT INTO mkt_lines SELECT id, l.owner::UUID, l.kind, 'NGN', l.minor FROM s CROSS JOIN
            (VALUES (NULL, 'gateway_clearing', -100), (NULL, 'platform_revenue', 10), ('{ONE}', 'creator_available', 90))
                AS l (owner, kind, minor);
        INSERT INTO mkt_unfolded SELECT '{ONE}', 'creator_available', 'NGN', id, 90 FROM s;
        SELECT mkt_open_balances(array_agg(id)) FROM s;
        SELECT mkt_append_seals(array_agg(i + 1 ORDER BY i), array_agg(id ORDER BY i),
            array_agg(decode(lpad(to_hex(i), 64, '0'), 'hex') ORDER BY i)) FROM s WHERE i < {sales} - 10"
    );
    let mut connection = PgConnection::connect(&database.url()).await.unwrap();
    connection.execute(raw_sql(AssertSqlSafe(text))).await.unwrap();
    connection.execute(raw_sql("VACUUM ANALYZE")).await.unwrap();
    database
}

fn explained(text: &str) -> Bound {
    query(AssertSqlSafe(format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}")))
}

/// How many blocks a statement touches, and how many rows it gives, on a connection as the store has it.
async fn blocks(tx: &mut Transaction<'static, Postgres>, explained: Bound) -> (i64, i64) {
    let row = explained.fetch_one(&mut **tx).await.unwrap();
    // JSON goes over the wire as its text, which this driver does not know without a feature.
    let plan: serde_json::Value = serde_json::from_str(row.try_get_unchecked(0).unwrap()).unwrap();
    let number = |name: &str| plan[0]["Plan"][name].as_i64().unwrap();
    (number("Shared Hit Blocks") + number("Shared Read Blocks"), number("Actual Rows"))
}

async fn read_of(sales: i64) -> [(i64, i64); 6] {
    let database = grown(sales).await;
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let one: Uuid = ONE.parse().unwrap();
    // Nineteen days by the clock of Lagos, up to the last day with its tail.
    let bounds: Vec<i64> = (0..=19).map(|day| START + (day + 1) * DAY - DAY / 24).collect();
    let series = explained(sql::FIGURES).bind(one).bind("NGN").bind(bounds);
    let page = |product: Option<Uuid>| {
        let ids = explained(sql::SOLD).bind(one).bind(product).bind(Uuid::nil()).bind(Uuid::max());
        ids.bind(i64::MIN).bind(i64::MAX).bind(21_i64)
    };
    let lines = explained(ledger::WALLET_LINES).bind(one).bind(None::<&str>).bind(Uuid::max()).bind(21_i64);
    let read = [
        blocks(&mut tx, series).await,
        blocks(&mut tx, page(None)).await,
        blocks(&mut tx, page(Some(one))).await,
        blocks(&mut tx, explained(ledger::BALANCES_OF).bind(one)).await,
        blocks(&mut tx, explained(ledger::EARNED_BY).bind(one)).await,
        blocks(&mut tx, lines).await,
    ];
    tx.rollback().await.unwrap();
    assert!(store.adds_up().await, "the sums are those of the entries");
    store.close().await;
    read
}

impl PostgresStore {
    async fn adds_up(&self) -> bool {
        use marketplace_core::ledger::Audit;
        self.misfolded(10).await.unwrap().is_empty() && self.imbalances(10).await.unwrap().is_empty()
    }
}

#[tokio::test]
async fn statistics_of_a_larger_ledger_read_no_more() {
    let (small, large) = tokio::join!(read_of(2_000), read_of(40_000));
    for ((small, large), rows) in small.into_iter().zip(large).zip([19, 21, 21, 1, 1, 21]) {
        assert_eq!((small.1, large.1), (rows, rows), "all that was asked for");
        assert!(2 * large.0 <= 3 * small.0, "{} blocks of 2,000 sales, {} of 40,000", small.0, large.0);
    }
}
