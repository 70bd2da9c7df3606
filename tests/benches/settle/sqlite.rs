//! The same on SQLite.

use super::run::Scale;

pub async fn run(_: &Scale) {}
