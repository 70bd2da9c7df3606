//! Rows of `mkt_jobs`.

use crate::{
    columns::{Fields, text},
    error::Fault,
    sql::job as sql,
    store::Bound,
};
use marketplace_core::{
    commit::Subject,
    id::JobId,
    job::{Claimed, Fence, Job, NewJob},
};
use serde_json::{Value, json};
use sqlx::{postgres::PgRow, query};

/// Everything but the payload, which travels as its own text so that it comes back as it was.
pub(crate) fn row(job: &NewJob) -> Value {
    json!({
        "id": text(job.id.uuid()),
        "kind": job.kind,
        "subject": job.subject.as_str(),
        "unique_name": job.unique,
        "run_at": job.run_at.as_micros(),
        "created_at": job.created_at.as_micros(),
    })
}

/// Adds a job, unless its id exists or a live job has its name.
pub(super) fn add(job: &NewJob) -> Bound {
    query(sql::ENQUEUE)
        .bind(job.id.uuid())
        .bind(job.kind.clone())
        .bind(job.payload.to_string())
        .bind(job.subject.as_str().to_owned())
        .bind(job.unique.clone())
        .bind(job.run_at.as_micros())
        .bind(job.created_at.as_micros())
}

/// A job as a claim gives it.
pub(super) fn claimed(row: &PgRow) -> Result<Claimed, Fault> {
    let (job, fence) = (decode(row)?, fence(row)?);
    Ok(Claimed { job, fence, lapsed: Fields::new(row, "mkt_jobs", "id").get("lapsed")? })
}

/// The claim that holds a job.
pub(super) fn fence(row: &PgRow) -> Result<Fence, Fault> {
    let fields = Fields::new(row, "mkt_jobs", "id");
    Ok(Fence { job: JobId::from_uuid(fields.uuid("id")?), number: fields.get("fence")? })
}

pub(super) fn decode(row: &PgRow) -> Result<Job, Fault> {
    let fields = Fields::new(row, "mkt_jobs", "id");
    let attempts: i32 = fields.get("attempts")?;
    Ok(Job {
        new: NewJob {
            id: JobId::from_uuid(fields.uuid("id")?),
            kind: fields.get("kind")?,
            payload: fields.parse("payload")?,
            subject: Subject::of(fields.get::<&str>("subject")?),
            unique: fields.get("unique_name")?,
            run_at: fields.time("run_at")?,
            created_at: fields.time("created_at")?,
        },
        state: fields.parse("state")?,
        attempts: u32::try_from(attempts).map_err(|error| fields.damaged("attempts", error))?,
        fence: fields.get("fence")?,
        leased_until: fields.time_maybe("leased_until")?,
        last_error: fields.get("last_error")?,
        ended_at: fields.time_maybe("ended_at")?,
    })
}
