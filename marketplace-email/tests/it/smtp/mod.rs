//! Over the wire, to a server in the same process.

mod faults;
mod injection;
mod pool;
mod ways;

use super::{at, compose, content, mail, purchase};
use marketplace_core::{
    mail::{Mail, MailError, Mailer},
    time::ManualClock,
};
use marketplace_email::{Sender, SmtpConfig, SmtpMailer};
use marketplace_testing::smtp::{SmtpServer, SmtpServerOptions};
use std::{error::Error, sync::Arc, time::Duration};

/// Long enough for a slow machine.
const LONG: Duration = Duration::from_secs(30);
/// For what never comes; everything else has to come within it.
const SHORT: Duration = Duration::from_secs(3);

struct Wire {
    server: SmtpServer,
    clock: Arc<ManualClock>,
    mailer: SmtpMailer,
}

fn sender() -> Sender {
    "Ada's Books <no-reply@books.example>".parse().unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(at("2026-11-23T06:05:00Z")))
}

/// The settings with which this server is reached.
fn config(server: &SmtpServer) -> SmtpConfig {
    let config: SmtpConfig = server.url().parse().unwrap();
    config.with_root_certificates(server.authority()).with_step_timeout(LONG).with_end_timeout(LONG)
}

impl Wire {
    async fn new(options: SmtpServerOptions) -> Self {
        Self::with(options, |config| config).await
    }

    async fn with(options: SmtpServerOptions, how: impl FnOnce(SmtpConfig) -> SmtpConfig) -> Self {
        let (server, clock) = (SmtpServer::start(options).await, clock());
        let mailer =
            SmtpMailer::new(how(config(&server)), sender(), Arc::<ManualClock>::clone(&clock)).unwrap();
        Self { server, clock, mailer }
    }

    async fn send(&self) -> Result<(), MailError> {
        self.mailer.send(simple()).await
    }
}

fn simple() -> Mail {
    mail("purchase.ord_1", "bob@mail.example", content("s", "t", "h"))
}

/// The whole chain of causes, as the operator's list shows it.
fn reason(error: &MailError) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.join(": ")
}

fn transient(sent: Result<(), MailError>) -> String {
    let error = sent.unwrap_err();
    assert!(matches!(error, MailError::Transient(_)), "{error:?}");
    reason(&error)
}

fn permanent(sent: Result<(), MailError>) -> String {
    let error = sent.unwrap_err();
    assert!(matches!(error, MailError::Permanent(_)), "{error:?}");
    reason(&error)
}
