//! Attempts, notices, reviews.

macro_rules! attempt_columns {
    () => {
        "reference, order_id, amount_minor, amount_currency, state, gateway, mode, authorization_url, gateway_id, \
         fee_minor, fee_currency, created_at, paid_at, version"
    };
}

statements! {
    /// The unique columns are the reference, and the order while the attempt is open.
    INSERT_ATTEMPT = concat!("INSERT INTO mkt_attempts (", attempt_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING");
    ADVANCE_ATTEMPT = "UPDATE mkt_attempts SET amount_minor = ?3, amount_currency = ?4, state = ?5, gateway = ?6,
        mode = ?7, authorization_url = ?8, gateway_id = ?9, fee_minor = ?10, fee_currency = ?11, paid_at = ?12,
        version = ?2 + 1 WHERE reference = ?1 AND version = ?2";
    ATTEMPT = concat!("SELECT ", attempt_columns!(), " FROM mkt_attempts WHERE reference = ?1");
    ATTEMPTS_OF = concat!("SELECT ", attempt_columns!(), " FROM mkt_attempts WHERE order_id = ?1
        ORDER BY created_at, reference");

    INSERT_NOTICE = "INSERT INTO mkt_notices (key, gateway, body, claim_reference, claim_mode, claim_minor,
        claim_currency, received_at, outcome, closed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    CLOSE_NOTICE = "UPDATE mkt_notices SET outcome = ?2, closed_at = ?3 WHERE key = ?1 AND closed_at IS NULL";
    NOTICE = "SELECT key, gateway, body, claim_reference, claim_mode, claim_minor, claim_currency, received_at,
        outcome, closed_at FROM mkt_notices WHERE key = ?1";

    OPEN_REVIEW = "INSERT INTO mkt_reviews (id, reason, reference, order_id, expected_minor, expected_currency,
        found_minor, found_currency, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT DO NOTHING";
    /// Behind [`OPEN_REVIEW`]: finds a row if it left out the review because of its id.
    REVIEW_TAKEN = "SELECT 1 FROM mkt_reviews WHERE id = ?1 AND changes() = 0";
    REVIEWS = "SELECT id, reason, reference, order_id, expected_minor, expected_currency, found_minor,
        found_currency, opened_at FROM mkt_reviews WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2";
}
