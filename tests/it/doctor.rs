//! The command `doctor`: content with what works, and for what does not, words that help.

use crate::{
    delivery::files,
    place::{Place, everywhere, tests_in},
};
use marketplace_testing::smtp::{SmtpServer, SmtpServerOptions};
use marketplace_tests::{Bucket, Exit, Server, ServerOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use std::net::TcpListener;
use tempfile::TempDir;

everywhere! {
    is_content_before_the_first_start_and_beside_the_server
}

tests_in! { on_postgres, postgres, ACTIX:
    tells_what_a_user_of_the_database_may_not
}

// What it says stands once for both servers.
tests_in! { on_axum, embedded, AXUM:
    names_every_part_that_is_broken_and_what_to_fix
}

const PARTS: [&str; 7] = ["settings", "addresses", "secret", "database", "payments", "files", "mail"];

/// Every part stands in the report once; gives the names of those that are in trouble.
#[track_caller]
fn wrong(exit: &Exit) -> Vec<&'static str> {
    let report = format!("{}{}", exit.stdout, exit.stderr);
    let said = |part: &str, verdict: &str| {
        report.lines().filter(|line| line.trim_start().starts_with(part) && line.contains(verdict)).count()
    };
    let bad: Vec<&str> = PARTS.into_iter().filter(|part| said(part, " WRONG  ") == 1).collect();
    for part in PARTS {
        assert_eq!(said(part, " ok     ") + said(part, " WRONG  "), 1, "{part}: {report}");
    }
    assert_eq!(report.matches("to fix: ").count(), bad.len(), "{report}");
    assert_eq!(exit.code, Some(i32::from(!bad.is_empty())), "{exit:#?}");
    assert!(!report.contains("hunter2") && !report.contains("panicked"), "{report}");
    bad
}

async fn is_content_before_the_first_start_and_beside_the_server(place: Place) {
    let folder = TempDir::new().unwrap();
    let exit = place.options().run(&folder.path().join("data"), &["doctor"], None).await;
    assert!(wrong(&exit).is_empty(), "{exit:#?}");
    let server = Server::start(place.options()).await;
    let exit = server.command(&["doctor"], None).await;
    assert!(wrong(&exit).is_empty(), "{exit:#?}");
    assert!(exit.stdout.starts_with("every part works\n"), "{exit:#?}");
    let left = files(&server.data_dir().join("files"));
    assert!(left.iter().all(|path| path.ends_with(".lock")), "{left:?}");
}

