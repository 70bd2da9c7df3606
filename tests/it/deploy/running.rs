//! Production as the page about deployment sets it up: a database that wants TLS, a mail server with a password, a proxy.

use super::files::{environments, nobody};
use crate::place::{ACTIX, AXUM};
use marketplace_testing::{
    postgres::{TestCluster, TestDatabase},
    smtp::{SmtpServer, SmtpServerOptions},
};
use marketplace_tests::{Client, Exit, Process, Server, ServerOptions, Signal, program, wait_until};
use rcgen::CertifiedKey;
use sqlx::{Connection as _, Executor as _, PgConnection, query_scalar};
use tempfile::TempDir;

/// Production on a single machine.
struct Machine {
    _cluster: TestCluster,
    database: TestDatabase,
    mail: SmtpServer,
    folder: TempDir,
    port: u16,
}

/// A certificate for this machine, and its key.
fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .expect("a certificate")
}

/// Lets a server write a file into its own folder, which only it may read.
async fn write(admin: &mut PgConnection, name: &str, content: &str) {
    let command = format!("umask 077; tr -d '\\r' > {name}");
    let copy = format!(
        "COPY (SELECT unnest(string_to_array('{content}', E'\\n'))) TO PROGRAM '{}'",
        command.replace('\'', "''")
    );
    admin.execute(sqlx::AssertSqlSafe(copy)).await.expect("the server writes");
}

impl Machine {
    async fn set_up() -> Self {
        let cluster = TestCluster::start().expect("PostgreSQL is installed");
        let own = certificate();
        let mut admin = PgConnection::connect(cluster.url()).await.expect("the cluster is there");
        write(&mut admin, "server.crt", &own.cert.pem()).await;
        write(&mut admin, "server.key", &own.signing_key.serialize_pem()).await;
        for statement in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
            admin.execute(statement).await.expect("the server takes it");
        }
        admin.close().await.expect("it closes");
        let folder = TempDir::new().expect("there is room");
        std::fs::write(folder.path().join("authority.pem"), own.cert.pem()).expect("there is room");
        std::fs::write(folder.path().join("stranger.pem"), certificate().cert.pem()).expect("there is room");
        let mail = SmtpServer::start(SmtpServerOptions::default().with_login("shop", "correct")).await;
        let database = TestDatabase::empty_on(&cluster).await;
        let machine = Self { _cluster: cluster, database, mail, folder, port: nobody() };
        wait_until("the database speaks TLS", || async {
            PgConnection::connect(&machine.url("sslmode=require")).await.ok()
        })
        .await
        .close()
        .await
        .expect("it closes");
        machine
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn url(&self, parameters: &str) -> String {
        let whole = self.database.url();
        let (address, _) = whole.split_once('?').unwrap_or((&whole, ""));
        format!("{address}?{parameters}")
    }

    /// The settings of the page, with what is of this machine in place of what is of yours.
    fn options(&self, binary: &str, database_url: &str) -> ServerOptions {
        let mut options = ServerOptions::default()
            .with_binary(binary)
            .with_variable("MARKETPLACE_RATE_LIMIT", "")
            .with_variable("SMTP_CA", self.mail.authority());
        let [general, single] = &environments()[..2] else { panic!("the page begins with two blocks") };
        for (name, value) in general.iter().chain(single) {
            let secret = match name.strip_suffix("_FILE") {
                Some("APP_SECRET") => "0123456789abcdef0123456789abcdef".to_owned(),
                Some("DATABASE_URL") => database_url.to_owned(),
                Some("PAYSTACK_SECRET_KEY") => "sk_live_0123456789abcdef0123456789abcdef01234567".to_owned(),
                Some("SMTP_URL") => self.mail.url(),
                Some(other) => panic!("{other} is a secret that is not known"),
                None => {
                    let value = match name.as_str() {
                        "MARKETPLACE_DATA_DIR" => self.path("data"),
                        "PORT" => self.port.to_string(),
                        "METRICS_ADDR" => "127.0.0.1:0".to_owned(),
                        _ => value.clone(),
                    };
                    options = options.with_variable(name, value);
                    continue;
                }
            };
            let path = self.path(name);
            std::fs::write(&path, secret).expect("there is room");
            options = options.with_variable(name, path);
        }
        options
    }
}

