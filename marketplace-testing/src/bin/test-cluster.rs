//! Runs a command with a PostgreSQL server for tests: `test-cluster -- cargo nextest run`.
//!
//! The server is started before the command and gone after it; the command finds it in `TEST_DATABASE_URL`. Where that
//! is set already, the command just runs. Exits with the command's code, or 128 and its signal.

use marketplace_testing::postgres::{TestCluster, URL_VARIABLE};
use std::{
    env,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).skip_while(|argument| argument == "--");
    let Some(program) = arguments.next() else {
        eprintln!("usage: test-cluster -- COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let cluster = match env::var_os(URL_VARIABLE) {
        Some(_) => None,
        None => match TestCluster::start() {
            Ok(cluster) => Some(cluster),
            Err(error) => {
                eprintln!("test-cluster: {error}");
                return ExitCode::from(1);
            }
        },
    };
    if let Some(cluster) = &cluster {
        command.env(URL_VARIABLE, cluster.url());
    }
    let status = match command.status() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("test-cluster: the command cannot be run: {error}");
            return ExitCode::from(127);
        }
    };
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
