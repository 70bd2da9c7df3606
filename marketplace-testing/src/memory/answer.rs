//! Stored answers.

use super::{
    Defect, MemoryStore,
    state::{AnswerRow, AnswerState},
};
use async_trait::async_trait;
use marketplace_core::{
    answer::{AnswerEnd, AnswerScope, Answers, BeginAnswer, Begun},
    error::StoreError,
    time::Timestamp,
};

#[async_trait]
impl Answers for MemoryStore {
    async fn begin_answer(&self, begin: BeginAnswer) -> Result<Begun, StoreError> {
        self.call(|state| {
            let old = state.answers.get(&begin.scope).cloned();
            let in_use =
                old.filter(|row| begin.now < row.expires_at && !matches!(row.state, AnswerState::Forgotten));
            let serial = match in_use {
                None => begin.serial,
                Some(row) if row.input != begin.input => return Ok(Begun::Reused),
                Some(row) => match row.state {
                    AnswerState::Answered(answer) => return Ok(Begun::Answered(answer)),
                    AnswerState::Running { until } if begin.now < until => {
                        return Ok(Begun::Running { until });
                    }
                    _ if state.has(Defect::ForgetsSerials) => begin.serial,
                    _ => row.serial,
                },
            };
            state.answer_fence += 1;
            let fence = state.answer_fence;
            let row = AnswerRow {
                input: begin.input,
                serial,
                fence,
                expires_at: begin.expires_at,
                state: AnswerState::Running { until: begin.lease_until },
            };
            state.answers.put(begin.scope, row);
            state.keep();
            Ok(Begun::Run { serial, fence })
        })
        .await
    }

    async fn end_answer(&self, scope: AnswerScope, fence: i64, end: AnswerEnd) -> Result<bool, StoreError> {
        self.call(|state| {
            let running =
                |row: &&AnswerRow| row.fence == fence && matches!(row.state, AnswerState::Running { .. });
            let Some(mut row) = state.answers.get(&scope).filter(running).cloned() else {
                return Ok(false);
            };
            row.state = match end {
                AnswerEnd::Keep(answer) => AnswerState::Answered(answer),
                AnswerEnd::Reopen => AnswerState::Reopened,
                AnswerEnd::Forget => AnswerState::Forgotten,
            };
            state.answers.put(scope, row);
            state.keep();
            Ok(true)
        })
        .await
    }

    async fn purge_answers(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.call(|state| {
            let over = state.answers.rows().filter(|(_, row)| row.expires_at < now).map(|(scope, _)| *scope);
            let over: Vec<_> = over.take(limit as usize).collect();
            for scope in &over {
                state.answers.remove(scope);
            }
            state.keep();
            Ok(over.len() as u64)
        })
        .await
    }
}
