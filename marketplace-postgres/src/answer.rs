//! Rows of `mkt_answers`, and their port.
//!
//! Guarantees: a fence is given once in the life of the database, so whoever ends a run under an old one has no
//! effect, also after its key was forgotten or had expired and is used anew.

use crate::{PostgresStore, columns::Fields, error::Fault, sql::answer as sql};
use async_trait::async_trait;
use marketplace_core::{
    answer::{AnswerEnd, AnswerScope, Answers, BeginAnswer, Begun, StoredAnswer},
    error::StoreError,
    time::Timestamp,
};
use sqlx::{postgres::PgRow, query};

fn decode(row: &PgRow) -> Result<Begun, Fault> {
    let fields = Fields::new(row, "mkt_answers", "word");
    Ok(match fields.get::<&str>("word")? {
        "run" => Begun::Run { serial: fields.uuid("of_serial")?, fence: fields.get("of_fence")? },
        "running" => Begun::Running { until: fields.time("until")? },
        "answered" => {
            Begun::Answered(StoredAnswer { status: status(&fields)?, body: fields.get("of_body")? })
        }
        "reused" => Begun::Reused,
        _ => return Err(fields.damaged("word", "unknown word")),
    })
}

fn status(fields: &Fields<'_>) -> Result<u16, Fault> {
    let status: i32 = fields.get("of_status")?;
    u16::try_from(status).map_err(|error| fields.damaged("of_status", error))
}

#[async_trait]
impl Answers for PostgresStore {
    async fn begin_answer(&self, wanted: BeginAnswer) -> Result<Begun, StoreError> {
        let begin = query(sql::BEGIN_ANSWER)
            .bind(wanted.scope.0.to_vec())
            .bind(wanted.input.as_bytes().to_vec())
            .bind(wanted.serial)
            .bind(wanted.now.as_micros())
            .bind(wanted.lease_until.as_micros())
            .bind(wanted.expires_at.as_micros());
        let rows = self.write(begin).await?.rows;
        let row = rows.first().ok_or_else(|| StoreError::defect("mkt_begin_answer gave no row"))?;
        Ok(decode(row)?)
    }

    async fn end_answer(&self, scope: AnswerScope, fence: i64, end: AnswerEnd) -> Result<bool, StoreError> {
        let ended = match end {
            AnswerEnd::Keep(answer) => query(sql::KEEP_ANSWER)
                .bind(scope.0.to_vec())
                .bind(fence)
                .bind(i32::from(answer.status))
                .bind(answer.body),
            AnswerEnd::Reopen => query(sql::REOPEN_ANSWER).bind(scope.0.to_vec()).bind(fence),
            AnswerEnd::Forget => query(sql::FORGET_ANSWER).bind(scope.0.to_vec()).bind(fence),
        };
        Ok(self.write_one(ended).await? > 0)
    }

    async fn purge_answers(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(self.write_one(query(sql::PURGE_ANSWERS).bind(now.as_micros()).bind(i64::from(limit))).await?)
    }
}
