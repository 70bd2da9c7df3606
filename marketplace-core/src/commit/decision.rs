//! The head of a change set: who decided what, why, and under which key.

use super::Change;
use crate::{actor::Actor, event::EventKind, time::Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};

/// Names a decision for ever. Equal keys mean: the same decision, sent again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionKey(String);

impl DecisionKey {
    /// `<name>:<what makes it unique>`, for example `settle:mkt-…`.
    pub fn new(name: &str, unique: impl fmt::Display) -> Self {
        Self(format!("{name}:{unique}"))
    }

    /// Wraps a stored key.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for DecisionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 over the input of a decision. The same key with another input is refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InputHash([u8; 32]);

impl InputHash {
    /// The hash of a value's JSON.
    pub fn of(input: &impl Serialize) -> Self {
        // Only maps with non-text keys fail to serialise, and no input has one. Such an input would hash
        // like an empty one, which refuses nothing that ought to be accepted.
        let bytes = serde_json::to_vec(input).unwrap_or_default();
        Self(Sha256::digest(&bytes).into())
    }

    /// Wraps stored bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, as stores keep them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
impl fmt::Debug for InputHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The row that a decision is about, in text form: `ord_…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject(String);

impl Subject {
    /// The subject of an id or reference.
    pub fn of(id: impl fmt::Display) -> Self {
        Self(id.to_string())
    }

    /// The text, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who decided what about which subject, when, under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Unique for ever.
    pub key: DecisionKey,
    /// The verb: `settle`.
    pub name: &'static str,
    /// What it decided on.
    pub input: InputHash,
    /// What it is about.
    pub subject: Subject,
    /// Who caused it.
    pub actor: Actor,
    /// When it was decided.
    pub at: Timestamp,
}

/// A decision and everything that it changes: applied whole or not at all. Cheap to clone.
///
/// Only the decision functions of this crate build one (and contract suites, with the feature `testing`).
#[derive(Clone, PartialEq, Eq)]
pub struct ChangeSet(Arc<(Decision, Vec<Change>)>);

impl ChangeSet {
    pub(crate) fn new(decision: Decision, changes: Vec<Change>) -> Self {
        Self(Arc::new((decision, changes)))
    }

    /// The same decision, with more changes.
    #[must_use]
    pub(crate) fn with(self, more: Vec<Change>) -> Self {
        let (head, mut changes) = Arc::unwrap_or_clone(self.0);
        changes.extend(more);
        Self::new(head, changes)
    }

    /// Builds a set freely. For contract suites only: no rule of the marketplace is checked.
    #[cfg(feature = "testing")]
    pub fn for_testing(decision: Decision, changes: Vec<Change>) -> Self {
        Self::new(decision, changes)
    }

    /// Who decided what.
    pub fn decision(&self) -> &Decision {
        &self.0.0
    }

    /// What it brings about that hosts want to hear of, in one text as stores keep it; `None`: nothing. See
    /// [`crate::event::Event::kinds_of`].
    pub fn events(&self) -> Option<String> {
        let kinds = EventKind::of(self.changes());
        let words: Vec<&str> = kinds.into_iter().map(EventKind::as_str).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// What changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.0.1
    }
}
impl fmt::Debug for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeSet")
            .field("decision", self.decision())
            .field("changes", &self.changes())
            .finish()
    }
}
