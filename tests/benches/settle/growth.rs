//! How reads of a creator, settlements and redemptions grow with the ledger.
//!
//! [`fill`] makes a migrated PostgreSQL database with so many sales as the store itself would have left it, once all is
//! chained: users, products, paid orders with their lines, entries, ledger lines, links, balances, and the sums of what
//! was sold. One creator owns a tenth of all rows, a thousand share the rest. All of it lies in the last year, so a
//! larger ledger is a denser one, and a series of 30 days is over more sales. Only the hashes of the chain are not those
//! of the entries: `ledger verify` says so, and no read of a creator looks at them.
//!
//! [`measure`] is what a creator sees: a series of the last 30 days, the first page of sales, one page of one product.

use super::{
    postgres,
    run::{Scale, in_turns},
    shop::{Shop, claims, units},
    table::{self, Figures},
};
use marketplace_core::{
    earnings::{AskSales, AskSeries, Earnings, Interval},
    id::{ProductId, UserId},
    ledger::Ledger as _,
    money::Currency,
    time::{ManualClock, Timestamp, Zone},
};
use marketplace_postgres::PostgresStore;
use marketplace_testing::postgres::TestCluster;
use sqlx::{Executor as _, PgConnection, query, raw_sql};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Over how long the sales are spread, in seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// The end of all sales: 2026-11-23T06:00:00Z.
const NOW: i64 = 1_795_413_600;

/// How many sales are inserted together.
const PORTION: i64 = 250_000;

/// Whom to ask about.
#[derive(Debug, Clone, Copy)]
pub struct Grown {
    /// Owns a tenth of all sales.
    pub hot: UserId,
    /// One of the thousand others.
    pub average: UserId,
    /// When the last sale was.
    pub now: Timestamp,
}

impl Grown {
    /// The product of a creator: each has one.
    pub fn product(creator: UserId) -> ProductId {
        ProductId::from_uuid(creator.uuid())
    }
}

