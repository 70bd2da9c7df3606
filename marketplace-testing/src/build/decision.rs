//! Decisions and change sets.

use super::Fixture;
use marketplace_core::{
    Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, Subject},
};

impl Fixture {
    /// A decision under a new key.
    pub fn decision(&self) -> Decision {
        let key = DecisionKey::new("test", self.word("decision"));
        Decision {
            input: InputHash::of(&key.as_str()),
            subject: Subject::of(key.as_str()),
            key,
            name: "test",
            actor: Actor::System,
            at: self.tick(),
        }
    }

    /// A change set under a new key.
    pub fn set(&self, changes: Vec<Change>) -> ChangeSet {
        ChangeSet::for_testing(self.decision(), changes)
    }

    /// The same decision with other input, and other changes.
    pub fn with_other_input(&self, decision: &Decision, changes: Vec<Change>) -> ChangeSet {
        let input = InputHash::of(&self.word("input"));
        ChangeSet::for_testing(Decision { input, ..decision.clone() }, changes)
    }
}
