//! Stored answers.

statements! {
    ANSWER = "SELECT scope, input_hash, serial, state, lease_until, expires_at, status, body FROM mkt_answers
        WHERE scope = ?1";
    NEXT_FENCE = "UPDATE mkt_answer_fence SET last = last + 1 WHERE one = 1 RETURNING last";
    /// A new use of a scope, also where an old one is past its time.
    BEGIN_ANSWER = "INSERT INTO mkt_answers (scope, input_hash, serial, state, fence, lease_until, expires_at)
        VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6)
        ON CONFLICT (scope) DO UPDATE SET input_hash = excluded.input_hash, serial = excluded.serial,
        state = 'running', fence = excluded.fence, lease_until = excluded.lease_until,
        expires_at = excluded.expires_at, status = NULL, body = NULL";
    /// The next run of the same use: its serial stays.
    TAKE_OVER_ANSWER = "UPDATE mkt_answers SET state = 'running', fence = ?2, lease_until = ?3,
        expires_at = ?4 WHERE scope = ?1";
    KEEP_ANSWER = "UPDATE mkt_answers SET state = 'kept', status = ?3, body = ?4
        WHERE scope = ?1 AND fence = ?2 AND state = 'running'";
    REOPEN_ANSWER = "UPDATE mkt_answers SET state = 'open' WHERE scope = ?1 AND fence = ?2 AND state = 'running'";
    FORGET_ANSWER = "DELETE FROM mkt_answers WHERE scope = ?1 AND fence = ?2 AND state = 'running'";
    PURGE_ANSWERS = "DELETE FROM mkt_answers WHERE rowid IN
        (SELECT rowid FROM mkt_answers WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
}
