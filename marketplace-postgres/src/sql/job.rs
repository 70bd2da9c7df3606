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

/// Changes the jobs of many claims. Their rows are locked first, in one order, because two calls about the same
/// jobs would otherwise wait for each other in a circle: a heartbeat and a completion, or a worker that was thought
/// dead and the one that took over from it.
///
/// Arrays that a subquery makes have a size that the planner does not know, so it goes by the key, and neither
/// through all that run nor through the whole table. That a job runs is said by its lease, for the same reason; and
/// `IS TRUE` keeps the fences in a hash instead of a loop within the loop.
macro_rules! held_all {
    ($change:literal) => {
        concat!(
            "WITH held AS MATERIALIZED (
                SELECT id FROM mkt_jobs WHERE id = ANY(ARRAY(SELECT unnest($1::UUID[]))) AND leased_until IS NOT NULL
                    AND ((id, fence) IN (SELECT * FROM unnest($1::UUID[], $2::BIGINT[]))) IS TRUE
                ORDER BY id FOR NO KEY UPDATE)
            UPDATE mkt_jobs SET ",
            $change,
            " WHERE id = ANY(ARRAY(SELECT id FROM held)) RETURNING id, fence"
        )
    };
}

/// The state stands in the text, so that the planner sees which index has just such jobs.
macro_rules! jobs_in {
    ($state:literal) => {
        concat!(
            "SELECT ",
            job_columns!(),
            " FROM mkt_jobs WHERE state = '",
            $state,
            "' AND id < $1 ORDER BY id DESC LIMIT $2"
        )
    };
}

statements! {
    /// The unique columns are the id, and the name while the job is live.
    ENQUEUE = "INSERT INTO mkt_jobs (id, kind, payload, subject, unique_name, run_at, created_at, state, attempts,
        fence) VALUES ($1, $2, $3::TEXT::JSON, $4, $5, $6, $7, 'ready', 0, 0) ON CONFLICT DO NOTHING";
    /// Materialised: planned as a subquery, the locking part can run once per row of the table and claim far more
    /// than the limit. Each half stops after `$3` rows of its index, so a long backlog costs no more than a short
    /// one. What is locked beyond the limit is free again when the statement ends.
    CLAIM = concat!("WITH ready AS MATERIALIZED (
            SELECT id, run_at FROM mkt_jobs WHERE state = 'ready' AND run_at <= $1
            ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
        lapsed AS MATERIALIZED (
            SELECT id, run_at FROM mkt_jobs WHERE state = 'running' AND leased_until <= $1
            ORDER BY run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED),
        due AS MATERIALIZED (
            SELECT id FROM (SELECT id, run_at FROM ready UNION ALL SELECT id, run_at FROM lapsed) both_halves
            ORDER BY run_at, id LIMIT $3)
        UPDATE mkt_jobs SET state = 'running', fence = fence + 1, leased_until = $2
        WHERE id = ANY(ARRAY(SELECT id FROM due))
        RETURNING id = ANY(ARRAY(SELECT id FROM lapsed)) AS lapsed, ", job_columns!());
    EXTEND = held_all!("leased_until = $3");
    COMPLETE = held_all!("state = 'done', leased_until = NULL, ended_at = $3");
    RELEASE = held_all!("state = 'ready', leased_until = NULL");
    /// `$4` is the reason of a failure; without one the job just goes on later.
    PUT_BACK = concat!("UPDATE mkt_jobs SET state = 'ready', leased_until = NULL, run_at = $3,
        attempts = CASE WHEN $4::TEXT IS NULL THEN 0 ELSE attempts + 1 END,
        last_error = coalesce($4, last_error)", held!());
    BURY = concat!("UPDATE mkt_jobs SET state = 'dead', leased_until = NULL, ended_at = $3, last_error = $4", held!());
    NEXT_DUE = "SELECT least((SELECT min(run_at) FROM mkt_jobs WHERE state = 'ready'),
        (SELECT min(leased_until) FROM mkt_jobs WHERE state = 'running')) AS at";
    JOB = concat!("SELECT ", job_columns!(), " FROM mkt_jobs WHERE id = $1");
    READY = jobs_in!("ready");
    RUNNING = jobs_in!("running");
    DONE = jobs_in!("done");
    DEAD = jobs_in!("dead");
    /// The kind is said as the index says it. Kept apart by OFFSET, so that no plan walks through all jobs in the order of
    /// their ids.
    MAILS_ABOUT = concat!("SELECT * FROM (SELECT ", job_columns!(), " FROM mkt_jobs
        WHERE subject = ANY ($1) AND kind LIKE 'mail.%' OFFSET 0) about ORDER BY id DESC LIMIT $2");
    REVIVE = "UPDATE mkt_jobs j SET state = 'ready', run_at = $2, attempts = 0, ended_at = NULL
        WHERE j.id = $1 AND j.state = 'dead' AND NOT EXISTS (SELECT FROM mkt_jobs live
            WHERE live.unique_name = j.unique_name AND live.state IN ('ready', 'running'))";
}
