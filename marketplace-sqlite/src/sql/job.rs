//! The queue.

macro_rules! job_columns {
    () => {
        "id, kind, payload, subject, unique_name, run_at, created_at, state, attempts, fence, leased_until, \
         last_error, ended_at"
    };
}

/// The job of a claim that is still the current one.
macro_rules! held {
    () => {
        " WHERE id = ?1 AND fence = ?2 AND state = 'running'"
    };
}

/// Changes the jobs of many claims: `?1` is a list of `[id in hex, fence]`. Only the id may find the row; without
/// the `+` the planner could look through all that run.
macro_rules! held_all {
    ($change:literal) => {
        concat!(
            "UPDATE mkt_jobs SET ",
            $change,
            " FROM json_each(?1) AS given WHERE mkt_jobs.id = unhex(given.value ->> 0) AND fence = given.value ->> 1
                AND +state = 'running' RETURNING mkt_jobs.id, fence"
        )
    };
}

statements! {
    /// The unique columns are the id, and the name while the job is live.
    ENQUEUE = "INSERT INTO mkt_jobs (id, kind, payload, subject, unique_name, run_at, created_at, state, attempts,
        fence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'ready', 0, 0) ON CONFLICT DO NOTHING";
    /// Behind [`ENQUEUE`]: finds a row if it left out the job because of its id.
    JOB_TAKEN = "SELECT 1 FROM mkt_jobs WHERE id = ?1 AND changes() = 0";
    /// The indexes are named, because the planner, which knows no figures, would sort the whole backlog.
    DUE = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE id IN (SELECT id FROM (
            SELECT id, run_at FROM (SELECT id, run_at FROM mkt_jobs INDEXED BY mkt_jobs_ready
                WHERE state = 'ready' AND run_at <= ?1
                ORDER BY run_at, id LIMIT ?2)
            UNION ALL
            SELECT id, run_at FROM mkt_jobs INDEXED BY mkt_jobs_running
                WHERE state = 'running' AND leased_until <= ?1)
            ORDER BY run_at, id LIMIT ?2) ORDER BY run_at, id");
    /// Behind [`DUE`], in the same transaction: takes those jobs.
    CLAIM = "UPDATE mkt_jobs SET state = 'running', fence = fence + 1, leased_until = ?2
        WHERE id IN (SELECT unhex(value) FROM json_each(?1))";
    EXTEND = held_all!("leased_until = ?2");
    COMPLETE = held_all!("state = 'done', leased_until = NULL, ended_at = ?2");
    RELEASE = held_all!("state = 'ready', leased_until = NULL");
    /// `?4` is the reason of a failure; without one the job just goes on later.
    PUT_BACK = concat!("UPDATE mkt_jobs SET state = 'ready', leased_until = NULL, run_at = ?3,
        attempts = CASE WHEN ?4 IS NULL THEN 0 ELSE attempts + 1 END, last_error = coalesce(?4, last_error)", held!());
    BURY = concat!("UPDATE mkt_jobs SET state = 'dead', leased_until = NULL, ended_at = ?3, last_error = ?4", held!());
    NEXT_DUE = "SELECT min(at) AS at FROM (SELECT min(run_at) AS at FROM mkt_jobs
            INDEXED BY mkt_jobs_ready WHERE state = 'ready'
        UNION ALL SELECT min(leased_until) FROM mkt_jobs INDEXED BY mkt_jobs_running WHERE state = 'running')";
    JOB = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE id = ?1");
    JOBS_IN = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE state = ?1 AND (?2 IS NULL OR id < ?2)
        ORDER BY id DESC LIMIT ?3");
    MAILS_ABOUT = concat!("SELECT ", job_columns!(), " FROM mkt_jobs INDEXED BY mkt_jobs_mails
        WHERE subject IN (SELECT value FROM json_each(?1)) AND kind >= 'mail.' AND kind < 'mail/'
        ORDER BY id DESC LIMIT ?2");
    /// OR IGNORE: a live job that has the name keeps it.
    REVIVE = "UPDATE OR IGNORE mkt_jobs SET state = 'ready', run_at = ?2, attempts = 0, ended_at = NULL
        WHERE id = ?1 AND state = 'dead'";
}