#[track_caller]
fn refused(exit: &Exit, words: &str) {
    assert!(exit.code == Some(1) && exit.stderr.contains(words), "{exit:#?}");
}

async fn production_starts_and_keeps_its_doors_shut(binary: &str) {
    let machine = Machine::set_up().await;
    let verified = machine.url(&format!("sslmode=verify-full&sslrootcert={}", machine.path("authority.pem")));
    let server = Server::start(machine.options(binary, &verified)).await;
    assert_eq!(server.base(), "https://shop.example", "what mails say");
    let client = Client::new(&format!("http://127.0.0.1:{}", machine.port));
    assert_eq!(client.get("/health/ready").send().await.expect(200)["status"], "ready");
    let healthcheck = server.command(&["healthcheck"], None).await;
    assert_eq!(healthcheck.code, Some(0), "{healthcheck:#?}");
    for path in ["/dev/mailbox", "/dev/mailbox.json", "/dev/paystack", "/metrics"] {
        assert_eq!(client.get(path).send().await.status, 404, "{path}");
    }
    assert_eq!(client.post("/dev/clock").send().await.status, 404);
    let made = server
        .command(&["admin", "create", "you@shop.example", "--password-stdin"], Some("correct horse operator"))
        .await;
    assert_eq!(made.code, Some(0), "{made:#?}");
    client.sign_in("you@shop.example", "correct horse operator").await;
    // Every connection of the server's is encrypted.
    let mut admin = PgConnection::connect(&machine.database.url()).await.expect("the database is there");
    let open: Vec<bool> = query_scalar(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .fetch_all(&mut admin)
    .await
    .expect("a list");
    assert!(!open.is_empty() && open.iter().all(|ssl| *ssl), "{open:?}");
    admin.close().await.expect("it closes");
    // The gateway is the real one, which no test asks, and so the doctor is not called here.
    server.stop(Signal::Terminate).await;

    let healthcheck =
        machine.options(binary, &verified).run(machine.folder.path(), &["healthcheck"], None).await;
    refused(&healthcheck, "not ready: nobody answers");
    let wrong = machine.url(&format!("sslmode=verify-full&sslrootcert={}", machine.path("stranger.pem")));
    let exit = machine.options(binary, &wrong).run(machine.folder.path(), &["migrate"], None).await;
    refused(&exit, "DATABASE_URL");
    let exit = machine
        .options(binary, &machine.url("sslmode=require"))
        .run(machine.folder.path(), &["migrate"], None)
        .await;
    assert_eq!(exit.code, Some(0), "{exit:#?}");
    assert!(machine.mail.received().is_empty(), "nobody was written to");
}

#[tokio::test]
async fn production_starts_on_axum() {
    production_starts_and_keeps_its_doors_shut(AXUM).await;
}

#[tokio::test]
async fn production_starts_on_actix() {
    production_starts_and_keeps_its_doors_shut(ACTIX).await;
}

/// A server that is there and not well is not ready, and one that hangs is not waited for for ever.
#[tokio::test]
async fn what_is_not_ready_is_told_with_its_reason() {
    let bucket = format!("http://127.0.0.1:{}", nobody());
    let mut options = ServerOptions::default();
    for (name, value) in [
        ("AWS_BUCKET", "shop-files"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_S3", bucket.as_str()),
    ] {
        options = options.with_variable(name, value);
    }
    let server = Server::start(options).await;
    let exit = server.beside(&["healthcheck"]).exit().await;
    refused(&exit, "answers 503");

    // Somebody who takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = ("PORT".to_owned(), silent.local_addr().unwrap().port().to_string());
    let exit = Process::start(&program(AXUM), &["healthcheck"], &[port], None).exit().await;
    refused(&exit, "says nothing for 9 seconds");
    // What cannot be understood is told as ever.
    let wrong = ("PORT".to_owned(), "many".to_owned());
    refused(&Process::start(&program(AXUM), &["healthcheck"], &[wrong], None).exit().await, "PORT");
}
