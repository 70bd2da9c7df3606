//! An empty, migrated database per test.

use super::TestCluster;
use sha2::{Digest as _, Sha256};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection,
    postgres::PgConnectOptions, query, query_scalar,
};
use std::{
    fmt::{Display, Write as _},
    future::Future,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    thread,
};

/// A database that nobody else uses. Dropped with the value, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: PgConnectOptions,
    name: String,
}

/// Held while a template is made. Any number that nobody else uses.
const TEMPLATE_LOCK: i64 = 0x6d6b_745f_7465_7374;

impl TestDatabase {
    /// An empty database without any table, on the [server of this process](TestCluster::get).
    pub async fn empty() -> Self {
        Self::empty_on(TestCluster::get()).await
    }

    /// The same on another server. The value does not keep that alive.
    pub async fn empty_on(cluster: &TestCluster) -> Self {
        Self::copy_of(options(cluster), "template0").await
    }

    /// A copy of a database on which `migrate` ran once. `schema` is what the migrations consist of: it names the
    /// template, so that another schema is another template. `migrate` gets the template's address and must have
    /// closed its connections when it ends. Panics when anything fails.
    pub async fn migrated<E: Display, F: Future<Output = Result<(), E>>>(
        schema: &[&str],
        migrate: impl FnOnce(String) -> F,
    ) -> Self {
        Self::migrated_on(TestCluster::get(), schema, migrate).await
    }

    /// The same on another server. The value does not keep that alive.
    pub async fn migrated_on<E: Display, F: Future<Output = Result<(), E>>>(
        cluster: &TestCluster,
        schema: &[&str],
        migrate: impl FnOnce(String) -> F,
    ) -> Self {
        let (cluster, template) = (options(cluster), format!("mkt_template_{}", hash(schema)));
        Self::ensure_template(&cluster, &template, migrate).await;
        Self::copy_of(cluster, &template).await
    }

    /// Its address.
    pub fn url(&self) -> String {
        url(&self.cluster, &self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn copy_of(cluster: PgConnectOptions, template: &str) -> Self {
        // Random, because other processes and other machines may share the server.
        let name = format!("mkt_test_{:016x}", RandomState::new().build_hasher().finish());
        let mut admin = connect(&cluster).await;
        run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        close(admin).await;
        Self { cluster, name }
    }

    async fn ensure_template<E: Display, F: Future<Output = Result<(), E>>>(
        cluster: &PgConnectOptions,
        template: &str,
        migrate: impl FnOnce(String) -> F,
    ) {
        let mut admin = connect(cluster).await;
        // Locks of this kind are free again when their connection ends, however it ends.
        let locked = query("SELECT pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut admin).await;
        locked.unwrap_or_else(|error| panic!("the template cannot be locked: {error}"));
        let finished: Result<Option<bool>, _> =
            query_scalar("SELECT datistemplate FROM pg_database WHERE datname = $1")
                .bind(template)
                .fetch_optional(&mut admin)
                .await;
        if finished.unwrap_or_else(|error| panic!("the templates cannot be listed: {error}")) != Some(true) {
            // One that somebody began and did not finish.
            run(&mut admin, format!("DROP DATABASE IF EXISTS {template} WITH (FORCE)")).await;
            run(&mut admin, format!("CREATE DATABASE {template} TEMPLATE template0")).await;
            if let Err(error) = migrate(url(cluster, template)).await {
                panic!("the template cannot be migrated: {error}");
            }
            run(&mut admin, format!("ALTER DATABASE {template} IS_TEMPLATE true")).await;
        }
        close(admin).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), std::mem::take(&mut self.name));
        // A runtime of its own: the test's may be shutting down, and cannot be waited for here.
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut admin = cluster.connect().await.ok()?;
                let drop = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                admin.execute(drop).await.ok()?;
                admin.close().await.ok()
            })
        });
        // A database that cannot be dropped goes with its server.
        let _ = dropping.join();
    }
}

fn options(cluster: &TestCluster) -> PgConnectOptions {
    cluster.url().parse().unwrap_or_else(|error| panic!("the address of the test server is none: {error}"))
}

fn url(cluster: &PgConnectOptions, database: &str) -> String {
    cluster.clone().database(database).to_url_lossy().to_string()
}

async fn connect(cluster: &PgConnectOptions) -> PgConnection {
    cluster.connect().await.unwrap_or_else(|error| panic!("the test server cannot be reached: {error}"))
}

/// Names of databases cannot be parameters; these are made of letters, digits and `_`.
async fn run(admin: &mut PgConnection, statement: String) {
    let ran = admin.execute(AssertSqlSafe(statement.clone())).await;
    ran.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn close(admin: PgConnection) {
    admin.close().await.unwrap_or_else(|error| panic!("the test server does not close: {error}"));
}

fn hash(schema: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in schema {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_schema_is_another_template() {
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
        assert_ne!(hash(&["a", "b"]), hash(&["ab"]));
        assert_eq!(hash(&[]).len(), 16);
    }
}
