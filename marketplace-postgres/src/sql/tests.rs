//! The statements against a migrated database.

use super::bulk::{self, Layout};
use crate::{PostgresStore, commit::PARTS, migrations};
use marketplace_core::{
    catalog::ProductState, delivery::EntitlementState, job::JobState, ledger::AccountKind, order::OrderState,
    payment::AttemptState,
};
use marketplace_testing::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, Statement};

async fn database() -> TestDatabase {
    let schema = migrations::texts();
    TestDatabase::migrated(&schema, |url| async move {
        let store = PostgresStore::connect(&url).await.map_err(|error| format!("{error:?}"))?;
        store.migrate().await.map_err(|error| format!("{error:?}"))?;
        store.close().await;
        Ok::<(), String>(())
    })
    .await
}

#[tokio::test]
async fn every_statement_prepares_on_a_migrated_database() {
    let database = database().await;
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let modules = [
        super::answer::ALL,
        super::catalog::ALL,
        super::commit::ALL,
        super::delivery::ALL,
        super::earnings::ALL,
        super::event::ALL,
        super::identity::ALL,
        super::job::ALL,
        super::ledger::ALL,
        super::order::ALL,
        super::payment::ALL,
        super::refund::ALL,
    ];
    let mut count = 0;
    for (name, text) in modules.into_iter().flatten() {
        let prepared =
            tx.prepare(text.into_sql_str()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let used = text.split('$').skip(1).filter_map(|rest| {
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok()
        });
        let parameters = prepared.parameters().map_or(0, |types| types.either(<[_]>::len, |count| count));
        assert_eq!(parameters, used.max().unwrap_or(0), "{name}: parameters are numbered without a gap");
        count += 1;
    }
    assert!(count > 45, "only {count} statements are listed");
    tx.rollback().await.unwrap();
    store.close().await;
}

/// Each part of the bulk statement alone beside the decisions, and all of them together.
#[tokio::test]
async fn every_part_of_a_bulk_prepares() {
    let database = database().await;
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let (first, rest) = PARTS.split_first().unwrap();
    let alone = rest.iter().map(|part| vec![first, part]);
    for parts in alone.chain([PARTS.iter().collect()]) {
        let text = bulk::statement(parts.iter().map(|part| (*part, Layout::Arrays)));
        assert!(!text.contains('{'), "a column that is not bound: {text}");
        let types: Vec<_> = parts.iter().flat_map(|part| (part.types)()).collect();
        let prepared = tx.prepare_with(AssertSqlSafe(text.clone()).into_sql_str(), &types).await;
        prepared.unwrap_or_else(|error| panic!("{error}: {text}"));
    }
    tx.rollback().await.unwrap();
    store.close().await;
}

/// plpgsql looks at a statement only when it is first reached, so a test of every branch is the contract suite;
/// here it is only that all functions exist and parse.
#[tokio::test]
async fn every_function_is_there() {
    let database = database().await;
    let store = PostgresStore::connect(&database.url()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT proname::TEXT FROM pg_proc WHERE proname LIKE 'mkt\\_%' ORDER BY proname")
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    let expected = [
        "mkt_append_only",
        "mkt_append_seals",
        "mkt_apply",
        "mkt_begin_answer",
        "mkt_commit",
        "mkt_credited",
        "mkt_debit",
        "mkt_first_id",
        "mkt_fold",
        "mkt_fold_credits",
        "mkt_lock",
        "mkt_number_events",
        "mkt_open_balances",
        "mkt_post",
        "mkt_put_off",
        "mkt_quarter",
        "mkt_queue_entry",
        "mkt_sold",
    ];
    assert_eq!(names, expected);
    tx.rollback().await.unwrap();
    store.close().await;
}

#[test]
fn the_audit_and_the_sealing_name_exactly_the_accounts_with_a_floor() {
    let folding = crate::migrations::texts().into_iter().find(|text| text.contains("mkt_credited")).unwrap();
    for text in [super::ledger::IMBALANCES, folding] {
        let (_, list) = text.split_once("kind IN (").unwrap();
        let (list, _) = list.split_once(')').unwrap();
        for kind in AccountKind::ALL {
            assert_eq!(list.contains(&format!("'{kind}'")), kind.has_floor(), "{kind}");
        }
    }
}

fn sorted(words: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words.sort();
    words
}

/// A word that the schema does not know would be a defect in production.
#[test]
fn the_schema_knows_every_state() {
    let text = migrations::texts().concat();
    let list = |table: &str| {
        let (_, rest) = text.split_once(&format!("CREATE TABLE {table} (")).unwrap();
        let (_, rest) = rest.split_once("CHECK (state IN (").unwrap();
        let (list, _) = rest.split_once("))").unwrap();
        let mut words: Vec<String> =
            list.split(',').map(|word| word.trim().trim_matches('\'').to_owned()).collect();
        words.sort();
        words
    };
    assert_eq!(list("mkt_products"), sorted(ProductState::ALL.iter().map(|word| word.as_str())));
    assert_eq!(list("mkt_orders"), sorted(OrderState::ALL.iter().map(|word| word.as_str())));
    assert_eq!(list("mkt_attempts"), sorted(AttemptState::ALL.iter().map(|word| word.as_str())));
    assert_eq!(list("mkt_entitlements"), sorted(EntitlementState::ALL.iter().map(|word| word.as_str())));
    assert_eq!(list("mkt_jobs"), sorted(JobState::ALL.iter().map(|word| word.as_str())));
    let open: Vec<_> =
        AttemptState::ALL.iter().filter(|state| state.is_open()).map(|word| word.as_str()).collect();
    assert!(text.contains(&format!("ON mkt_attempts (order_id) WHERE state IN ('{}')", open.join("', '"))));
    let live: Vec<_> =
        JobState::ALL.iter().filter(|state| state.is_live()).map(|word| word.as_str()).collect();
    assert!(text.contains(&format!("ON mkt_jobs (unique_name) WHERE state IN ('{}')", live.join("', '"))));
}
