//! The schema, and how a database gets it.
//!
//! Guarantees: all pending migrations apply together or not at all; several processes may migrate at once, one
//! does and the others wait; a host's own migrations in the same file are not touched, because ours are counted
//! in a table of their own. Forward only.
//!
//! Called by: hosts, through [`crate::SqliteStore::migrate`].

use marketplace_core::error::Source;
use sqlx::{
    SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

/// The schema could not be brought up to date; it is as it was before.
#[derive(Debug, thiserror::Error)]
#[error("the database could not be migrated")]
pub struct MigrationError(#[source] pub(crate) Source);

const TABLE: &str = "mkt_migrations";

fn migrator() -> Migrator {
    let simple = |version, name: &'static str, text: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let mut migrator =
        Migrator::with_migrations(vec![simple(1, "init", include_str!("../migrations/0001_init.sql"))]);
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// Applies what is missing, inside the caller's write transaction: the driver locks nothing on SQLite, so two
/// processes would otherwise both find the same migration missing.
pub(crate) async fn apply(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    migrator().run_direct(None, connection, false).await
}
