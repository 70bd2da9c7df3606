//! `Idempotency-Key`: the same request again gets the same answer.
//!
//! Guarantees: of many equal requests under one key one runs; its good answer is kept and given again, with
//! its status; another body under the key is 409, a request that still runs is 409 with `Retry-After`. What
//! was refused without effect frees the key; what may have had an effect goes on under the same serial. A
//! request that dies holds its key no longer than the lease.
//!
//! Does not: keep secrets. A stored answer has no token in it.
//!
//! Called by: the handlers of routes whose row in the table says so.

use crate::{headers::Headers, problem::Problem};
use marketplace_core::{
    answer::{AnswerEnd, AnswerScope, Answers, BeginAnswer, Begun, StoredAnswer},
    commit::InputHash,
    id::IdGen,
    time::Clock,
};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// How long a request may run alone: longer than any gateway call.
const LEASE: Duration = Duration::from_mins(1);
/// How long a key is remembered.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// When to ask again for a request that still runs: most end within a second.
const AGAIN: Duration = Duration::from_secs(1);

/// A client's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// Reads the header, if it is there.
    pub(crate) fn read(headers: &Headers) -> Result<Option<Self>, Problem> {
        let wrong = || {
            let detail = "an idempotency key has 1 to 255 visible ASCII characters and is given once";
            Problem::new(400, "idempotency_key_invalid", detail)
        };
        let Some(key) = headers.single("idempotency-key").map_err(|_| wrong())? else { return Ok(None) };
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=255).contains(&key.len()) { Ok(Some(Self(key.to_owned()))) } else { Err(wrong()) }
    }
}

/// What a request under a key is about.
#[derive(Debug)]
pub(crate) struct Command<'a> {
    /// The client's key, if it gave one.
    pub(crate) key: Option<Key>,
    /// Who acts: a user, the holder of an order, or a guest's address and client.
    pub(crate) actor: &'a str,
    /// The method and path.
    pub(crate) route: (&'a str, &'a str),
    /// The body.
    pub(crate) body: &'a [u8],
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Run.
    Run(Run),
    /// It ran; this was the answer.
    Replay(StoredAnswer),
}

/// A request that runs.
#[derive(Debug)]
pub(crate) struct Run {
    /// Names the command for ever.
    pub(crate) serial: Uuid,
    held: Option<(AnswerScope, i64)>,
    /// Whether the key was used for the first time: nothing can have come of it before.
    first: bool,
}

/// The ports that keys need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports<'a> {
    pub(crate) answers: &'a dyn Answers,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) ids: &'a dyn IdGen,
}

/// Asks for a turn.
pub(crate) async fn begin(ports: Ports<'_>, command: &Command<'_>) -> Result<Turn, Problem> {
    let now = ports.clock.now();
    let serial = ports.ids.uuid(now);
    let Some(key) = &command.key else {
        return Ok(Turn::Run(Run { serial, held: None, first: true }));
    };
    let scope = scope(command, key);
    let begin = BeginAnswer {
        scope,
        input: InputHash::from_bytes(Sha256::digest(command.body).into()),
        serial,
        now,
        lease_until: now.saturating_add(LEASE),
        expires_at: now.saturating_add(KEPT),
    };
    match ports.answers.begin_answer(begin).await? {
        Begun::Run { serial: given, fence } => {
            Ok(Turn::Run(Run { serial: given, held: Some((scope, fence)), first: given == serial }))
        }
        Begun::Answered(stored) => Ok(Turn::Replay(stored)),
        Begun::Running { .. } => {
            let detail = "the same request is still running";
            Err(Problem::new(409, "request_in_progress", detail).with_retry_after(AGAIN))
        }
        Begun::Reused => {
            let detail = "this idempotency key was used with another body";
            Err(Problem::new(409, "idempotency_key_reused", detail))
        }
    }
}

impl Run {
    /// Ends the turn by its outcome: the answer to keep, or the refusal.
    pub(crate) async fn end(self, ports: Ports<'_>, outcome: Result<&StoredAnswer, &Problem>) {
        let Some((scope, fence)) = self.held else { return };
        let end = match outcome {
            Ok(stored) => AnswerEnd::Keep(stored.clone()),
            // A conflict may have come up after a first step was committed.
            Err(problem) if self.first && problem.status() < 500 && problem.status() != 409 => {
                AnswerEnd::Forget
            }
            Err(_) => AnswerEnd::Reopen,
        };
        match ports.answers.end_answer(scope, fence, end).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a request outlived its lease; another one took its key over"),
            // The request itself is done. Its key is free when the lease ends, under the same serial.
            Err(error) => tracing::warn!(error = %error, "an answer was not kept"),
        }
    }
}

/// Each part with its length before it, so that no two commands have one text.
fn scope(command: &Command<'_>, key: &Key) -> AnswerScope {
    let mut hash = Sha256::new();
    for part in [command.actor, command.route.0, command.route.1, &key.0] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    AnswerScope(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii() {
        let read = |value: &str| {
            let headers: Headers = [("Idempotency-Key", value)].into_iter().collect();
            Key::read(&headers).map_err(|problem| (problem.status(), problem.code()))
        };
        assert_eq!(Key::read(&Headers::new()), Ok(None));
        assert_eq!(read("a"), Ok(Some(Key("a".to_owned()))));
        assert!(read(&"k".repeat(255)).is_ok());
        for wrong in ["", " ", "a b", "ключ", "a\u{7f}", &"k".repeat(256)] {
            assert_eq!(read(wrong), Err((400, "idempotency_key_invalid")), "{wrong:?}");
        }
        let twice: Headers = [("idempotency-key", "a"), ("idempotency-key", "a")].into_iter().collect();
        assert!(Key::read(&twice).is_err());
    }

    #[test]
    fn scopes_never_run_together() {
        let of = |actor, path, key: &str| {
            let command = Command { key: None, actor, route: ("POST", path), body: b"" };
            scope(&command, &Key(key.to_owned()))
        };
        assert_eq!(of("a", "/x", "k"), of("a", "/x", "k"));
        assert_ne!(of("a", "/x", "k"), of("a/", "x", "k"));
        assert_ne!(of("a", "/x", "k"), of("a", "/xk", ""));
        assert_ne!(of("a", "/x", "k"), of("b", "/x", "k"));
    }
}
