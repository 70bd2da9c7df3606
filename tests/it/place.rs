//! Where a journey runs: which server, and where it keeps its rows.

use marketplace_testing::postgres::TestDatabase;
use marketplace_tests::ServerOptions;

/// The servers: names of programs.
pub(crate) const AXUM: &str = "axum-server";
pub(crate) const ACTIX: &str = "actix-server";

/// A server, and a store of a test's own.
pub(crate) struct Place {
    options: ServerOptions,
    // Dropped with the place, which a test keeps until its server is gone.
    _database: Option<TestDatabase>,
}

impl Place {
    /// The embedded store, in the server's data folder.
    pub(crate) async fn embedded(server: &str) -> Self {
        Self { options: ServerOptions::default().with_binary(server), _database: None }
    }

    /// A database on the PostgreSQL server of the tests.
    pub(crate) async fn postgres(server: &str) -> Self {
        let database = TestDatabase::empty().await;
        let options = ServerOptions::default().with_binary(server).with_database(&database.url());
        Self { options, _database: Some(database) }
    }

    /// How to start a server there.
    pub(crate) fn options(&self) -> ServerOptions {
        self.options.clone()
    }
}

/// One test per case and place, in a module named after the place: what is about everything at once.
macro_rules! everywhere {
    ($($case:ident)*) => {
        crate::place::tests_in! { axum_embedded, embedded, AXUM: $($case)* }
        crate::place::tests_in! { axum_postgres, postgres, AXUM: $($case)* }
        crate::place::tests_in! { actix_embedded, embedded, ACTIX: $($case)* }
        crate::place::tests_in! { actix_postgres, postgres, ACTIX: $($case)* }
    };
}
pub(crate) use everywhere;

/// The same on one server: what is about the store.
macro_rules! on_both_stores {
    ($($case:ident)*) => {
        crate::place::tests_in! { embedded, embedded, AXUM: $($case)* }
        crate::place::tests_in! { postgres, postgres, AXUM: $($case)* }
    };
}
pub(crate) use on_both_stores;

/// The same with the embedded store: what is about HTTP, or the process.
macro_rules! on_both_servers {
    ($($case:ident)*) => {
        crate::place::tests_in! { on_axum, embedded, AXUM: $($case)* }
        crate::place::tests_in! { on_actix, embedded, ACTIX: $($case)* }
    };
}
pub(crate) use on_both_servers;

/// Tests in a module of this name, on this store and server.
macro_rules! tests_in {
    ($module:ident, $store:ident, $server:ident: $($case:ident)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::place::Place::$store(crate::place::$server).await).await;
            })*
        }
    };
}
pub(crate) use tests_in;
