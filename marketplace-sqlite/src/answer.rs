//! Rows of `mkt_answers`, and their port.
//!
//! Guarantees: a fence is given once in the life of the database, so whoever ends a run under an old one has no
//! effect, also after its key was forgotten or had expired and is used anew.

use crate::{
    SqliteStore,
    columns::{Fields, blob},
    error::Fault,
    sql::answer as sql,
};
use async_trait::async_trait;
use marketplace_core::{
    answer::{AnswerEnd, AnswerScope, Answers, BeginAnswer, Begun, StoredAnswer},
    commit::InputHash,
    error::StoreError,
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, query_scalar, sqlite::SqliteRow};
use uuid::Uuid;

/// What a scope's row says.
struct Known {
    input: InputHash,
    serial: Uuid,
    expires_at: Timestamp,
    at: Stage,
}

enum Stage {
    Running { until: Timestamp },
    Open,
    Kept(StoredAnswer),
}

fn decode(row: &SqliteRow) -> Result<Known, Fault> {
    let fields = Fields::new(row, "mkt_answers", "scope");
    let at = match fields.get::<&str>("state")? {
        "running" => Stage::Running { until: fields.time("lease_until")? },
        "open" => Stage::Open,
        "kept" => Stage::Kept(StoredAnswer { status: fields.count("status")?, body: fields.get("body")? }),
        _ => return Err(fields.damaged("state", "unknown word")),
    };
    Ok(Known {
        input: InputHash::from_bytes(fields.bytes("input_hash")?),
        serial: fields.uuid("serial")?,
        expires_at: fields.time("expires_at")?,
        at,
    })
}

async fn begin(connection: &mut SqliteConnection, begin: &BeginAnswer) -> Result<Begun, Fault> {
    let row = query(sql::ANSWER).bind(begin.scope.0.to_vec()).fetch_optional(&mut *connection).await?;
    let known = row.as_ref().map(decode).transpose()?.filter(|known| known.expires_at > begin.now);
    let serial = match known {
        None => None,
        Some(known) if known.input != begin.input => return Ok(Begun::Reused),
        Some(known) => match known.at {
            Stage::Kept(answer) => return Ok(Begun::Answered(answer)),
            Stage::Running { until } if until > begin.now => return Ok(Begun::Running { until }),
            Stage::Running { .. } | Stage::Open => Some(known.serial),
        },
    };
    let fence: i64 = query_scalar(sql::NEXT_FENCE).fetch_one(&mut *connection).await?;
    let run = match serial {
        Some(_) => query(sql::TAKE_OVER_ANSWER)
            .bind(begin.scope.0.to_vec())
            .bind(fence)
            .bind(begin.lease_until.as_micros())
            .bind(begin.expires_at.as_micros()),
        None => query(sql::BEGIN_ANSWER)
            .bind(begin.scope.0.to_vec())
            .bind(begin.input.as_bytes().to_vec())
            .bind(blob(begin.serial))
            .bind(fence)
            .bind(begin.lease_until.as_micros())
            .bind(begin.expires_at.as_micros()),
    };
    run.execute(connection).await?;
    Ok(Begun::Run { serial: serial.unwrap_or(begin.serial), fence })
}

#[async_trait]
impl Answers for SqliteStore {
    async fn begin_answer(&self, wanted: BeginAnswer) -> Result<Begun, StoreError> {
        Ok(self.write(move |connection| Box::pin(async move { begin(connection, &wanted).await })).await?)
    }

    async fn end_answer(&self, scope: AnswerScope, fence: i64, end: AnswerEnd) -> Result<bool, StoreError> {
        let ended = match end {
            AnswerEnd::Keep(answer) => query(sql::KEEP_ANSWER)
                .bind(scope.0.to_vec())
                .bind(fence)
                .bind(i64::from(answer.status))
                .bind(answer.body),
            AnswerEnd::Reopen => query(sql::REOPEN_ANSWER).bind(scope.0.to_vec()).bind(fence),
            AnswerEnd::Forget => query(sql::FORGET_ANSWER).bind(scope.0.to_vec()).bind(fence),
        };
        Ok(self.write_one(ended).await? > 0)
    }

    async fn purge_answers(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(self.write_one(query(sql::PURGE_ANSWERS).bind(now.as_micros()).bind(limit)).await?)
    }
}
