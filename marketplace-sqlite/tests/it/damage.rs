//! Rows that somebody else has damaged.

use crate::support::{Place, accept, defect, order, run};
use marketplace_core::{
    catalog::Products,
    commit::Change,
    identity::Users,
    job::Jobs,
    ledger::{AccountKind, Audit},
    order::Orders,
    page::Page,
    time::Timestamp,
};
use marketplace_testing::build::Fixture;

#[tokio::test]
async fn an_unknown_word_is_a_defect_that_names_its_place() {
    let place = Place::new();
    let fixture = Fixture::new(40);
    let store = place.store().await;
    let (_, placed) = order(&store, &fixture).await;
    let mut shell = place.outside().await;
    run(&mut shell, "UPDATE mkt_orders SET state = 'lost'").await.unwrap();
    let text = defect(&store.order(placed.id).await.unwrap_err());
    assert!(text.contains("mkt_orders: column state, key "), "{text}");
    assert!(text.contains(&placed.id.uuid().simple().to_string()), "{text}");
    store.close().await;
}

#[tokio::test]
async fn a_defect_holds_no_personal_data() {
    let place = Place::new();
    let fixture = Fixture::new(41);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let mut shell = place.outside().await;
    run(&mut shell, "UPDATE mkt_users SET email = 'Ada Lovelace <ada@example.com>'").await.unwrap();
    let error = store.user(creator.id).await.unwrap_err();
    let text = format!("{} {error:?}", defect(&error));
    assert!(text.contains("mkt_users: column email"), "{text}");
    assert!(!text.contains("ada@example.com") && !text.contains("Lovelace"), "{text}");
    store.close().await;
}

#[tokio::test]
async fn numbers_out_of_range_are_defects() {
    let place = Place::new();
    let fixture = Fixture::new(42);
    let store = place.store().await;
    let (creator, placed) = order(&store, &fixture).await;
    let mut shell = place.outside().await;
    run(&mut shell, "UPDATE mkt_orders SET created_at = 9223372036854775807").await.unwrap();
    let text = defect(&store.order(placed.id).await.unwrap_err());
    assert!(text.contains("mkt_orders: column created_at"), "{text}");
    run(&mut shell, "UPDATE mkt_products SET price_currency = 'ZZZ'").await.unwrap();
    let text = defect(&store.products_of(creator.id, Page::first(10)).await.unwrap_err());
    assert!(text.contains("mkt_products: column price_currency"), "{text}");
    store.close().await;
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_not_claimed() {
    let place = Place::new();
    let fixture = Fixture::new(43);
    let store = place.store().await;
    let job = fixture.job();
    accept(&store, fixture.set(vec![Change::Enqueue(job.clone())])).await;
    let mut shell = place.outside().await;
    run(&mut shell, "UPDATE mkt_jobs SET payload = 'no json'").await.unwrap();
    let text = defect(&store.claim(job.run_at, Timestamp::MAX, 10).await.unwrap_err());
    assert!(text.contains("mkt_jobs: column payload"), "{text}");
    run(&mut shell, "UPDATE mkt_jobs SET payload = '{}'").await.unwrap();
    assert_eq!(
        store.claim(job.run_at, Timestamp::MAX, 10).await.unwrap().len(),
        1,
        "it is still there to claim"
    );
    store.close().await;
}

#[tokio::test]
async fn an_entry_that_was_changed_by_force_shows() {
    let place = Place::new();
    let fixture = Fixture::new(44);
    let store = place.store().await;
    let (creator, _) = order(&store, &fixture).await;
    let entry = fixture.credit(AccountKind::CreatorAvailable, creator.id, fixture.naira(500));
    accept(&store, fixture.set(vec![Change::Post(entry.clone())])).await;
    assert!(store.imbalances(10).await.unwrap().is_empty());

    let mut shell = place.outside().await;
    let force =
        "DROP TRIGGER mkt_lines_update; UPDATE mkt_lines SET minor = 900 WHERE kind = 'creator_available'";
    run(&mut shell, force).await.unwrap();
    let found = store.imbalances(10).await.unwrap();
    let about = |subject: &str, expected: i64, is: i64| {
        found.iter().any(|one| one.subject == subject && one.expected == expected && one.found == is)
    };
    assert!(about("NGN", 0, 400), "{found:?}");
    assert!(about(&entry.id().to_string(), 0, 400), "{found:?}");
    assert!(about(&format!("creator_available:{}", creator.id), 900, 500), "{found:?}");
    let text = defect(&store.unsealed(None, 10).await.unwrap_err());
    assert!(text.contains("mkt_lines") && text.contains(&entry.id().uuid().simple().to_string()), "{text}");
    store.close().await;
}
