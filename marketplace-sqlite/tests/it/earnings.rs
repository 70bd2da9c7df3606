//! What is kept of sales is found when it is wrong.

use crate::support::{Place, accept, order, run};
use marketplace_core::{
    commit::Change,
    earnings::quarter_of,
    ledger::{AccountKind, Audit, chain},
    time::Timestamp,
};
use marketplace_testing::build::Fixture;
use std::time::Duration;

#[tokio::test]
async fn a_sum_that_was_changed_past_the_store_is_found() {
    let place = Place::new();
    let fixture = Fixture::new(70);
    let store = place.store().await;
    let (creator, placed) = order(&store, &fixture).await;
    let first = quarter_of(Timestamp::from_micros(1_795_413_600_000_000));
    let account = fixture.account(AccountKind::CreatorAvailable, creator.id);
    let mut last = None;
    for number in 0..3 {
        let at = first.saturating_add(Duration::from_mins(15) * number);
        let entry = if number == 0 {
            fixture.sale(&placed, at, &[(account, fixture.naira(225_000))])
        } else {
            let sale = fixture.credit(AccountKind::CreatorAvailable, creator.id, fixture.naira(500));
            fixture.entry_at(sale.kind(), at, sale.lines())
        };
        accept(&store, fixture.set(vec![Change::Post(entry.clone())])).await;
        let seal = chain(last.as_ref(), &entry);
        assert!(store.append_seals(vec![seal.clone()]).await.unwrap());
        last = Some(seal);
    }
    assert_eq!(store.misfolded(10).await.unwrap(), []);

    let mut shell = place.outside().await;
    run(&mut shell, "CREATE TABLE kept AS SELECT * FROM mkt_earnings").await.unwrap();
    let second = first.as_micros() + 900_000_000;
    for (statement, expected) in [
        (format!("UPDATE mkt_earnings SET gross = gross + 1 WHERE quarter = {second}"), &["gross"][..]),
        (format!("UPDATE mkt_earnings SET refunds = refunds + 1 WHERE quarter >= {second}"), &["refunds"]),
        (format!("DELETE FROM mkt_earnings WHERE quarter = {second}"), &["gross", "orders"]),
        (
            format!("UPDATE mkt_earnings SET quarter = quarter - 9000000000 WHERE quarter = {second}"),
            &["gross", "orders"],
        ),
        ("DELETE FROM mkt_earnings".to_owned(), &["fees", "gross", "orders"]),
        ("UPDATE mkt_earnings SET creator_id = randomblob(16)".to_owned(), &["fees", "gross", "orders"]),
    ] {
        run(&mut shell, &statement).await.unwrap();
        let found = store.misfolded(100).await.unwrap();
        let mut names: Vec<_> = found.iter().filter_map(|one| one.subject.split(' ').next()).collect();
        names.sort_unstable();
        names.dedup();
        for name in expected {
            assert!(names.contains(name), "{statement}: {found:?}");
        }
        let report =
            run(&mut shell, "DELETE FROM mkt_earnings; INSERT INTO mkt_earnings SELECT * FROM kept").await;
        report.unwrap();
        assert_eq!(store.misfolded(10).await.unwrap(), [], "as it was");
    }
    store.close().await;
}
