//! What is written stays: the database itself refuses to change it, also for somebody with a shell.

use crate::support::{Place, accept, order, run};
use marketplace_core::{
    commit::Change,
    ledger::{AccountKind, Audit, chain},
};
use marketplace_sqlite::sqlx::{Row, query};
use marketplace_testing::build::Fixture;

#[tokio::test]
async fn journal_chain_and_decisions_cannot_be_changed() {
    let place = Place::new();
    let fixture = Fixture::new(10);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let entry = fixture.credit(AccountKind::CreatorAvailable, creator.id, fixture.naira(500));
    accept(&store, fixture.set(vec![Change::Post(entry.clone())])).await;
    assert!(store.append_seals(vec![chain(None, &entry)]).await.unwrap());

    let mut shell = place.outside().await;
    for table in ["mkt_entries", "mkt_lines", "mkt_seals", "mkt_decisions", "mkt_events"] {
        let column = match table {
            "mkt_seals" => "hash = zeroblob(32)",
            "mkt_lines" => "minor = minor + 1",
            "mkt_entries" => "posted_at = 0",
            "mkt_events" => "key = 'other'",
            _ => "actor = 'system'",
        };
        for text in [format!("UPDATE {table} SET {column}"), format!("DELETE FROM {table}")] {
            let refused = run(&mut shell, &text).await.expect_err(&text);
            assert!(refused.to_string().contains(&format!("{table} is append-only")), "{text}: {refused}");
        }
    }
    assert_eq!(store.sealed(0, 10).await.unwrap(), [(chain(None, &entry), Some(entry))]);
    store.close().await;
}

#[tokio::test]
async fn replacing_is_no_way_round() {
    let place = Place::new();
    let fixture = Fixture::new(11);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let entry = fixture.credit(AccountKind::CreatorAvailable, creator.id, fixture.naira(500));
    accept(&store, fixture.set(vec![Change::Post(entry.clone())])).await;
    assert!(store.append_seals(vec![chain(None, &entry)]).await.unwrap());

    let mut shell = place.outside().await;
    for text in [
        "INSERT OR REPLACE INTO mkt_entries SELECT id, kind, cause, order_id, 0 FROM mkt_entries",
        "INSERT OR REPLACE INTO mkt_entries SELECT zeroblob(16), kind, cause, order_id, 0 FROM mkt_entries",
        "INSERT OR REPLACE INTO mkt_lines SELECT entry_id, owner, kind, currency, minor * 2 FROM mkt_lines",
        "INSERT OR REPLACE INTO mkt_seals SELECT number, entry_id, zeroblob(32) FROM mkt_seals",
        "INSERT OR REPLACE INTO mkt_decisions SELECT key, 'other', input_hash, subject, actor, 0, events FROM mkt_decisions",
        "INSERT OR REPLACE INTO mkt_events SELECT number, 'other' FROM mkt_events",
    ] {
        run(&mut shell, text).await.unwrap();
        assert_eq!(
            store.sealed(0, 10).await.unwrap(),
            [(chain(None, &entry), Some(entry.clone()))],
            "{text}"
        );
        let others: i64 = query("SELECT count(*) FROM mkt_decisions WHERE name = 'other'")
            .fetch_one(&mut shell)
            .await
            .unwrap()
            .get(0);
        assert_eq!(others, 0, "{text}");
        let events: i64 = query("SELECT count(*) FROM mkt_events WHERE key = 'other'")
            .fetch_one(&mut shell)
            .await
            .unwrap()
            .get(0);
        assert_eq!(events, 0, "{text}");
    }
    store.close().await;
}

#[tokio::test]
async fn the_last_line_of_defence_is_in_the_schema() {
    let place = Place::new();
    let fixture = Fixture::new(12);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let credit = fixture.credit(AccountKind::CreatorAvailable, creator.id, fixture.naira(500));
    let debit = fixture.debit(AccountKind::CreatorAvailable, creator.id, fixture.naira(200));
    accept(&store, fixture.set(vec![Change::Post(credit), Change::Post(debit)])).await;

    let mut shell = place.outside().await;
    for text in [
        "UPDATE mkt_balances SET minor = -1",
        "UPDATE mkt_order_lines SET fee_minor = price_minor + 1",
        "UPDATE mkt_products SET price_minor = -1",
        "UPDATE mkt_orders SET total_minor = 'free'",
        "UPDATE mkt_orders SET token = x'00'",
        "INSERT INTO mkt_limits VALUES ('files:x', -1)",
        "INSERT INTO mkt_lines SELECT zeroblob(16), owner, kind, currency, 1 FROM mkt_lines",
    ] {
        let refused = run(&mut shell, text).await;
        assert!(refused.is_err(), "{text} was accepted");
    }
    store.close().await;
}
