//! The schema, and how a database gets it.
//!
//! Guarantees: each migration applies whole or not at all; several processes may migrate at once, one does and the
//! others wait; a host's own migrations in the same database are not touched, because ours are counted in a table of
//! their own. Forward only, and the previous release works on the new schema.
//!
//! Called by: hosts, through [`crate::PostgresStore::migrate`].

use crate::{options::farewell, transaction};
use marketplace_core::error::Source;
use sqlx::{
    Executor, PgPool, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

/// The schema could not be brought up to date; what was applied of it is whole, and calling again goes on there.
#[derive(Debug, thiserror::Error)]
#[error("the database could not be migrated")]
pub struct MigrationError(#[source] Source);

const TABLE: &str = "mkt_migrations";

/// Number, name and text.
const ALL: [(i64, &str, &str); 3] = [
    (1, "init", include_str!("../migrations/0001_init.sql")),
    (2, "commit", include_str!("../migrations/0002_commit.sql")),
    (3, "earnings", include_str!("../migrations/0003_earnings.sql")),
];

/// What the schema is made of.
#[cfg(test)]
pub(crate) fn texts() -> Vec<&'static str> {
    ALL.iter().map(|(_, _, text)| *text).collect()
}

fn migrator() -> Migrator {
    let migration = |(version, name, text): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(ALL.map(migration).to_vec());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// Ends a transaction that somebody may have left open on a host's connection, and lets the migration, and the wait
/// for another one, take as long as it takes.
const UNHURRIED: &str = "COMMIT; SET statement_timeout = 0; SET lock_timeout = 0";

/// Applies what is missing, in a task that ends even if the caller goes away: the driver's lock and its transactions
/// would otherwise stay on a connection of the pool. The connection is not given back, because of its settings, and
/// because the driver unlocks only after success.
pub(crate) async fn apply(pool: PgPool) -> Result<(), MigrationError> {
    let ended = transaction::run_to_end(async move {
        let mut connection = pool.acquire().await?.detach();
        let migrated = match connection.execute(sqlx::raw_sql(UNHURRIED)).await {
            Ok(_) => migrator().run_direct(None, &mut connection, false).await,
            Err(error) => Err(error.into()),
        };
        farewell(connection).await;
        migrated
    });
    match ended.await {
        Ok(migrated) => migrated.map_err(|error: MigrateError| MigrationError(error.into())),
        Err(lost) => Err(MigrationError(lost.into())),
    }
}
