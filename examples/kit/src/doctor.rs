//! The command `doctor`: connects to every part and says in words what to fix.
//!
//! It moves no money, sends no mail and changes no schema. What it writes to the file store it deletes again.

use crate::{
    assembly::StartError,
    cli::Outcome,
    database::Database,
    files::Files,
    settings::{Environment, Settings},
};
use bytes::Bytes;
use marketplace_core::{
    error::StoreError,
    file::ObjectKey,
    id::{FileVersionId, IdGen as _, OsIdGen},
    payment::{Collect as _, GatewayError, GatewayErrorKind, Window},
    time::{Clock as _, SystemClock},
};
use marketplace_email::{OutboxFolder, SmtpMailer};
use marketplace_paystack::{Paystack, PaystackConfig};
use secrecy::ExposeSecret as _;
use std::{error::Error, fmt::Write as _, sync::Arc, time::Duration};

/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is wrong with a part, and what to do about it.
#[derive(Debug)]
struct Trouble {
    what: String,
    fix: String,
}

impl Trouble {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }

    /// An error with all its causes.
    fn of(error: &dyn Error, fix: impl Into<String>) -> Self {
        let mut what = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            // Some errors repeat their cause.
            let text = error.to_string();
            if !what.ends_with(&text) {
                let _ = write!(what, ": {text}");
            }
            cause = error.source();
        }
        Self::new(what, fix)
    }
}

/// What a part is when it works.
type Finding = Result<String, Trouble>;

/// Looks at every part, whatever the others are like.
pub(crate) async fn examine(settings: &Settings) -> Outcome {
    let findings = [
        ("settings", names(settings)),
        ("addresses", addresses(settings)),
        ("secret", secret(settings)),
        ("database", in_time(database(settings), "DATABASE_URL").await),
        ("payments", in_time(payments(settings), "PAYSTACK_BASE_URL").await),
        ("files", in_time(files(settings), "AWS_ENDPOINT_URL_S3").await),
        ("mail", in_time(mail(settings), "SMTP_URL").await),
    ];
    let wrong = findings.iter().filter(|(_, finding)| finding.is_err()).count();
    let mut report = String::new();
    for (part, finding) in &findings {
        // Writing to a String cannot fail.
        let _ = match finding {
            Ok(what) => writeln!(report, "  {part:<11}ok     {what}"),
            Err(Trouble { what, fix }) => {
                writeln!(report, "  {part:<11}WRONG  {what}\n{:>14}to fix: {fix}", "")
            }
        };
    }
    let report = report.trim_end();
    match wrong {
        0 => Outcome::Done(format!("every part works\n{report}")),
        1 => Outcome::Failed(format!("one part needs you\n{report}")),
        several => Outcome::Failed(format!("{several} parts need you\n{report}")),
    }
}

/// A part that does not answer is in trouble, too.
async fn in_time(examination: impl Future<Output = Finding>, variable: &str) -> Finding {
    tokio::time::timeout(PATIENCE, examination).await.unwrap_or_else(|_| {
        let what = format!("no answer in {} seconds", PATIENCE.as_secs());
        Err(Trouble::new(what, format!("look at {variable}, and at firewalls on the way")))
    })
}

fn names(settings: &Settings) -> Finding {
    if let Some(name) = settings.unknown.first() {
        return Err(Trouble::new(
            format!("{name}: there is no such setting"),
            "remove it, or look for a typing error; docs/settings.md lists all names",
        ));
    }
    let environment = match settings.environment {
        Environment::Development => {
            "APP_ENV is development: the mailbox, the clock and play money are open to all"
        }
        Environment::Production => "APP_ENV is production",
    };
    let limits = if settings.rate_limit { "" } else { "; clients are not limited (MARKETPLACE_RATE_LIMIT)" };
    Ok(format!("{environment}{limits}"))
}

fn addresses(settings: &Settings) -> Finding {
    let production = settings.environment == Environment::Production;
    match &settings.base_url {
        None if production => Err(Trouble::new(
            format!("links in mails would lead to http://{}:{}", settings.host, settings.port),
            "set BASE_URL to the address that buyers see, such as https://shop.example",
        )),
        Some(url) if production && url.starts_with("http://") => Err(Trouble::new(
            "BASE_URL begins with http://, so sign-ins and links would cross the net in the open",
            "put the server behind TLS, and let BASE_URL begin with https://",
        )),
        Some(url) => Ok(format!("links lead to {url}")),
        None => Ok(format!("links lead to http://{}:{}", settings.host, settings.port)),
    }
}

fn secret(settings: &Settings) -> Finding {
    if settings.app_secret.is_some() {
        return Ok("APP_SECRET is set".to_owned());
    }
    let path = settings.data_dir.join("app-secret");
    let shown = path.display();
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => Ok(format!("kept in {shown}")),
        Ok(_) => Err(Trouble::new(
            format!("{shown} holds no secret of 32 bytes"),
            "delete the file, and a new one is made: every link that was mailed dies with the old one",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(format!("made at the first start, and kept in {shown}"))
        }
        Err(error) => Err(Trouble::of(&error, format!("let this user read {shown}, or set APP_SECRET"))),
    }
}

