//! Delivery of webhooks.
//!
//! Guarantees that a due webhook is attempted by one caller at a time, that one slow receiver does not hold up
//! the others, and that every finished attempt is recorded. At least once, never exactly once: an attempt cut
//! off by shutdown or crash is made again. A webhook that was damaged on purpose is damaged on the wire only: its
//! record holds the right text. Spawns nothing: the host awaits [`Sandbox::run`]. Callers: hosts (`run`,
//! `wake`), tests (`deliver_due`).

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::{Client, Url};

use super::control::Damage;
use super::record::{AttemptOutcome, Record, WebhookAttempted};
use super::twin::{Config, Sandbox};
use super::webhook::{ANSWER_SECONDS, SIGNATURE, retry_at};

/// Attempts under way at the same time.
const PARALLEL: usize = 16;
/// The clock is looked at again after this, in case it was moved and nobody called `wake`.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// Where webhooks go, and how.
pub(super) struct Receiver {
    pub(super) url: Url,
    pub(super) http: Client,
}

/// The right to attempt one webhook. Dropping it gives the right back.
struct Claim<'a> {
    sandbox: &'a Sandbox,
    receiver: &'a Receiver,
    webhook: u64,
    body: String,
    damage: Option<Damage>,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(hook) = self.sandbox.lock().state.hook_mut(self.webhook) {
            hook.in_flight = false;
        }
    }
}

impl Claim<'_> {
    async fn attempt(self) {
        let at = self.sandbox.now();
        let outcome = self.send().await;
        self.sandbox.attempted(self.webhook, at, outcome);
    }

    async fn send(&self) -> AttemptOutcome {
        let Sent { body, signature } = sent(self.sandbox.config(), &self.body, self.damage);
        let mut request = self
            .receiver
            .http
            .post(self.receiver.url.clone())
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(ANSWER_SECONDS))
            .body(body);
        if let Some(signature) = signature {
            request = request.header(SIGNATURE, signature);
        }
        match request.send().await {
            Ok(answer) if *answer.url() != self.receiver.url => AttemptOutcome::Redirected,
            Ok(answer) => AttemptOutcome::Answered(answer.status().as_u16()),
            Err(error) if error.is_timeout() => AttemptOutcome::TimedOut,
            Err(error) => {
                let error = error.without_url();
                tracing::debug!(%error, webhook = self.webhook, "the webhook's receiver is out of reach");
                AttemptOutcome::Unreachable
            }
        }
    }
}

/// What goes over the wire.
struct Sent {
    body: String,
    signature: Option<String>,
}

fn sent(config: &Config, text: &str, damage: Option<Damage>) -> Sent {
    let signature = config.signer.sign(text.as_bytes());
    let (body, signature) = match damage {
        None => (text.to_owned(), Some(signature)),
        Some(Damage::NoSignature) => (text.to_owned(), None),
        Some(Damage::Signature) => {
            let last = if signature.ends_with('0') { "1" } else { "0" };
            let start = signature.get(..signature.len().saturating_sub(1)).unwrap_or_default();
            (text.to_owned(), Some([start, last].concat()))
        }
        Some(Damage::OtherKey) => (text.to_owned(), Some(config.stranger.sign(text.as_bytes()))),
        Some(Damage::Rewritten) => {
            let parsed = serde_json::from_str::<serde_json::Value>(text);
            (parsed.map_or_else(|_| text.to_owned(), |parsed| parsed.to_string()), Some(signature))
        }
        Some(Damage::Cut) => {
            let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(index, _)| index);
            (text.get(..half).unwrap_or_default().to_owned(), Some(signature))
        }
    };
    Sent { body, signature }
}

