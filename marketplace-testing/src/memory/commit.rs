//! The write port: one change set, whole or not at all.

use super::{
    Defect, MemoryStore,
    group::GROUPED,
    state::{State, Stop},
    store::pause,
};
use async_trait::async_trait;
use marketplace_core::commit::{ChangeSet, Commit, CommitError, Committed, Refusal};

#[async_trait]
impl Commit for MemoryStore {
    async fn commit(&self, set: ChangeSet) -> Result<Committed, CommitError> {
        if self.locked(|state| state.has(Defect::HalvesWhenDropped)) {
            return self.commit_in_halves(&set).await;
        }
        if self.locked(|state| GROUPED.iter().any(|defect| state.has(*defect))) {
            return self.commit_in_group(set).await;
        }
        if self.locked(|state| state.has(Defect::NumbersEventsEarly)) {
            let number = self.early_number().await;
            return self.call(|state| commit_as(state, &set, Some(number))).await;
        }
        self.call(|state| commit(state, &set)).await
    }
}

impl MemoryStore {
    /// Only for [`Defect::HalvesWhenDropped`].
    async fn commit_in_halves(&self, set: &ChangeSet) -> Result<Committed, CommitError> {
        pause().await;
        let middle = set.changes().len() / 2;
        let (first, second) = set.changes().split_at(middle);
        let half = ChangeSet::for_testing(set.decision().clone(), first.to_vec());
        if self.locked(|state| commit(state, &half))? == Committed::Replayed {
            return Ok(Committed::Replayed);
        }
        pause().await;
        self.locked(|state| {
            for change in second {
                finish(state.apply(change))?;
            }
            state.keep();
            Ok(Committed::Applied)
        })
    }
}

pub(super) fn commit(state: &mut State, set: &ChangeSet) -> Result<Committed, CommitError> {
    commit_as(state, set, None)
}

/// With the number that its event has, if it was promised one.
fn commit_as(state: &mut State, set: &ChangeSet, promised: Option<u64>) -> Result<Committed, CommitError> {
    let decision = set.decision();
    if let Some(known) = state.decisions.get(&decision.key) {
        if known.input != decision.input && !state.has(Defect::ReplaysOtherInput) {
            return Err(CommitError::Refused(Refusal::KeyReused));
        }
        if state.has(Defect::AppliesAgainOnReplay) {
            for change in set.changes() {
                // A bug on purpose: what is refused is left out, the rest has its effect twice.
                let _ = state.apply(change);
            }
            state.keep();
        }
        if state.has(Defect::TellsReplays) {
            state.tell(set, None);
            state.keep();
        }
        return Ok(Committed::Replayed);
    }
    if state.has(Defect::ReportsBeforeCommit) {
        return Ok(Committed::Applied);
    }
    for change in set.changes() {
        if let Err(stop) = state.apply(change) {
            if !state.has(Defect::KeepsHalfOfRefused) {
                state.undo();
            }
            if state.has(Defect::KeepsKeysOfRefused) {
                state.decisions.put(decision.key.clone(), decision.clone());
            }
            if state.has(Defect::TellsRefused) {
                state.tell(set, None);
            }
            state.keep();
            return finish(Err(stop)).map(|()| Committed::Applied);
        }
    }
    if !state.has(Defect::LosesDecisions) {
        state.decisions.put(decision.key.clone(), decision.clone());
    }
    state.tell(set, promised);
    state.keep();
    Ok(Committed::Applied)
}

fn finish(done: Result<(), Stop>) -> Result<(), CommitError> {
    done.map_err(|stop| match stop {
        Stop::Refused(refusal) => CommitError::Refused(refusal),
        Stop::Broken(what) => CommitError::Defect(what.into()),
    })
}
