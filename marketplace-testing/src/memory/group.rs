//! Sets that go together, wrongly: only for the defects that are about it. Without a defect each set goes alone.

use super::{Defect, MemoryStore, commit::commit, state::State, store::pause};
use marketplace_core::commit::{ChangeSet, CommitError, Committed};
use std::{
    collections::BTreeMap,
    mem,
    sync::{MutexGuard, PoisonError},
};

/// The defects that show only where sets go together.
pub(super) const GROUPED: [Defect; 3] =
    [Defect::AnswersOthers, Defect::RetriesWholeGroups, Defect::KeepsRefusedOfGroups];

type Answer = Result<Committed, CommitError>;

/// Who waits, and who was not told yet.
#[derive(Default)]
pub(super) struct Group {
    last: u64,
    waiting: Vec<(u64, ChangeSet)>,
    answers: BTreeMap<u64, Answer>,
    /// Which notice was asked for last. Only for [`Defect::AnswersOtherReaders`].
    asked: String,
}

impl MemoryStore {
    fn group(&self) -> MutexGuard<'_, Group> {
        self.group.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a notice, lets others ask, and gives what was asked for last.
    pub(super) async fn asked_together(&self, key: &str) -> String {
        key.clone_into(&mut self.group().asked);
        pause().await;
        self.group().asked.clone()
    }

    /// Queues the set, lets others come, and runs all that wait, unless somebody did that meanwhile.
    pub(super) async fn commit_in_group(&self, set: ChangeSet) -> Answer {
        let ticket = {
            let mut group = self.group();
            group.last += 1;
            let ticket = group.last;
            group.waiting.push((ticket, set));
            ticket
        };
        pause().await;
        let mut group = self.group();
        if !group.answers.contains_key(&ticket) {
            let (tickets, sets): (Vec<_>, Vec<_>) = mem::take(&mut group.waiting).into_iter().unzip();
            let answers = self.locked(|state| run(state, &sets));
            group.answers.extend(tickets.into_iter().zip(answers));
        }
        group.answers.remove(&ticket).expect("whoever waits is answered")
    }
}

fn run(state: &mut State, sets: &[ChangeSet]) -> Vec<Answer> {
    let together = sets.len() > 1;
    if together && state.has(Defect::KeepsRefusedOfGroups) {
        // The bug of another store, whose effect is the same.
        state.defect = Some(Defect::KeepsHalfOfRefused);
        let answers = sets.iter().map(|set| commit(state, set)).collect();
        state.defect = Some(Defect::KeepsRefusedOfGroups);
        return answers;
    }
    let mut answers: Vec<_> = sets.iter().map(|set| commit(state, set)).collect();
    if together && state.has(Defect::RetriesWholeGroups) && answers.iter().any(Result::is_err) {
        answers = sets.iter().map(|set| commit(state, set)).collect();
    }
    if together && state.has(Defect::AnswersOthers) {
        answers.rotate_left(1);
    }
    answers
}
