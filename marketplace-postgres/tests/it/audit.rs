//! What is written stays, and what was changed past the store is found.

use crate::harness::{database, own_store, stranger, word};
use marketplace_postgres::{
    marketplace_core::{
        commit::Change,
        error::StoreError,
        id::UserId,
        identity::Users as _,
        ledger::{AccountKind, Audit as _, chain},
    },
    sqlx::{AssertSqlSafe, Executor as _, error::DatabaseError},
};
use marketplace_testing::build::Fixture;

#[tokio::test]
async fn the_database_refuses_to_change_what_is_written() {
    let database = database().await;
    let mut operator = stranger(&database.url()).await;
    for (table, column) in [
        ("mkt_entries", "id"),
        ("mkt_lines", "entry_id"),
        ("mkt_seals", "entry_id"),
        ("mkt_decisions", "key"),
    ] {
        for statement in [
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET {column} = {column}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let refused = operator.execute(AssertSqlSafe(statement.clone())).await.unwrap_err();
            let code = refused.as_database_error().and_then(DatabaseError::code);
            assert_eq!(code.as_deref(), Some("MK010"), "{statement}: {refused}");
        }
    }
}

#[tokio::test]
async fn what_was_changed_past_the_store_is_found() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let creator = fixture.creator();
    assert_eq!(word(&store, &fixture.set(vec![Change::InsertUser(creator.clone())])).await, "applied");
    for kind in [AccountKind::CreatorAvailable, AccountKind::CreatorDebt] {
        let entry = fixture.credit(kind, creator.id, fixture.naira(500));
        assert_eq!(word(&store, &fixture.set(vec![Change::Post(entry)])).await, "applied");
    }
    let mut last = None;
    for entry in store.unsealed(None, 10).await.unwrap() {
        let seal = chain(last.as_ref(), &entry);
        assert!(store.append_seals(vec![seal.clone()]).await.unwrap());
        last = Some(seal);
    }
    assert_eq!(store.unsealed(None, 10).await.unwrap(), []);
    assert_eq!(store.imbalances(10).await.unwrap(), []);

    let mut thief = stranger(&database.url()).await;
    for (statement, subject) in [
        (
            "UPDATE mkt_balances SET minor = minor + 1 WHERE kind = 'creator_available'",
            "balance of creator_available",
        ),
        // Without a floor, so it is never folded.
        ("UPDATE mkt_unfolded SET minor = minor + 1 WHERE kind = 'creator_debt'", "balance of creator_debt"),
        ("UPDATE mkt_lines SET minor = minor + 1 WHERE kind = 'creator_debt'", "jrn_"),
        ("UPDATE mkt_lines SET minor = -1 WHERE kind = 'creator_available'", "floor of creator_available"),
        ("DELETE FROM mkt_lines WHERE kind = 'gateway_clearing'", "NGN"),
    ] {
        thief.execute("SET session_replication_role = replica").await.unwrap();
        thief.execute(statement).await.unwrap();
        let found = store.imbalances(20).await.unwrap();
        assert!(found.iter().any(|imbalance| imbalance.subject.starts_with(subject)), "{subject}: {found:?}");
    }
    thief.execute("DELETE FROM mkt_entries").await.unwrap();
    let sealed = store.sealed(0, 10).await.unwrap();
    assert_eq!(sealed.len(), 2);
    assert!(sealed.iter().all(|(_, entry)| entry.is_none()));
    // An entry that comes in past the store stands in the tail all the same, and is no entry without lines.
    thief.execute("SET session_replication_role = origin").await.unwrap();
    thief
        .execute("INSERT INTO mkt_entries VALUES (gen_random_uuid(), 'sale', 'sale:nothing', NULL, 0)")
        .await
        .unwrap();
    assert!(matches!(store.unsealed(None, 10).await, Err(StoreError::Defect(_))));
}

#[tokio::test]
async fn a_damaged_row_is_named_and_its_values_are_not() {
    let database = database().await;
    let store = own_store(&database.url()).await;
    let fixture = Fixture::new(1);
    let user = fixture.user();
    assert_eq!(word(&store, &fixture.set(vec![Change::InsertUser(user.clone())])).await, "applied");
    let mut operator = stranger(&database.url()).await;
    operator.execute("UPDATE mkt_users SET email = 'secret-address'").await.unwrap();
    let Err(StoreError::Defect(source)) = store.user(user.id).await else { panic!("it was read") };
    let text = format!("{source} {source:?}");
    assert!(text.contains("mkt_users") && text.contains("email"), "{text}");
    assert!(text.contains(&user.id.uuid().to_string()), "{text}");
    assert!(!text.contains("secret-address"), "{text}");
    assert_eq!(store.user(UserId::from_uuid(fixture.uuid())).await.unwrap(), None);
}
