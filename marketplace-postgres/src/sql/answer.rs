//! Stored answers.

statements! {
    BEGIN_ANSWER = "SELECT word, of_serial, of_fence, until, of_status, of_body
        FROM mkt_begin_answer($1, $2, $3, $4, $5, $6)";
    KEEP_ANSWER = "UPDATE mkt_answers SET state = 'kept', status = $3, body = $4
        WHERE scope = $1 AND fence = $2 AND state = 'running'";
    REOPEN_ANSWER = "UPDATE mkt_answers SET state = 'open' WHERE scope = $1 AND fence = $2 AND state = 'running'";
    FORGET_ANSWER = "DELETE FROM mkt_answers WHERE scope = $1 AND fence = $2 AND state = 'running'";
    /// A row in use is left to the next purge.
    PURGE_ANSWERS = "WITH over AS MATERIALIZED (SELECT scope FROM mkt_answers WHERE expires_at <= $1
            ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        DELETE FROM mkt_answers a USING over WHERE a.scope = over.scope";
}
