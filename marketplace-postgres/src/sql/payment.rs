//! Attempts, notices, reviews.

macro_rules! attempt_columns {
    () => {
        "reference, order_id, amount_minor, amount_currency, state, gateway, mode, authorization_url, gateway_id, \
         fee_minor, fee_currency, created_at, paid_at, version"
    };
}

statements! {
    ATTEMPT = concat!("SELECT ", attempt_columns!(), " FROM mkt_attempts WHERE reference = $1");
    ATTEMPTS_OF = concat!("SELECT ", attempt_columns!(), " FROM mkt_attempts WHERE order_id = $1
        ORDER BY created_at, reference");
    NOTICE = "SELECT key, gateway, body, claim_reference, claim_mode, claim_minor, claim_currency, received_at,
        outcome, closed_at FROM mkt_notices WHERE key = $1";
    REVIEWS = "SELECT id, reason, reference, order_id, expected_minor, expected_currency, found_minor,
        found_currency, opened_at FROM mkt_reviews WHERE id < $1 ORDER BY id DESC LIMIT $2";
}