async fn tells_what_a_user_of_the_database_may_not(place: Place) {
    let options = place.options();
    let url = options.variable("DATABASE_URL").expect("a database").to_owned();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, database) = rest.split_once('@').expect("a user");
    let role = format!("guest_of_{}", database.rsplit('/').next().unwrap().split('?').next().unwrap());
    let guest =
        options.clone().with_variable("DATABASE_URL", format!("{scheme}://{role}:hunter2@{database}"));
    let folder = TempDir::new().unwrap();
    let mut owner = PgConnection::connect(&url).await.unwrap();
    let mut run = async |statement: String| {
        owner.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
    };
    run(format!("CREATE ROLE {role} LOGIN PASSWORD 'hunter2'")).await;
    let doctor = async || guest.run(folder.path(), &["doctor"], None).await;

    let exit = doctor().await;
    assert_eq!(wrong(&exit), ["database"], "{exit:#?}");
    assert!(exit.stderr.contains("grant it CREATE on the schema"), "{exit:#?}");
    run(format!("GRANT CREATE ON SCHEMA public TO {role}")).await;
    let exit = doctor().await;
    assert!(wrong(&exit).is_empty() && exit.stdout.contains("without our tables as yet"), "{exit:#?}");
    let migrated = options.run(folder.path(), &["migrate"], None).await;
    assert_eq!(migrated.code, Some(0), "{migrated:#?}");
    let exit = doctor().await;
    assert_eq!(wrong(&exit), ["database"], "{exit:#?}");
    assert!(exit.stderr.contains("let the user of DATABASE_URL read and write them"), "{exit:#?}");
    run(format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// An address at which nobody listens.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn names_every_part_that_is_broken_and_what_to_fix(place: Place) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = file.path().join("data").display().to_string();
    let short_secret = TempDir::new().unwrap();
    std::fs::write(short_secret.path().join("app-secret"), "hunter2").unwrap();
    let gateway = Server::start(place.options()).await;
    let bucket = Bucket::start().await;
    let mail = SmtpServer::start(SmtpServerOptions::default().with_login("shop", "correct")).await;
    let smtp = |password: &str| format!("smtp://shop:{password}@{}?tls=opportunistic", mail.address());
    let options = place.options();
    // The bucket's settings, on the server of this place.
    let in_bucket = |name: &str, value: &str| {
        let mut all = options.clone();
        for known in
            ["AWS_BUCKET", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3"]
        {
            all = all.with_variable(known, bucket.options().variable(known).unwrap());
        }
        all.with_variable(name, value)
    };
    let with = |name: &str, value: &str| options.clone().with_variable(name, value);
    let twin = format!("{}/dev/paystack", gateway.base());
    let key = gateway.twin().key();
    let paystack =
        |key: &str, url: &str| with("PAYSTACK_SECRET_KEY", key).with_variable("PAYSTACK_BASE_URL", url);
    let unreachable = format!("http://{}", nobody());
    let elsewhere = format!("postgres://u:hunter2@{}/d", nobody());
    let nowhere = format!("smtp://u:hunter2@{}?tls=opportunistic", nobody());
    let cases: Vec<(ServerOptions, &[&str], &[&str])> = vec![
        (with("DATABASE_URL", &elsewhere), &["database"], &["PostgreSQL runs", "DATABASE_URL"]),
        (
            with("DATABASE_URL", &format!("sqlite:{below_a_file}")),
            &["database"],
            &["name a file that this user"],
        ),
        (with("MARKETPLACE_FEE_BSP", "hunter2"), &["settings"], &["MARKETPLACE_FEE_BSP", "typing error"]),
        (
            with("MARKETPLACE_DATA_DIR", &below_a_file),
            &["secret", "database", "files", "mail"],
            &["MARKETPLACE_DATA_DIR name a folder"],
        ),
        (
            with("MARKETPLACE_DATA_DIR", &short_secret.path().display().to_string()),
            &["secret"],
            &["no secret of 32 bytes", "delete the file"],
        ),
        (paystack(&key, &twin), &[], &["Paystack, test mode"]),
        (paystack("sk_test_hunter2hunter2", &twin), &["payments"], &["PAYSTACK_SECRET_KEY is not accepted"]),
        (paystack(&key, &unreachable), &["payments"], &["reaches the gateway"]),
        (with("PAYSTACK_SECRET_KEY", "hunter2"), &["payments"], &["begins with sk_"]),
        (in_bucket("AWS_REGION", "us-east-1"), &[], &["S3 at"]),
        (in_bucket("AWS_BUCKET", "another-bucket"), &["files"], &["AWS_BUCKET exists"]),
        (in_bucket("AWS_SECRET_ACCESS_KEY", "hunter2"), &["files"], &["whether the key may read"]),
        (in_bucket("AWS_ENDPOINT_URL_S3", &unreachable), &["files"], &["AWS_ENDPOINT_URL_S3"]),
        (with("SMTP_URL", &smtp("correct")).with_variable("SMTP_CA", mail.authority()), &[], &["lets us in"]),
        (
            with("SMTP_URL", &smtp("hunter2")).with_variable("SMTP_CA", mail.authority()),
            &["mail"],
            &["password of SMTP_URL"],
        ),
        (with("SMTP_URL", &smtp("correct")), &["mail"], &["SMTP_CA"]),
        (with("SMTP_URL", &nowhere), &["mail"], &["host, port"]),
        (
            paystack(&key, &unreachable).with_variable("SMTP_URL", &nowhere).with_database(&elsewhere),
            &["database", "payments", "mail"],
            &["3 parts need you"],
        ),
        (
            with("APP_ENV", "production")
                .with_variable("PAYSTACK_SECRET_KEY", "sk_live_0123456789abcdef0123456789abcdef01234567")
                .with_variable("PAYSTACK_BASE_URL", &twin)
                .with_variable("APP_SECRET", "0123456789abcdef0123456789abcdef")
                .with_variable("MARKETPLACE_RATE_LIMIT", "on")
                .with_variable("SMTP_URL", format!("smtp://{}?tls=none", mail.address()))
                .with_variable("MAIL_FROM", "no-reply@books.example"),
            &["addresses", "payments"],
            &["set BASE_URL to the address that buyers see"],
        ),
    ];
    for (options, parts, words) in cases {
        let folder = TempDir::new().unwrap();
        let exit = options.run(folder.path(), &["doctor"], None).await;
        assert_eq!(wrong(&exit), parts, "{words:?} {exit:#?}");
        for word in words {
            assert!(exit.stdout.contains(word) || exit.stderr.contains(word), "{word}: {exit:#?}");
        }
    }
    assert!(mail.received().is_empty(), "no mail was sent");
    assert!(bucket.objects().is_empty(), "nothing is left in the bucket");
}
