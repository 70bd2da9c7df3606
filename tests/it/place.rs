//! Where a server keeps its rows: every journey that matters runs on both.

use marketplace_testing::postgres::TestDatabase;
use marketplace_tests::ServerOptions;

/// A store of a test's own.
pub(crate) struct Place {
    options: ServerOptions,
    // Dropped with the place, which a test keeps until its server is gone.
    _database: Option<TestDatabase>,
}

impl Place {
    /// The embedded store, in the server's data folder.
    pub(crate) async fn embedded() -> Self {
        Self { options: ServerOptions::default(), _database: None }
    }

    /// A database on the PostgreSQL server of the tests.
    pub(crate) async fn postgres() -> Self {
        let database = TestDatabase::empty().await;
        Self { options: ServerOptions::default().with_database(&database.url()), _database: Some(database) }
    }

    /// How to start a server on it.
    pub(crate) fn options(&self) -> ServerOptions {
        self.options.clone()
    }
}

/// One test per case and place: `embedded::case` and `postgres::case`.
macro_rules! on_both_stores {
    ($($case:ident)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::place::Place::embedded().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::place::Place::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_stores;
