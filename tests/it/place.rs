//! Where a journey runs: which server, and where it keeps its rows and its files.

use crate::delivery::files;
use marketplace_testing::postgres::TestDatabase;
use marketplace_tests::{Bucket, Server, ServerOptions};
use sqlx::{Connection as _, PgConnection, SqliteConnection, query_scalar};
use std::path::{Path, PathBuf};

/// The servers: names of programs.
pub(crate) const AXUM: &str = "axum-server";
pub(crate) const ACTIX: &str = "actix-server";

/// A server, and a store of a test's own.
pub(crate) struct Place {
    options: ServerOptions,
    bucket: Option<Bucket>,
    // Dropped with the place, which a test keeps until its server is gone.
    _database: Option<TestDatabase>,
}

impl Place {
    /// The embedded store, in the server's data folder.
    pub(crate) async fn embedded(server: &str) -> Self {
        Self { options: ServerOptions::default().with_binary(server), bucket: None, _database: None }
    }

    /// A database on the PostgreSQL server of the tests.
    pub(crate) async fn postgres(server: &str) -> Self {
        let database = TestDatabase::empty().await;
        let options = ServerOptions::default().with_binary(server).with_database(&database.url());
        Self { options, bucket: None, _database: Some(database) }
    }

    /// The embedded store, and files in a bucket.
    pub(crate) async fn embedded_bucket(server: &str) -> Self {
        Self::embedded(server).await.with_bucket().await
    }

    /// PostgreSQL, and files in a bucket.
    pub(crate) async fn postgres_bucket(server: &str) -> Self {
        Self::postgres(server).await.with_bucket().await
    }

    async fn with_bucket(self) -> Self {
        let bucket = Bucket::start().await;
        Self { options: bucket.used_by(self.options), bucket: Some(bucket), ..self }
    }

    /// How to start a server there.
    pub(crate) fn options(&self) -> ServerOptions {
        self.options.clone()
    }

    /// Counts rows of a server of this place, whose data folder is this one, whether or not it runs.
    pub(crate) async fn count(&self, data: &Path, sql: &'static str) -> i64 {
        count(self.options.variable("DATABASE_URL"), data, sql).await
    }

    /// Whether clients get the bytes from a bucket.
    pub(crate) const fn has_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// The files of a server of this place as they lie there.
    pub(crate) fn objects(&self, server: &Server) -> Vec<PathBuf> {
        match &self.bucket {
            Some(bucket) => bucket.objects(),
            None => files(&server.data_dir().join("files/files")),
        }
    }
}

/// Counts rows in a server's database, past the server: without an address, in the embedded store of this data folder.
pub(crate) async fn count(database: Option<&str>, data: &Path, sql: &'static str) -> i64 {
    match database {
        Some(url) => {
            let mut connection = PgConnection::connect(url).await.expect("the database is there");
            query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        }
        None => {
            let url = format!("sqlite:{}", data.join("marketplace.db").display());
            let mut connection = SqliteConnection::connect(&url).await.expect("the database is there");
            query_scalar(sql).fetch_one(&mut connection).await.expect("a count")
        }
    }
}

/// One test per case and place, in a module named after the place: unless it is about less than everything.
macro_rules! everywhere {
    ($($case:ident)*) => {
        crate::place::tests_in! { axum_embedded, embedded, AXUM: $($case)* }
        crate::place::tests_in! { axum_postgres, postgres, AXUM: $($case)* }
        crate::place::tests_in! { actix_embedded, embedded, ACTIX: $($case)* }
        crate::place::tests_in! { actix_postgres, postgres, ACTIX: $($case)* }
    };
}
pub(crate) use everywhere;

/// The same with the embedded store: what is about the process.
macro_rules! on_both_servers {
    ($($case:ident)*) => {
        crate::place::tests_in! { on_axum, embedded, AXUM: $($case)* }
        crate::place::tests_in! { on_actix, embedded, ACTIX: $($case)* }
    };
}
pub(crate) use on_both_servers;

/// On both stores of rows, each with both stores of files, and on both servers: every two of them meet.
macro_rules! wherever_files_lie {
    ($($case:ident)*) => {
        crate::place::tests_in! { disk_embedded, embedded, AXUM: $($case)* }
        crate::place::tests_in! { disk_postgres, postgres, ACTIX: $($case)* }
        crate::place::tests_in! { bucket_embedded, embedded_bucket, ACTIX: $($case)* }
        crate::place::tests_in! { bucket_postgres, postgres_bucket, AXUM: $($case)* }
    };
}
pub(crate) use wherever_files_lie;

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
