//! The frame of a server's program: the command line, the settings, and how it ends.

use crate::{
    cli::{self, AdminCommand, Cli, Command, LedgerCommand, Outcome},
    doctor, healthcheck,
    settings::Settings,
    telemetry, worker,
};
use clap::Parser as _;
use std::{error::Error, process::ExitCode};

/// Runs the command of the command line; `serve` is the server's own.
pub async fn run<F>(serve: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Box<dyn Error>>>,
{
    let cli = Cli::parse();
    telemetry::init();
    let ran = async {
        let settings = Settings::from_env()?;
        let outcome = match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => return serve(settings).await.map(|()| None),
            Command::Worker => worker::work(settings).await?,
            Command::Migrate => cli::migrate(&settings).await?,
            Command::Doctor => doctor::examine(&settings).await,
            Command::Healthcheck => healthcheck::ask(&settings).await?,
            Command::Admin(AdminCommand::Create(admin)) => cli::create_admin(admin, &settings).await?,
            Command::Ledger(LedgerCommand::Verify) => cli::verify_ledger(&settings).await?,
        };
        Ok(Some(outcome))
    };
    match ran.await {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(Outcome::Done(text))) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Some(Outcome::Failed(text))) => {
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}