fn creator(number: u128) -> UserId {
    // As `growth_creator` below writes it.
    UserId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// What the statements have in common: the time of a sale, its ids, its creator. Of ten sales one is the first
/// creator's; the others go round among a thousand.
const FUNCTIONS: &str = "
    CREATE FUNCTION pg_temp.growth_id(at BIGINT, tag TEXT, i BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE RETURN
        (lpad(to_hex(at / 1000), 12, '0') || '7' || tag || '8000' || lpad(to_hex(i), 12, '0'))::UUID;
    CREATE FUNCTION pg_temp.growth_creator(number BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE RETURN
        ('01900000000070008000' || lpad(to_hex(number), 12, '0'))::UUID;
    CREATE FUNCTION pg_temp.growth_owner(i BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE RETURN
        CASE WHEN i % 10 = 0 THEN 0 ELSE 1 + (i - i / 10 - 1) * 7919 % 1000 END;
    SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '256MB';
    SET maintenance_work_mem = '512MB'";

/// The creators with a product each.
const SHOPS: [&str; 2] = [
    "INSERT INTO mkt_users (id, email, display_name, role, email_verified, created_at, version)
        SELECT pg_temp.growth_creator(n), 'creator' || n || '@mail.example', 'Creator', 'creator', true, 0, 1
        FROM generate_series(0::BIGINT, 1000) n",
    "INSERT INTO mkt_products (id, creator_id, slug, title, description, price_minor, price_currency, state, created_at,
            published_at, version)
        SELECT pg_temp.growth_creator(n), pg_temp.growth_creator(n), 'book-' || n, 'The book', '', 250000, 'NGN',
            'published', 0, 0, 1 FROM generate_series(0::BIGINT, 1000) n",
];

/// The sales from $1 up to $2 of $3, spread over $4 microseconds from $5 on.
macro_rules! sales {
    ($($insert:literal),+ $(,)?) => {
        [$(concat!("WITH s AS MATERIALIZED (SELECT i, at, pg_temp.growth_owner(i) AS owner FROM (SELECT i,
            $5::BIGINT + (i::NUMERIC * $4::BIGINT / $3::BIGINT)::BIGINT AS at
            FROM generate_series($1::BIGINT, $2::BIGINT - 1) i) n) ", $insert)),+]
    };
}

const SALES: [&str; 5] = sales!(
    "INSERT INTO mkt_orders (id, email, state, total_minor, total_currency, locale, token_nonce, token, created_at,
            paid_at, version)
        SELECT pg_temp.growth_id(at, '000', i), 'buyer' || i || '@mail.example', 'paid', 250000, 'NGN', 'en',
            decode(lpad(to_hex(i), 32, '0'), 'hex'), decode(lpad(to_hex(i), 64, '0'), 'hex'), at, at, 2 FROM s",
    "INSERT INTO mkt_order_lines (id, order_id, position, product_id, creator_id, title, price_minor, fee_minor, currency,
            fee_rate)
        SELECT pg_temp.growth_id(at, '001', i), pg_temp.growth_id(at, '000', i), 0, pg_temp.growth_creator(owner),
            pg_temp.growth_creator(owner), 'The book', 250000, 25000, 'NGN', '0.1' FROM s",
    "INSERT INTO mkt_entries (id, kind, cause, order_id, posted_at)
        SELECT pg_temp.growth_id(at, '002', i), 'sale',
            'sale:ord_' || replace(pg_temp.growth_id(at, '000', i)::TEXT, '-', ''), pg_temp.growth_id(at, '000', i), at
        FROM s",
    "INSERT INTO mkt_lines (entry_id, owner, kind, currency, minor)
        SELECT pg_temp.growth_id(at, '002', i), CASE WHEN l.owned THEN pg_temp.growth_creator(s.owner) END, l.kind, 'NGN',
            l.minor
        FROM s CROSS JOIN (VALUES (false, 'gateway_clearing', -250000), (false, 'platform_revenue', 25000),
            (true, 'creator_available', 225000)) AS l (owned, kind, minor)",
    "INSERT INTO mkt_seals (number, entry_id, hash)
        SELECT i + 1, pg_temp.growth_id(at, '002', i), decode(lpad(to_hex(i), 64, '0'), 'hex') FROM s",
);

/// What is kept of all that.
const KEPT: [&str; 3] = sales!(
    "INSERT INTO mkt_balances (owner, kind, currency, minor)
        SELECT pg_temp.growth_creator(owner), 'creator_available', 'NGN', 225000 * count(*) FROM s GROUP BY owner",
    "INSERT INTO mkt_earnings (creator_id, currency, quarter, gross, fees, refunds, orders)
        SELECT pg_temp.growth_creator(owner), 'NGN', quarter, 250000 * orders, 25000 * orders, 0, orders
        FROM (SELECT owner, at - at % 900000000 AS quarter,
                sum(count(*)) OVER (PARTITION BY owner ORDER BY at - at % 900000000)::BIGINT AS orders
            FROM s GROUP BY 1, 2) q",
    "INSERT INTO mkt_sold_in (product_id, low, high)
        SELECT DISTINCT pg_temp.growth_creator(owner), mkt_first_id(at - at % 900000000),
            mkt_first_id(at - at % 900000000 + 900000000) FROM s",
);

/// Fills a database that was just migrated, on a connection of a superuser (it puts triggers aside).
pub async fn fill(connection: &mut PgConnection, entries: i64) -> Result<Grown, sqlx::Error> {
    let (start, micros) = ((NOW - YEAR) * 1_000_000, YEAR * 1_000_000);
    connection.execute(raw_sql(FUNCTIONS)).await?;
    for text in SHOPS {
        connection.execute(raw_sql(text)).await?;
    }
    let mut from = 0;
    while from < entries {
        let upto = entries.min(from + PORTION);
        for text in SALES {
            query(text)
                .bind(from)
                .bind(upto)
                .bind(entries)
                .bind(micros)
                .bind(start)
                .execute(&mut *connection)
                .await?;
        }
        from = upto;
    }
    for text in KEPT {
        query(text)
            .bind(0)
            .bind(entries)
            .bind(entries)
            .bind(micros)
            .bind(start)
            .execute(&mut *connection)
            .await?;
    }
    // As autovacuum leaves it.
    connection.execute(raw_sql("VACUUM ANALYZE")).await?;
    connection.execute(raw_sql("SET session_replication_role = origin")).await?;
    Ok(Grown { hot: creator(0), average: creator(500), now: Timestamp::from_micros(NOW * 1_000_000) })
}

/// One kind of read, and its median time.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What was read, of whom.
    pub name: String,
    /// How long it took.
    pub median: Duration,
    /// How many sales were in what was read: that it is not empty.
    pub sales: u64,
}

/// Reads through the services, each kind so many times after a few that do not count.
pub async fn measure(store: &PostgresStore, grown: &Grown, rounds: usize) -> Vec<Measured> {
    let clock = Arc::new(ManualClock::new(grown.now));
    let service = Earnings { sales: Arc::new(store.clone()), clock, currency: Currency::NGN };
    let mut measured = Vec::new();
    for (who, creator) in [("an average creator", grown.average), ("of a tenth", grown.hot)] {
        for zone in ["Africa/Lagos", "Asia/Kathmandu"] {
            let zone = Zone::named(zone).expect("a zone");
            let name = format!("30 days, {zone}, {who}");
            let ask = AskSeries { currency: None, from: None, to: None, interval: Interval::Day, zone };
            let read = || async { service.series(creator, &ask).await.expect("a series").totals.orders };
            measured.push(median(name, rounds, read).await);
        }
        let read = || async {
            store.earned_by(creator).await.expect("earnings are read");
            store.balances_of(creator).await.expect("balances are read").len() as u64
        };
        measured.push(median(format!("wallet, {who}"), rounds, read).await);
        for (what, product) in [("sales", None), ("sales of a product", Some(Grown::product(creator)))] {
            let ask = AskSales { from: None, to: None, product, limit: 20, after: None };
            let read = || async { service.list(creator, ask).await.expect("a page").items.len() as u64 };
            measured.push(median(format!("{what}, {who}"), rounds, read).await);
        }
    }
    measured
}

/// What takes how long at one size.
struct Point {
    reads: Vec<Measured>,
    settled: Figures,
    redeemed: Figures,
}

/// The same work in a small and in a large ledger.
pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let (small, large) = scale.growth;
    let (less, more) = (point(scale, cluster, small).await, point(scale, cluster, large).await);
    println!("{:<46} {small:>9} {large:>9} {:>6} |", "entries in the ledger", "ratio");
    for (less, more) in less.reads.iter().zip(&more.reads) {
        table::grown(&less.name, less.median, more.median);
    }
    table::grown("a settlement, 8 tasks", less.settled.p50, more.settled.p50);
    table::grown("a link used up, 8 tasks", less.redeemed.p50, more.redeemed.p50);
}