async fn database(settings: &Settings) -> Finding {
    let database = Database::connect(settings).await.map_err(|error| match &error {
        StartError::DataFolder(..) => Trouble::of(
            &error,
            "let MARKETPLACE_DATA_DIR name a folder that this user may make and write",
        ),
        _ if settings.database_url.as_deref().is_some_and(|url| url.starts_with("postgres")) => Trouble::of(
            &error,
            "look whether PostgreSQL runs at this address, and whether the user, the password and the database of \
             DATABASE_URL exist",
        ),
        _ => Trouble::of(&error, "let DATABASE_URL name a file that this user may read and write"),
    })?;
    let finding = tables(&database).await;
    database.close().await;
    finding
}

/// What a database that lets us in has of ours.
async fn tables(database: &Database) -> Finding {
    let log = |error: StoreError| Trouble::of(&error, "look into the database's own log");
    if !database.is_migrated().await.map_err(log)? {
        return if database.may_migrate().await.map_err(log)? {
            Ok(format!("{database}, without our tables as yet: `migrate` and `serve` make them"))
        } else {
            Err(Trouble::new(
                "our tables are not there, and this user may not make them",
                "let the user of DATABASE_URL own the database, or grant it CREATE on the schema",
            ))
        };
    }
    match database.store().check().await {
        Ok(()) => Ok(database.to_string()),
        Err(error @ StoreError::Defect(_)) => Err(Trouble::of(
            &error,
            "our tables are there, and do not answer: run `migrate`, and let the user of DATABASE_URL read and write them",
        )),
        Err(error) => Err(log(error)),
    }
}

async fn payments(settings: &Settings) -> Finding {
    let Some(key) = &settings.paystack_secret_key else {
        return Ok("the built-in sandbox, with play money (PAYSTACK_SECRET_KEY)".to_owned());
    };
    let config = settings.paystack(PaystackConfig::new(key.clone()));
    let wrong =
        "copy the secret key from Settings, API Keys & Webhooks, of Paystack's dashboard: it begins with sk_";
    let gateway = Paystack::new(config).map_err(|error| Trouble::of(&error, wrong))?;
    // The shortest list there is: it needs the key, and tells nothing.
    let until = SystemClock.now();
    let window = Window { from: until.saturating_sub(Duration::from_secs(1)), until };
    match gateway.list(window, None).await {
        Ok(_) => {
            let test = key.expose_secret().trim().starts_with("sk_test_");
            Ok(if test { "Paystack, test mode: no real money" } else { "Paystack, live mode" }.to_owned())
        }
        Err(error) => Err(Trouble::of(&error, gateway_fix(&error, wrong))),
    }
}

fn gateway_fix(error: &GatewayError, wrong_key: &str) -> String {
    match error.kind {
        GatewayErrorKind::Authentication => format!("PAYSTACK_SECRET_KEY is not accepted; {wrong_key}"),
        GatewayErrorKind::Transient | GatewayErrorKind::UnknownOutcome => {
            "look whether this machine reaches the gateway: the network, a proxy, PAYSTACK_BASE_URL; and whether the \
             gateway is up"
                .to_owned()
        }
        GatewayErrorKind::RateLimited { .. } => "wait a minute, and ask again".to_owned(),
        _ => "look whether PAYSTACK_BASE_URL is really a gateway, or leave it out".to_owned(),
    }
}

async fn files(settings: &Settings) -> Finding {
    let fix = if settings.bucket.is_some() {
        "look whether the bucket AWS_BUCKET exists in AWS_REGION, whether AWS_ENDPOINT_URL_S3 is its server, and \
         whether the key may read, write and delete in it; docs/storage.md has a policy"
    } else {
        "let MARKETPLACE_DATA_DIR name a folder that this user may make and write, on a disk with room"
    };
    let files = Files::open(settings).await.map_err(|error| Trouble::of(&error, fix))?;
    let ids =
        OsIdGen::new().map_err(|error| Trouble::of(&error, "look whether the system has random numbers"))?;
    let key = ObjectKey::of(FileVersionId::generate(&ids, SystemClock.now()));
    let body = Bytes::copy_from_slice(&ids.bytes()[..]);
    let length = body.len() as u64;
    let stream = Box::pin(futures_util::stream::once(std::future::ready(Ok(body))));
    let kept = async {
        files.store.put(&key, stream, length).await?;
        let seen = files.store.head(&key).await?;
        files.store.delete(&key).await?;
        Ok::<_, marketplace_core::file::FileError>(seen.is_some())
    };
    match kept.await {
        Ok(true) => Ok(files.name),
        Ok(false) => Err(Trouble::new("what was written is not there", fix)),
        Err(error) => Err(Trouble::of(&error, fix)),
    }
}

async fn mail(settings: &Settings) -> Finding {
    let (sender, clock) = (settings.mail_from.clone(), Arc::new(SystemClock));
    let Some(smtp) = &settings.smtp else {
        let folder = settings.data_dir.join("mail");
        let shown = folder.display().to_string();
        return match OutboxFolder::open(folder, sender, clock) {
            Ok(_) => Ok(format!("kept in {shown} and shown at /dev/mailbox; nothing is sent (SMTP_URL)")),
            Err(error) => Err(Trouble::of(
                &error,
                "let MARKETPLACE_DATA_DIR name a folder that this user may make and write",
            )),
        };
    };
    let fix = "look at host, port, user and password of SMTP_URL (what is special in them percent-encoded), and \
               at the certificate (SMTP_CA); docs/mail.md has the ports";
    let mailer = SmtpMailer::new(smtp.clone(), sender, clock).map_err(|error| Trouble::of(&error, fix))?;
    match mailer.check().await {
        Ok(()) => Ok(format!("{}:{} lets us in", smtp.host(), smtp.port())),
        Err(error) => Err(Trouble::of(&error, fix)),
    }
}
