//! The queue.

macro_rules! job_columns {
    () => {
        "id, kind, payload::TEXT AS payload, subject, unique_name, run_at, created_at, state, attempts, fence, \
         leased_until, last_error, ended_at"
    };
}

/// The job of a claim that is still the current one.
macro_rules! held {
    () => {
        " WHERE id = $1 AND fence = $2 AND state = 'running'"
    };
}

statements! {
    /// The unique columns are the id, and the name while the job is live.
    ENQUEUE = "INSERT INTO mkt_jobs (id, kind, payload, subject, unique_name, run_at, created_at, state, attempts,
        fence) VALUES ($1, $2, $3::TEXT::JSON, $4, $5, $6, $7, 'ready', 0, 0) ON CONFLICT DO NOTHING";
    /// Materialised: planned as a subquery, the locking part can run once per row of the table and claim far more
    /// than the limit. Each half stops after `$3` rows of its index, so a long backlog costs no more than a short
    /// one. What is locked beyond the limit is free again when the statement ends.
    CLAIM = "WITH ready AS MATERIALIZED (
            SELECT id, run_at FROM mkt_jobs WHERE state = 'ready' AND run_at <= $1
            ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
        lapsed AS MATERIALIZED (
            SELECT id, run_at FROM mkt_jobs WHERE state = 'running' AND leased_until <= $1
            ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT id FROM (SELECT id, run_at FROM ready UNION ALL SELECT id, run_at FROM lapsed) both_halves
            ORDER BY run_at, id LIMIT $3)
        UPDATE mkt_jobs j SET state = 'running', fence = fence + 1, leased_until = $2 FROM due WHERE j.id = due.id
        RETURNING j.id, j.kind, j.payload::TEXT AS payload, j.subject, j.unique_name, j.run_at, j.created_at, j.state,
            j.attempts, j.fence, j.leased_until, j.last_error, j.ended_at";
    EXTEND = concat!("UPDATE mkt_jobs SET leased_until = $3", held!());
    COMPLETE = concat!("UPDATE mkt_jobs SET state = 'done', leased_until = NULL, ended_at = $3", held!());
    /// `$4` is the reason of a failure; without one the job just goes on later.
    PUT_BACK = concat!("UPDATE mkt_jobs SET state = 'ready', leased_until = NULL, run_at = $3,
        attempts = CASE WHEN $4::TEXT IS NULL THEN 0 ELSE attempts + 1 END,
        last_error = coalesce($4, last_error)", held!());
    BURY = concat!("UPDATE mkt_jobs SET state = 'dead', leased_until = NULL, ended_at = $3, last_error = $4", held!());
    NEXT_DUE = "SELECT least((SELECT min(run_at) FROM mkt_jobs WHERE state = 'ready'),
        (SELECT min(leased_until) FROM mkt_jobs WHERE state = 'running')) AS at";
    JOB = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE id = $1");
    JOBS_IN = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE state = $1 AND id < $2
        ORDER BY id DESC LIMIT $3");
    REVIVE = "UPDATE mkt_jobs j SET state = 'ready', run_at = $2, attempts = 0, ended_at = NULL
        WHERE j.id = $1 AND j.state = 'dead' AND NOT EXISTS (SELECT FROM mkt_jobs live
            WHERE live.unique_name = j.unique_name AND live.state IN ('ready', 'running'))";
}
