//! What is kept of sales: found when it is wrong, and right when a sale is committed late.

use crate::harness::{database, own_store, stranger, word};
use marketplace_postgres::{
    PostgresStore,
    marketplace_core::{
        catalog::Product,
        commit::Change,
        earnings::{Sales as _, quarter_of},
        identity::User,
        ledger::{AccountKind, Audit as _, JournalEntry, chain},
        money::{Currency, Money},
        time::Timestamp,
    },
    sqlx::{Executor as _, query, raw_sql},
};
use marketplace_testing::build::Fixture;
use std::time::Duration;

/// A quarter of an hour, so many of them after the first one.
fn quarter(number: u32) -> Timestamp {
    let first = quarter_of(Timestamp::from_micros(1_795_413_600_000_000));
    first.saturating_add(Duration::from_mins(15) * number)
}

/// A shop in which sales are made.
struct Shop {
    store: PostgresStore,
    fixture: Fixture,
    creator: User,
    product: Product,
}

impl Shop {
    async fn open(url: &str) -> Self {
        let (store, fixture) = (own_store(url).await, Fixture::new(1));
        let creator = fixture.creator();
        let product = fixture.product(&creator);
        let rows = vec![Change::InsertUser(creator.clone()), Change::InsertProduct(product.clone())];
        assert_eq!(word(&store, &fixture.set(rows)).await, "applied");
        Self { store, fixture, creator, product }
    }

    /// A sale at that time, not posted yet.
    async fn sale(&self, at: Timestamp) -> JournalEntry {
        let order = self.fixture.order(None, &[&self.product]);
        let net = Money::new(order.total.minor() - order.lines[0].fee.minor(), Currency::NGN);
        let account = self.fixture.account(AccountKind::CreatorAvailable, self.creator.id);
        let entry = self.fixture.sale(&order, at, &[(account, net)]);
        assert_eq!(word(&self.store, &self.fixture.set(vec![Change::InsertOrder(order)])).await, "applied");
        entry
    }

    async fn post(&self, entry: &JournalEntry) {
        let set = self.fixture.set(vec![Change::Post(entry.clone())]);
        assert_eq!(word(&self.store, &set).await, "applied");
    }

    async fn seal(&self) {
        let mut last = self.store.last_seal().await.unwrap();
        let mut seals = Vec::new();
        for entry in self.store.unsealed(None, 1_000).await.unwrap() {
            last = Some(chain(last.as_ref(), &entry));
            seals.extend(last.clone());
        }
        assert!(self.store.append_seals(seals).await.unwrap());
    }

    /// How many orders there are in each of so many quarters.
    async fn orders(&self, quarters: u32) -> Vec<u64> {
        let bounds: Vec<_> = (0..=quarters).map(quarter).collect();
        let figures = self.store.figures(self.creator.id, Currency::NGN, &bounds).await.unwrap();
        figures.iter().map(|figures| figures.orders).collect()
    }
}

#[tokio::test]
async fn a_sum_that_was_changed_past_the_store_is_found() {
    let database = database().await;
    let shop = Shop::open(&database.url()).await;
    for number in 0..3 {
        shop.post(&shop.sale(quarter(number)).await).await;
    }
    shop.seal().await;
    assert_eq!(shop.store.misfolded(10).await.unwrap(), []);
    let mut thief = stranger(&database.url()).await;
    let second = quarter(1).as_micros();
    for (statement, figures) in [
        (
            "UPDATE mkt_earnings SET gross = gross + 1, fees = fees + 1 WHERE quarter = $1",
            vec!["fees", "gross"],
        ),
        ("UPDATE mkt_earnings SET refunds = refunds + 1 WHERE quarter >= $1", vec!["refunds"]),
        ("DELETE FROM mkt_earnings WHERE quarter = $1", vec!["fees", "gross", "orders"]),
        (
            "UPDATE mkt_earnings SET quarter = $1 - 9000000000 WHERE quarter = $1",
            vec!["fees", "gross", "orders"],
        ),
        (
            "UPDATE mkt_earnings SET creator_id = gen_random_uuid() WHERE quarter >= $1",
            vec!["fees", "gross", "orders"],
        ),
    ] {
        query("CREATE TABLE kept AS SELECT * FROM mkt_earnings").execute(&mut thief).await.unwrap();
        query(statement).bind(second).execute(&mut thief).await.unwrap();
        let found = shop.store.misfolded(100).await.unwrap();
        let mut names: Vec<&str> =
            found.iter().filter_map(|imbalance| imbalance.subject.split(' ').next()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names, figures, "{statement}: {found:?}");
        thief
            .execute(raw_sql(
                "DELETE FROM mkt_earnings; INSERT INTO mkt_earnings SELECT * FROM kept; DROP TABLE kept",
            ))
            .await
            .unwrap();
        assert_eq!(shop.store.misfolded(10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_sale_whose_transaction_ends_after_later_ones_were_chained_counts() {
    let database = database().await;
    let shop = Shop::open(&database.url()).await;
    let (early, late) = (shop.sale(quarter(0)).await, shop.sale(quarter(1)).await);
    // The early one has its id, its place in the tail, and no commit.
    let mut open = shop.store.begin().await.unwrap();
    let set = shop.fixture.set(vec![Change::Post(early)]);
    shop.store.commit_in(&mut open, &set).await.unwrap();
    shop.post(&late).await;
    shop.seal().await;
    assert_eq!(shop.orders(3).await, [0, 1, 0]);
    open.commit().await.unwrap();
    assert_eq!(shop.orders(3).await, [1, 1, 0], "in the tail");
    shop.seal().await;
    assert_eq!(shop.orders(3).await, [1, 1, 0], "in the chain");
    assert_eq!(shop.store.misfolded(10).await.unwrap(), []);
}
