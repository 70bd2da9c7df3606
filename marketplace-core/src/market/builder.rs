//! Putting a marketplace together.

use super::{Marketplace, Rules};
use crate::{
    event::{EventKind, Reactions},
    file::{DirectUpload, FileStore},
    id::{AppSecret, IdGen},
    identity::PasswordHasher,
    job::{Handler, WorkerOptions},
    limiter::RateLimiter,
    mail::{Composer, Mailer},
    payment::{Gateway, Refunds},
    store::Store,
    text::words,
    time::{Clock, Timer},
};
use std::{fmt, sync::Arc};

/// A part that a marketplace cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Keeps rows.
    Store,
    /// Takes payments.
    Gateway,
    /// Keeps bytes.
    Files,
    /// Sends mail.
    Mailer,
    /// Writes mail.
    Composer,
    /// Tells the time.
    Clock,
    /// Waits.
    Timer,
    /// Draws ids.
    Ids,
    /// Hashes passwords.
    Hasher,
    /// Counts requests.
    Limiter,
    /// Derives tokens.
    Secret,
    /// What addresses begin with.
    BaseUrl,
}
words!(Part {
    Store = "store",
    Gateway = "gateway",
    Files = "files",
    Mailer = "mailer",
    Composer = "composer",
    Clock = "clock",
    Timer = "timer",
    Ids = "ids",
    Hasher = "hasher",
    Limiter = "limiter",
    Secret = "secret",
    BaseUrl = "base_url",
});

/// The marketplace could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Parts are missing: all of them are listed.
    Missing(Vec<Part>),
    /// The base URL does not begin with `http://` or `https://`, or ends with a slash.
    BaseUrl,
    /// Two handlers run the same kind of job.
    DuplicateHandler(&'static str),
    /// A reaction enqueues jobs of a kind that no handler runs.
    UnhandledReaction(&'static str),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(parts) => {
                let names: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
                write!(f, "the marketplace needs: {}", names.join(", "))
            }
            Self::BaseUrl => {
                f.write_str("the base url begins with http:// or https:// and has no slash at its end")
            }
            Self::DuplicateHandler(kind) => write!(f, "two handlers run jobs of kind {kind}"),
            Self::UnhandledReaction(kind) => write!(f, "no handler runs jobs of kind {kind}"),
        }
    }
}
impl std::error::Error for BuildError {}

/// Collects the parts.
#[derive(Debug, Default, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) gateway: Option<Arc<dyn Gateway>>,
    pub(super) files: Option<Arc<dyn FileStore>>,
    pub(super) mailer: Option<Arc<dyn Mailer>>,
    pub(super) composer: Option<Arc<dyn Composer>>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) timer: Option<Arc<dyn Timer>>,
    pub(super) ids: Option<Arc<dyn IdGen>>,
    pub(super) hasher: Option<Arc<dyn PasswordHasher>>,
    pub(super) limiter: Option<Arc<dyn RateLimiter>>,
    pub(super) secret: Option<AppSecret>,
    pub(super) base_url: Option<String>,
    pub(super) rules: Rules,
    pub(super) worker: WorkerOptions,
    pub(super) handlers: Vec<Arc<dyn Handler>>,
    pub(super) reactions: Reactions,
    pub(super) refunds: Option<Arc<dyn Refunds>>,
    pub(super) direct_uploads: Option<Arc<dyn DirectUpload>>,
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $port:path;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, part: Arc<dyn $port>) -> Self {
            self.$name = Some(part);
            self
        }
    )*};
}

impl Builder {
    parts! {
        /// Where rows are kept.
        store: Store;
        /// Who takes the payments.
        gateway: Gateway;
        /// Who gives money back; mostly the gateway again. Without it operators give it back by hand.
        refunds: Refunds;
        /// Where bytes are kept.
        files: FileStore;
        /// Takes files in parts, straight from creators; mostly the file store again. Without it every file goes through
        /// the server.
        direct_uploads: DirectUpload;
        /// Who sends the mail.
        mailer: Mailer;
        /// Who writes the mail.
        composer: Composer;
        /// The time.
        clock: Clock;
        /// Waiting.
        timer: Timer;
        /// Ids and randomness.
        ids: IdGen;
        /// Password hashing.
        hasher: PasswordHasher;
        /// Rate limits.
        limiter: RateLimiter;
    }

    /// The secret from which tokens are derived.
    pub fn secret(mut self, secret: AppSecret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// What public addresses begin with: `https://shop.example`, without a slash at the end.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The marketplace's own rules; the defaults otherwise.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// How the worker works; the defaults otherwise.
    pub fn worker(mut self, options: WorkerOptions) -> Self {
        self.worker = options;
        self
    }

    /// A handler for job kinds of the host.
    pub fn handler(mut self, handler: Arc<dyn Handler>) -> Self {
        self.handlers.push(handler);
        self
    }

    /// Enqueues a job of this kind with every event of that kind, in the commit that brings it about; see
    /// [`crate::event`]. A [`Self::handler`] runs it.
    pub fn react(mut self, event: EventKind, job: &'static str) -> Self {
        self.reactions.add(event, job);
        self
    }

    /// Builds the marketplace, or lists everything that is missing.
    pub fn build(self) -> Result<Marketplace, BuildError> {
        Marketplace::assemble(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SystemClock;

    #[test]
    fn every_missing_part_is_listed_at_once() {
        let nothing = Marketplace::builder().build().unwrap_err();
        assert_eq!(nothing, BuildError::Missing(Part::ALL.to_vec()));
        assert!(nothing.to_string().contains("store, gateway, files"), "{nothing}");

        let some = Marketplace::builder().clock(Arc::new(SystemClock)).base_url("https://shop.example");
        let left = Part::ALL.iter().copied().filter(|part| !matches!(part, Part::Clock | Part::BaseUrl));
        assert_eq!(some.build().unwrap_err(), BuildError::Missing(left.collect()));
    }
}
