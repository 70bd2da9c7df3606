//! The commands of the servers, and those that need a database and nothing else.

use crate::{assembly::StartError, database::Database, settings::Settings};
use clap::{Args, Parser, Subcommand};
use marketplace_core::{
    commit::Committer,
    error::Failure as _,
    id::{AppSecret, OsIdGen},
    identity::{Identity, IdentityError},
    job::Wake,
    ledger::Wallet,
    runtime::Argon2Hasher,
    time::SystemClock,
};
use secrecy::SecretString;
use std::{io::Read as _, sync::Arc, time::Duration};

/// A digital marketplace. Settings come from environment variables: see docs/settings.md.
#[derive(Debug, Parser)]
#[command(name = "marketplace-server", version)]
pub struct Cli {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Migrate the database and serve.
    Serve,
    /// Run background jobs only, beside servers with `MARKETPLACE_WORKERS=off`.
    Worker,
    /// Bring the database's schema up to date, and end.
    Migrate,
    /// Connect to every part, and say what to fix. Moves no money, sends no mail, changes no data.
    Doctor,
    /// Ask the server that listens at HOST and PORT whether it is ready; exit code 1 if not.
    Healthcheck,
    /// Work on operators. May run beside a server.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Work on the ledger. May run beside a server.
    #[command(subcommand)]
    Ledger(LedgerCommand),
}

/// Work on operators.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// Make an operator.
    Create(CreateAdmin),
}

/// An operator to be made.
#[derive(Debug, Clone, Args)]
pub struct CreateAdmin {
    /// The operator's address.
    pub email: String,
    /// Read the password from standard input (the only way, so that it stands in no history).
    #[arg(long, required = true)]
    pub password_stdin: bool,
}

/// Work on the ledger.
#[derive(Debug, Clone, Subcommand)]
pub enum LedgerCommand {
    /// Compare every sum and recompute the hash chain.
    Verify,
}

/// How a command ended, other than by an error of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Well; the text is for standard output.
    Done(String),
    /// Badly; the text is for standard error, and the exit code is 1.
    Failed(String),
}

/// Brings the schema up to date.
///
/// # Errors
/// The database cannot be opened or migrated.
pub(crate) async fn migrate(settings: &Settings) -> Result<Outcome, StartError> {
    let database = Database::open(settings).await?;
    database.close().await;
    Ok(Outcome::Done(format!("the schema is up to date: {database}")))
}

/// Makes an operator.
///
/// # Errors
/// The database cannot be opened, or its tables cannot be made; there is no randomness.
pub(crate) async fn create_admin(admin: CreateAdmin, settings: &Settings) -> Result<Outcome, StartError> {
    let database = Database::made_or_new(settings).await?;
    let store = database.store();
    let identity = Identity {
        users: store.clone(),
        sessions: store.clone(),
        committer: Committer::new(store, Wake::default()),
        hasher: Arc::new(Argon2Hasher::new(1)?),
        clock: Arc::new(SystemClock),
        ids: Arc::new(OsIdGen::new()?),
        // No token is made here, so the server's own secret is not needed.
        secret: AppSecret::new([0; 32])?,
        sign_in_ttl: Duration::ZERO,
    };
    let outcome = create_operator(&identity, admin.email).await;
    database.close().await;
    Ok(outcome)
}

async fn create_operator(identity: &Identity, email: String) -> Outcome {
    let mut password = String::new();
    if let Err(error) = std::io::stdin().read_to_string(&mut password) {
        return Outcome::Failed(format!("the password cannot be read: {error}"));
    }
    let password: SecretString = password.trim_end_matches(['\r', '\n']).to_owned().into();
    match identity.create_operator(email, password).await {
        Ok(user) => Outcome::Done(format!("operator {} {}", user.id, user.email)),
        Err(IdentityError::Invalid(fields)) => {
            let lines: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
            Outcome::Failed(lines.join("\n"))
        }
        Err(error) => Outcome::Failed(format!("{error} ({})", error.code())),
    }
}

/// Compares every sum, and recomputes the chain.
///
/// # Errors
/// The database cannot be opened, or has no tables.
pub(crate) async fn verify_ledger(settings: &Settings) -> Result<Outcome, StartError> {
    let database = Database::made(settings).await?;
    let store = database.store();
    let wallet = Wallet {
        ledger: store.clone(),
        audit: store.clone(),
        committer: Committer::new(store, Wake::default()),
        clock: Arc::new(SystemClock),
    };
    let outcome = match wallet.verify().await {
        Ok(report) if report.is_healthy() => Outcome::Done(format!(
            "the ledger adds up: {} entries in the chain, {} not yet",
            report.sealed, report.unsealed
        )),
        Ok(report) => Outcome::Failed(format!("the ledger does not add up: {:#?}", report.findings)),
        Err(error) => Outcome::Failed(format!("the ledger could not be verified: {error}")),
    };
    database.close().await;
    Ok(outcome)
}