impl Sandbox {
    /// Delivers webhooks until `shutdown` completes: each as soon as it is due, or at once when it is queued.
    /// Refunds, transfers and disputes go on meanwhile as the clock says.
    ///
    /// Attempts under way at shutdown are cut off and made again by the next `run`. Needs a Tokio runtime
    /// with time and IO.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut attempts = FuturesUnordered::new();
        loop {
            self.catch_up();
            // `notify_one` leaves a permit behind, so nothing queued between the claim and the wait is missed.
            for claim in self.claim_due(PARALLEL.saturating_sub(attempts.len())) {
                attempts.push(claim.attempt());
            }
            let sleep = if attempts.len() < PARALLEL { self.until_next_delivery() } else { LONGEST_SLEEP };
            tokio::select! {
                () = &mut shutdown => return,
                Some(()) = attempts.next(), if !attempts.is_empty() => {}
                () = self.changed().notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// Attempts everything that is due now, once, and says how many attempts that were.
    pub async fn deliver_due(&self) -> usize {
        self.catch_up();
        let mut claims = self.claim_due(usize::MAX).into_iter();
        let mut attempts: FuturesUnordered<_> = claims.by_ref().take(PARALLEL).map(Claim::attempt).collect();
        let mut done = 0_usize;
        while let Some(()) = attempts.next().await {
            done = done.saturating_add(1);
            if let Some(claim) = claims.next() {
                attempts.push(claim.attempt());
            }
        }
        done
    }

    /// Attempts these, one after the other.
    pub(super) async fn deliver(&self, webhooks: &[u64]) -> usize {
        self.catch_up();
        let mut done = 0_usize;
        for webhook in webhooks {
            if let Some(claim) = self.claim(*webhook) {
                claim.attempt().await;
                done = done.saturating_add(1);
            }
        }
        done
    }

    /// Makes [`Sandbox::run`] look at the clock again, which hosts do after moving it.
    pub fn wake(&self) {
        self.changed().notify_one();
    }

    /// When the next webhook is due, on the injected clock. None while none is owed, all are under way or held
    /// back, or there is no address to send them to.
    pub fn next_delivery_at(&self) -> Option<i64> {
        self.config().receiver.as_ref()?;
        self.catch_up();
        let shared = self.lock();
        if shared.controls.held {
            return None;
        }
        shared.state.hooks().filter(|hook| !hook.in_flight).filter_map(|hook| hook.due_at).min()
    }

    /// When something goes on by itself. What is overdue could not be written, and waits for the next look.
    fn next_step_at(&self) -> Option<i64> {
        let now = self.now();
        self.lock().state.agenda.first().map(|(due, _)| due).filter(|due| *due > now)
    }

    fn until_next_delivery(&self) -> Duration {
        let due = [self.next_delivery_at(), self.next_step_at()].into_iter().flatten().min();
        let micros = due.map(|due| due.saturating_sub(self.now()).max(0));
        let wait = micros.and_then(|micros| u64::try_from(micros).ok()).map(Duration::from_micros);
        wait.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    fn claim_due(&self, most: usize) -> Vec<Claim<'_>> {
        let now = self.now();
        let shared = self.lock();
        if shared.controls.held {
            return Vec::new();
        }
        let is_due = |due: Option<i64>| due.is_some_and(|due| due <= now);
        let due = shared.state.hooks().filter(|hook| !hook.in_flight && is_due(hook.due_at));
        let due: Vec<u64> = due.take(most).map(|hook| hook.queued.webhook).collect();
        drop(shared);
        due.into_iter().filter_map(|webhook| self.claim(webhook)).collect()
    }

    /// The right to attempt one that is owed still and not under way.
    fn claim(&self, webhook: u64) -> Option<Claim<'_>> {
        let receiver = self.config().receiver.as_ref()?;
        let mut shared = self.lock();
        let hook = shared.state.hook_mut(webhook).filter(|hook| !hook.in_flight && hook.due_at.is_some())?;
        hook.in_flight = true;
        let (body, damage) = (hook.queued.body.clone(), hook.queued.damage);
        Some(Claim { sandbox: self, receiver, webhook, body, damage })
    }

    fn attempted(&self, webhook: u64, at: i64, outcome: AttemptOutcome) {
        let now = self.now();
        let mut shared = self.lock();
        let Some(hook) = shared.state.hook(webhook) else {
            return;
        };
        let first = hook.first_attempt_at.unwrap_or(at);
        let next_at = if outcome.acknowledges() { None } else { retry_at(self.config().mode, first, now) };
        let attempt = hook.attempts.saturating_add(1);
        tracing::debug!(webhook, attempt, ?outcome, "attempted a webhook");
        let record = Record::WebhookAttempted(WebhookAttempted { at, webhook, attempt, outcome, next_at });
        shared.happened(record);
    }
}
