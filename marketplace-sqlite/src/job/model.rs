//! Rows of `mkt_jobs`.

use crate::{
    columns::{Fields, blob},
    error::Fault,
    sql::job as sql,
};
use marketplace_core::{
    commit::{Refusal, Subject},
    id::JobId,
    job::{Job, NewJob},
};
use sqlx::{SqliteConnection, query, query_scalar, sqlite::SqliteRow};

/// Adds a job, unless its id exists or a live job has its name. Returns whether it was added.
pub(super) async fn add(connection: &mut SqliteConnection, job: &NewJob) -> Result<bool, Fault> {
    let enqueue = query(sql::ENQUEUE)
        .bind(blob(job.id.uuid()))
        .bind(job.kind.as_str())
        .bind(job.payload.to_string())
        .bind(job.subject.as_str())
        .bind(job.unique.as_deref())
        .bind(job.run_at.as_micros())
        .bind(job.created_at.as_micros());
    Ok(enqueue.execute(connection).await?.rows_affected() > 0)
}

/// The same as a change of a set: a job whose id exists is taken, one whose name is in use is left out.
pub(crate) async fn enqueue(connection: &mut SqliteConnection, job: &NewJob) -> Result<(), Fault> {
    if add(connection, job).await? {
        return Ok(());
    }
    let id_exists: bool =
        query_scalar(sql::JOB_EXISTS).bind(blob(job.id.uuid())).fetch_one(connection).await?;
    if id_exists { Err(Fault::Refused(Refusal::Taken)) } else { Ok(()) }
}

pub(super) fn decode(row: &SqliteRow) -> Result<Job, Fault> {
    let fields = Fields::new(row, "mkt_jobs", "id");
    Ok(Job {
        new: NewJob {
            id: JobId::from_uuid(fields.uuid("id")?),
            kind: fields.get("kind")?,
            payload: fields.parse::<serde_json::Value>("payload")?,
            subject: Subject::of(fields.get::<&str>("subject")?),
            unique: fields.get("unique_name")?,
            run_at: fields.time("run_at")?,
            created_at: fields.time("created_at")?,
        },
        state: fields.parse("state")?,
        attempts: fields.count("attempts")?,
        fence: fields.get("fence")?,
        leased_until: fields.time_maybe("leased_until")?,
        last_error: fields.get("last_error")?,
        ended_at: fields.time_maybe("ended_at")?,
    })
}
