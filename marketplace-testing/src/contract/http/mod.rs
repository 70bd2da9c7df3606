//! The suite for glue to another framework: one script of requests, and what a server answers to it, byte for byte.
//!
//! Guarantees: every route is played, and granted at least once where a sound server can grant it; bodies go beyond what
//! frameworks take by themselves, both ways; ids, tokens, times, request ids and the server's own address are replaced by
//! their order of appearance; everything else, headers included, must come as it is recorded. The project's own two servers
//! give the recorded answers on both of their stores, and glue with a defect is found out (their tests plant some).
//!
//! Does not: start the server. It must be the reference assembly (`example-kit`) in development on an empty store, with
//! its sandbox, its mailbox and `MARKETPLACE_RATE_LIMIT=off`, and nobody may have used it before but an operator who has
//! signed in.
//!
//! Called by: the tests of whoever writes glue; `docs/embed.md` shows how.

mod operator;
mod parts;
mod play;
mod recording;
mod script;

use self::{play::Play, recording::Recording};
use crate::http::{Client, Transcript};
use std::{collections::BTreeSet, fmt};

/// What the project's own servers answer.
pub const RECORDED: &str = include_str!("recorded.txt");

/// What the suite needs and cannot get over HTTP.
#[derive(Clone)]
pub struct Keys {
    /// The bearer token of an operator: `admin create` makes one, who then signs in.
    pub operator: String,
    /// The secret key of the gateway's sandbox, with which it signs its notices: the file `paystack-secret-key` in the
    /// server's data folder.
    pub gateway: String,
}

/// Shows neither.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// What came of the script.
#[derive(Debug)]
pub struct Played {
    /// The answers.
    pub transcript: Transcript,
    /// What was asked for and granted (answered with 2xx or 3xx): methods and paths as sent, queries left out.
    pub granted: BTreeSet<(String, String)>,
}

/// Plays the script on the server of this client and holds every answer against the recorded one.
///
/// # Panics
/// At the first answer that differs: with both.
pub async fn answers_alike(client: Client, keys: &Keys) -> Played {
    played(client, keys, Some(Recording::of(RECORDED))).await
}

/// Plays the script without a look at what is recorded.
///
/// # Panics
/// If an answer is such that the script cannot go on.
pub async fn play(client: Client, keys: &Keys) -> Played {
    played(client, keys, None).await
}

async fn played(client: Client, keys: &Keys, recording: Option<Recording>) -> Played {
    let mut play = Play::new(client, recording);
    script::script(&mut play, keys).await;
    play.end()
}
