//! The twin: its configuration, its state, and the one lock around it.
//!
//! Guarantees that a change is decided, written to the journal and applied under one lock, so that nobody sees
//! or answers with anything that a crash could take back. The lock is never held across an await. A change
//! whose journal write fails did not happen. Callers: hosts through [`Sandbox`], and every other file here.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::access::{Window, holds_key};
use super::agenda;
use super::api;
use super::bank::Resolves;
use super::behaviour::Behaviour;
use super::builder::SandboxBuilder;
use super::calls::Calls;
use super::control::{Control, Controls};
use super::delivery::Receiver;
use super::desk::Desk;
use super::http::{TwinRequest, TwinResponse};
use super::ids::Ids;
use super::journal::Journal;
use super::mode::Mode;
use super::money::Rules;
use super::record::Record;
use super::state::State;
use super::webhook::Signer;

/// A running twin. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    shared: Mutex<Shared>,
    /// Something may be due.
    changed: Notify,
    /// Calls that hang may be answered.
    released: Notify,
}

pub(super) type ClockFn = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What was decided when the twin was built.
pub(super) struct Config {
    pub(super) secret_key: SecretString,
    pub(super) mode: Mode,
    pub(super) signer: Signer,
    /// Signs what is to look as if somebody else had sent it.
    pub(super) stranger: Signer,
    pub(super) public_url: Url,
    pub(super) receiver: Option<Receiver>,
    pub(super) clock: ClockFn,
    pub(super) ids: Ids,
    pub(super) currencies: Vec<&'static Rules>,
}

/// What changes.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) state: State,
    pub(super) behaviour: Behaviour,
    pub(super) controls: Controls,
    pub(super) window: Window,
    pub(super) resolves: Resolves,
    pub(super) calls: Calls,
    pub(super) journal: Option<Journal>,
}

impl Shared {
    /// Writes the records and applies them, all or none.
    pub(super) fn commit(&mut self, records: Vec<Record>) -> io::Result<()> {
        self.write(&records)?;
        for record in records {
            self.state.apply(record);
        }
        Ok(())
    }

    /// Applies what has happened outside already, even if the journal has no room for it.
    pub(super) fn happened(&mut self, record: Record) {
        // Reported by `write`. After a restart the attempt is simply made again.
        self.write(std::slice::from_ref(&record)).ok();
        self.state.apply(record);
    }

    fn decide_at<T, E: From<io::Error>>(
        &mut self,
        config: &Config,
        at: i64,
        decision: impl FnOnce(&mut Desk<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let Self { state, behaviour, controls, .. } = self;
        let mut desk = Desk::new(state, config, behaviour, controls, at);
        let decided = decision(&mut desk)?;
        let records = desk.into_records();
        if !records.is_empty() {
            self.commit(records)?;
        }
        Ok(decided)
    }

    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        journal.append(records).inspect_err(|error| {
            tracing::error!(%error, "the sandbox cannot write its journal");
        })
    }
}

impl Sandbox {
    /// Starts a configuration.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    pub(super) fn new(config: Config, shared: Shared) -> Self {
        let (changed, released) = (Notify::new(), Notify::new());
        Self { inner: Arc::new(Inner { config, shared: Mutex::new(shared), changed, released }) }
    }

    /// Answers one request. Dropping the future does not undo what the request did.
    pub async fn handle(&self, request: TwinRequest) -> TwinResponse {
        api::answer(self, &request).await
    }

    /// Whether a request carries this account's key.
    pub(super) fn is_called_by(&self, request: &TwinRequest) -> bool {
        holds_key(request, &self.inner.config.secret_key)
    }

    /// Whether another account has the same key.
    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        self.config().secret_key.expose_secret() == other.config().secret_key.expose_secret()
    }

    /// Whether this account made the page or the upload at this path.
    pub(super) fn made(&self, path: &str) -> bool {
        let shared = self.lock();
        let path = path.trim_start_matches('/');
        match path.strip_prefix("upload/") {
            Some(file) => shared.state.disputes.upload(file).is_some(),
            None => shared.state.by_access_code(path).is_some(),
        }
    }

    /// Everything that happened so far, in order, what time has brought included.
    pub fn records(&self) -> Vec<Record> {
        self.catch_up();
        self.lock().state.records().to_vec()
    }

    /// The handle for tests.
    pub fn control(&self) -> Control {
        Control::new(self.clone())
    }

    pub(super) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(super) fn now(&self) -> i64 {
        (self.inner.config.clock)()
    }

    pub(super) fn changed(&self) -> &Notify {
        &self.inner.changed
    }

    /// A panic elsewhere cannot leave the state half changed, so a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.inner.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides and commits one change, after what was due before it.
    pub(super) fn decide<T, E: From<io::Error>>(
        &self,
        decision: impl FnOnce(&mut Desk<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.catch_up();
        let at = self.now();
        let mut shared = self.lock();
        let decided = shared.decide_at(self.config(), at, decision)?;
        drop(shared);
        self.wake();
        Ok(decided)
    }

    /// Lets everything happen that time has brought. What cannot be written waits until it can.
    pub(super) fn catch_up(&self) {
        let now = self.now();
        let mut shared = self.lock();
        let mut changed = false;
        while let Some((due, subject)) = shared.state.agenda.first().filter(|(due, _)| *due <= now) {
            let done = shared.decide_at(self.config(), due, |desk| {
                agenda::act(desk, subject);
                Ok::<_, io::Error>(())
            });
            // Whatever went on is planned anew. What stayed where it was would go round here for ever.
            if done.is_err() || shared.state.agenda.first() == Some((due, subject)) {
                break;
            }
            changed = true;
        }
        drop(shared);
        if changed {
            self.wake();
        }
    }

    /// Completes at the next [`Sandbox::release_hanging`] after this call, polled or not.
    pub(super) fn released(&self) -> Notified<'_> {
        self.inner.released.notified()
    }

    pub(super) fn release_hanging(&self) {
        self.inner.released.notify_waiters();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("public_url", &self.config().public_url.as_str())
            .field("sends_webhooks", &self.config().receiver.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::control::PayOptions;
    use super::super::error::ControlError;
    use super::super::http::TwinRequest;
    use super::super::journal::Journal;
    use super::Sandbox;

    fn initialize(reference: &str) -> TwinRequest {
        TwinRequest {
            method: "POST".into(),
            path: "/transaction/initialize".into(),
            headers: vec![("authorization".into(), "Bearer sk_test_1".into())],
            body: format!(r#"{{"email":"b@example.com","amount":5000,"reference":"{reference}"}}"#)
                .into_bytes(),
            ..TwinRequest::default()
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_did_not_happen() {
        let sandbox = Sandbox::builder()
            .secret_key("sk_test_1")
            .public_url("http://127.0.0.1/")
            .clock(Arc::new(|| 0))
            .seed(1)
            .build()
            .unwrap();
        assert_eq!(sandbox.handle(initialize("a")).await.status, 200);
        let before = sandbox.records();
        sandbox.lock().journal = Some(Journal::unwritable());

        assert_eq!(sandbox.handle(initialize("b")).await.status, 500);
        let error = sandbox.control().pay("a", PayOptions::default()).unwrap_err();
        assert!(matches!(error, ControlError::Journal(_)), "{error:?}");
        assert_eq!(sandbox.records(), before);
        sandbox.lock().journal = None;
        assert_eq!(sandbox.handle(initialize("b")).await.status, 200);
    }
}
