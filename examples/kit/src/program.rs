//! The frame of a server's program: the command line, the settings, and how it ends.

use crate::{
    cli::{Cli, Command, Outcome, run_command},
    settings::Settings,
    telemetry,
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
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve(settings).await.map(|()| None),
            command => Ok(Some(run_command(command, settings).await?)),
        }
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