async fn point(scale: &Scale, cluster: &TestCluster, entries: i64) -> Point {
    const TASKS: usize = 8;
    let (_database, mut connection, store) = postgres::open(cluster).await;
    let grown = fill(&mut connection, entries).await.expect("a ledger is filled");
    let reads = measure(&store, &grown, 10 * scale.rounds).await;
    assert!(reads.iter().all(|read| read.sales > 0), "{reads:?}");

    let shop = Arc::new(Shop::open(Arc::new(store.clone()), scale.sellers).await);
    let count = scale.units_of(TASKS);
    let [settled, redeemed] = in_turns(scale, async || {
        let (webhooks, links) = (shop.webhooks(count, false).await, shop.links(count).await);
        [units(&shop, webhooks, TASKS, None).await, claims(&shop, links, TASKS, None).await]
    })
    .await;
    store.close().await;
    Point { reads, settled, redeemed }
}

async fn median<F: Future<Output = u64>>(name: String, rounds: usize, read: impl Fn() -> F) -> Measured {
    for _ in 0..5 {
        read().await;
    }
    let mut times = Vec::with_capacity(rounds);
    let mut sales = 0;
    for _ in 0..rounds {
        let begun = Instant::now();
        sales = read().await;
        times.push(begun.elapsed());
    }
    times.sort();
    Measured { name, median: times[rounds / 2], sales }
}
