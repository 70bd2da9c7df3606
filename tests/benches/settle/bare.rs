//! The ceiling: what anybody would write by hand for these sets, one statement after the other, one set per
//! transaction, on one connection with the store's settings.

use marketplace_core::{
    commit::{Change, ChangeSet},
    job::NewJob,
    ledger::JournalEntry,
    order::{Order, OrderState},
    payment::Attempt,
    time::Timestamp,
};
use sqlx::{
    ConnectOptions as _, Connection as _, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::path::Path;

pub struct Bare(SqliteConnection);

fn query(text: &'static str) -> Query<'static, Sqlite, SqliteArguments> {
    sqlx::query(text)
}

fn blob(id: uuid::Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

impl Bare {
    pub async fn open(path: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Self(options.connect().await.expect("SQLite does it"))
    }

    pub async fn commit(&mut self, set: &ChangeSet) {
        let mut tx = self.0.begin_with("BEGIN IMMEDIATE").await.expect("SQLite does it");
        decide(&mut tx, set).await;
        for change in set.changes() {
            apply(&mut tx, change).await;
        }
        tx.commit().await.expect("SQLite does it");
    }
}

async fn run(connection: &mut SqliteConnection, query: Query<'static, Sqlite, SqliteArguments>) {
    assert_eq!(
        query.execute(connection).await.expect("SQLite does it").rows_affected(),
        1,
        "a guard said no"
    );
}

async fn decide(connection: &mut SqliteConnection, set: &ChangeSet) {
    let (decision, events) = (set.decision(), set.events());
    let is_heard = events.is_some();
    let insert = query("INSERT INTO mkt_decisions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(decision.key.as_str().to_owned())
        .bind(decision.name)
        .bind(decision.input.as_bytes().to_vec())
        .bind(decision.subject.as_str().to_owned())
        .bind(decision.actor.to_string())
        .bind(decision.at.as_micros())
        .bind(events);
    run(connection, insert).await;
    if is_heard {
        let insert = query("INSERT INTO mkt_events (key) VALUES (?)").bind(decision.key.as_str().to_owned());
        run(connection, insert).await;
    }
}

/// The changes that this program sends.
async fn apply(connection: &mut SqliteConnection, change: &Change) {
    match change {
        Change::InsertOrder(order) => insert_order(connection, order).await,
        Change::InsertAttempt(attempt) => insert_attempt(connection, attempt).await,
        Change::AdvanceAttempt { seen, to } => {
            let update = query(
                "UPDATE mkt_attempts SET state = ?, paid_at = ?, version = version + 1 \
                 WHERE reference = ? AND version = ?",
            )
            .bind(to.state.as_str())
            .bind(to.paid_at.map(Timestamp::as_micros))
            .bind(to.reference.as_str().to_owned())
            .bind(seen.as_i64());
            run(connection, update).await;
        }
        Change::AdvanceOrder { id, seen, to, at } => {
            let update = query(
                "UPDATE mkt_orders SET state = ?, paid_at = coalesce(paid_at, ?), version = version + 1 \
                 WHERE id = ? AND version = ?",
            )
            .bind(to.as_str())
            .bind((*to == OrderState::Paid).then_some(at.as_micros()))
            .bind(blob(id.uuid()))
            .bind(seen.as_i64());
            run(connection, update).await;
        }
        Change::Post(entry) => post(connection, entry).await,
        Change::InsertHold(hold) => {
            let insert =
                query("INSERT INTO mkt_holds VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING")
                    .bind(blob(hold.id.uuid()))
                    .bind(blob(hold.creator.uuid()))
                    .bind(blob(hold.order.uuid()))
                    .bind(hold.amount.minor())
                    .bind(hold.amount.currency().code())
                    .bind(hold.reason.as_str())
                    .bind(hold.releases_at.as_micros());
            run(connection, insert).await;
        }
        Change::Grant(right) => {
            let insert = query(
                "INSERT INTO mkt_entitlements VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 1) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(blob(right.id.uuid()))
            .bind(blob(right.order.uuid()))
            .bind(blob(right.line.uuid()))
            .bind(blob(right.product.uuid()))
            .bind(right.user.map(|user| blob(user.uuid())))
            .bind(right.email.as_str().to_owned())
            .bind(right.state.as_str())
            .bind(right.granted_at.as_micros());
            run(connection, insert).await;
        }
        Change::Enqueue(job) => enqueue(connection, job).await,
        other => panic!("this program sends no {other:?}"),
    }
}

async fn insert_order(connection: &mut SqliteConnection, order: &Order) {
    let insert =
        query("INSERT INTO mkt_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 1) ON CONFLICT DO NOTHING")
            .bind(blob(order.id.uuid()))
            .bind(order.buyer.user.map(|user| blob(user.uuid())))
            .bind(order.buyer.email.as_str().to_owned())
            .bind(order.state.as_str())
            .bind(order.total.minor())
            .bind(order.total.currency().code())
            .bind(order.locale.as_str().to_owned())
            .bind(order.token_nonce.as_bytes().to_vec())
            .bind(order.token.as_bytes().to_vec())
            .bind(order.created_at.as_micros());
    run(connection, insert).await;
    for (position, line) in (0_i64..).zip(&order.lines) {
        let insert =
            query("INSERT INTO mkt_order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(blob(line.id.uuid()))
                .bind(blob(order.id.uuid()))
                .bind(position)
                .bind(blob(line.product.uuid()))
                .bind(blob(line.creator.uuid()))
                .bind(line.title.clone())
                .bind(line.price.minor())
                .bind(line.fee.minor())
                .bind(line.price.currency().code())
                .bind(line.fee_rate.to_string());
        run(connection, insert).await;
    }
}

async fn insert_attempt(connection: &mut SqliteConnection, attempt: &Attempt) {
    let insert = query(
        "INSERT INTO mkt_attempts VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?, NULL, 1) \
         ON CONFLICT DO NOTHING",
    )
    .bind(attempt.reference.as_str().to_owned())
    .bind(blob(attempt.order.uuid()))
    .bind(attempt.amount.minor())
    .bind(attempt.amount.currency().code())
    .bind(attempt.state.as_str())
    .bind(attempt.gateway.clone())
    .bind(attempt.mode.as_str())
    .bind(attempt.created_at.as_micros());
    run(connection, insert).await;
}

async fn post(connection: &mut SqliteConnection, entry: &JournalEntry) {
    let insert = query("INSERT INTO mkt_entries VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(blob(entry.id().uuid()))
        .bind(entry.kind().as_str())
        .bind(entry.cause().as_str().to_owned())
        .bind(entry.order().map(|order| blob(order.uuid())))
        .bind(entry.at().as_micros());
    run(connection, insert).await;
    for line in entry.lines() {
        let owner = line.account.owner().map(|owner| blob(owner.uuid()));
        let insert = query("INSERT INTO mkt_lines VALUES (?, ?, ?, ?, ?)")
            .bind(blob(entry.id().uuid()))
            .bind(owner.clone().unwrap_or_default())
            .bind(line.account.kind().as_str())
            .bind(line.amount.currency().code())
            .bind(line.amount.minor());
        run(connection, insert).await;
        if let Some(owner) = owner {
            let append = query("INSERT INTO mkt_unfolded VALUES (?, ?, ?, ?, ?)")
                .bind(owner)
                .bind(line.account.kind().as_str())
                .bind(line.amount.currency().code())
                .bind(blob(entry.id().uuid()))
                .bind(line.amount.minor());
            run(connection, append).await;
        }
    }
}

async fn enqueue(connection: &mut SqliteConnection, job: &NewJob) {
    let insert = query(
        "INSERT INTO mkt_jobs (id, kind, payload, subject, unique_name, run_at, created_at, state, attempts, fence) \
         VALUES (?, ?, ?, ?, ?, ?, ?, 'ready', 0, 0) ON CONFLICT DO NOTHING",
    )
    .bind(blob(job.id.uuid()))
    .bind(job.kind.clone())
    .bind(job.payload.to_string())
    .bind(job.subject.as_str().to_owned())
    .bind(job.unique.clone())
    .bind(job.run_at.as_micros())
    .bind(job.created_at.as_micros());
    run(connection, insert).await;
}
