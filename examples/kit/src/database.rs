//! The store that the settings name.

use crate::{assembly::StartError, settings::Settings};
use marketplace_core::{Store, error::StoreError};
use marketplace_postgres::PostgresStore;
use marketplace_sqlite::SqliteStore;
use std::{fmt, fs::DirBuilder, io, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc};

/// An open store, and what to call it.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Database {
    /// Opens the database and brings its schema up to date.
    pub(crate) async fn open(settings: &Settings) -> Result<Self, StartError> {
        let database = Self::connect(settings).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Opens a database that has our tables, and changes nothing in it.
    pub(crate) async fn made(settings: &Settings) -> Result<Self, StartError> {
        let database = Self::connect(settings).await?;
        if database.is_migrated().await? { Ok(database) } else { Err(StartError::NoTables(database.name)) }
    }

    /// Opens the database, and makes our tables where there are none. Those that are there stay as they are: a server of an
    /// earlier release may be working on them.
    pub(crate) async fn made_or_new(settings: &Settings) -> Result<Self, StartError> {
        let database = Self::connect(settings).await?;
        if !database.is_migrated().await? {
            database.migrate().await?;
        }
        Ok(database)
    }

    async fn migrate(&self) -> Result<(), StartError> {
        let migrated = match &self.kind {
            Kind::Sqlite(store) => store.migrate().await.map_err(Into::into),
            Kind::Postgres(store) => store.migrate().await.map_err(Into::into),
        };
        migrated.map_err(StartError::Migration)
    }

    /// Opens the database as it is.
    pub(crate) async fn connect(settings: &Settings) -> Result<Self, StartError> {
        let data = &settings.data_dir;
        make_private(data).map_err(|error| StartError::DataFolder(data.display().to_string(), error))?;
        let default = || format!("sqlite:{}", data.join("marketplace.db").display());
        let url = settings.database_url.clone().unwrap_or_else(default);
        let kind = if url.starts_with("sqlite:") {
            let store =
                SqliteStore::connect(&url).await.map_err(|error| StartError::Database(error.into()))?;
            Kind::Sqlite(store)
        } else {
            let store =
                PostgresStore::connect(&url).await.map_err(|error| StartError::Database(error.into()))?;
            Kind::Postgres(store)
        };
        Ok(Self { name: without_credentials(&url), kind })
    }

    /// Whether there are tables of ours, of this release or another.
    pub(crate) async fn is_migrated(&self) -> Result<bool, StoreError> {
        match &self.kind {
            Kind::Sqlite(store) => store.is_migrated().await,
            Kind::Postgres(store) => store.is_migrated().await,
        }
    }

    /// Whether this user may make them.
    pub(crate) async fn may_migrate(&self) -> Result<bool, StoreError> {
        match &self.kind {
            // Opening it has written to the file already.
            Kind::Sqlite(_) => Ok(true),
            Kind::Postgres(store) => store.may_migrate().await,
        }
    }

    /// The store.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match &self.kind {
            Kind::Sqlite(store) => Arc::new(store.clone()),
            Kind::Postgres(store) => Arc::new(store.clone()),
        }
    }

    /// Closes it. Call it last.
    pub(crate) async fn close(&self) {
        match &self.kind {
            Kind::Sqlite(store) => store.close().await,
            Kind::Postgres(store) => store.close().await,
        }
    }
}

/// Makes the folder for its owner alone: it holds addresses of people and secrets. One that is there stays as it is.
fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Its address, without user and password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An address without what stands before the `@`, and without parameters, where a password may stand, too.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = rest.split('?').next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_data_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        make_private(&folder).unwrap();
        make_private(&folder).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(without_credentials("sqlite:.marketplace/x.db"), "sqlite:.marketplace/x.db");
        assert_eq!(without_credentials("postgres://u:p@ss@h:5432/d?password=x"), "postgres://h:5432/d");
    }
}
