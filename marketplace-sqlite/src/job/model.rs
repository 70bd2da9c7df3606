//! Rows of `mkt_jobs`.

use crate::{
    columns::{Fields, blob},
    error::Fault,
    script::{Guard, Script},
    sql::job as sql,
};
use marketplace_core::{
    commit::{Refusal, Subject},
    id::JobId,
    job::{Claimed, Fence, Job, JobState, NewJob},
    time::Timestamp,
};
use sqlx::{SqliteConnection, query, sqlite::SqliteRow};

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
pub(crate) fn enqueue(script: &mut Script, job: &NewJob) {
    script
        .step(sql::ENQUEUE, Guard::None)
        .bind(job.id.uuid())
        .bind(job.kind.as_str())
        .bind(job.payload.to_string())
        .bind(job.subject.as_str())
        .bind(job.unique.as_deref())
        .bind(job.run_at)
        .bind(job.created_at);
    script.step(sql::JOB_TAKEN, Guard::FindsNone(Refusal::Taken)).bind(job.id.uuid());
}

/// A due job as it is after its claim.
pub(super) fn claimed(due: Job, lease_until: Timestamp) -> Claimed {
    let number = due.fence.saturating_add(1);
    let (lapsed, fence) = (due.state == JobState::Running, Fence { job: due.new.id, number });
    let job = Job { state: JobState::Running, fence: number, leased_until: Some(lease_until), ..due };
    Claimed { job, fence, lapsed }
}

/// The claim that holds a job.
pub(super) fn fence(row: &SqliteRow) -> Result<Fence, Fault> {
    let fields = Fields::new(row, "mkt_jobs", "id");
    Ok(Fence { job: JobId::from_uuid(fields.uuid("id")?), number: fields.get("fence")? })
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
