//! Attempts, notices, reviews.

macro_rules! attempt_columns {
    () => {
        "reference, order_id, amount_minor, amount_currency, state, gateway, mode, authorization_url, gateway_id, \
         fee_minor, fee_currency, created_at, paid_at, version"
    };
}

/// An attempt, its order and the order's lines, read together so that one snapshot holds all.
macro_rules! payment_columns {
    () => {
        "a.reference AS attempt_reference, a.order_id AS attempt_order_id, a.amount_minor AS attempt_amount_minor, \
         a.amount_currency AS attempt_amount_currency, a.state AS attempt_state, a.gateway AS attempt_gateway, \
         a.mode AS attempt_mode, a.authorization_url AS attempt_authorization_url, \
         a.gateway_id AS attempt_gateway_id, a.fee_minor AS attempt_fee_minor, \
         a.fee_currency AS attempt_fee_currency, a.created_at AS attempt_created_at, a.paid_at AS attempt_paid_at, \
         a.version AS attempt_version, o.id, o.user_id, o.email, o.phone, o.state, o.total_minor, o.total_currency, o.locale, \
         o.token_nonce, o.token, o.created_at, o.paid_at, o.version, l.id AS line_id, l.product_id, l.creator_id, \
         l.title, l.price_minor, l.fee_minor, l.currency, l.fee_rate"
    };
}

macro_rules! review_columns {
    () => {
        "id, reason, reference, order_id, expected_minor, expected_currency, found_minor, found_currency, opened_at, \
         decision, closed_by, closed_why, closed_at"
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
    PAYMENT = concat!("SELECT ", payment_columns!(), " FROM mkt_attempts a JOIN mkt_orders o ON o.id = a.order_id
        LEFT JOIN mkt_order_lines l ON l.order_id = o.id WHERE a.reference = ?1 ORDER BY l.position");
    /// What the claim names need not be ours.
    OPEN_NOTICE = concat!("SELECT n.key AS notice_key, n.claim_kind, n.claim_reference, n.claim_mode, n.claim_minor,
        n.claim_currency, ", payment_columns!(), " FROM mkt_notices n
        LEFT JOIN mkt_attempts a ON a.reference = n.claim_reference
        LEFT JOIN mkt_orders o ON o.id = a.order_id
        LEFT JOIN mkt_order_lines l ON l.order_id = o.id
        WHERE n.key = ?1 AND n.closed_at IS NULL ORDER BY l.position");

    INSERT_NOTICE = "INSERT INTO mkt_notices (key, gateway, body, claim_kind, claim_reference, claim_mode,
        claim_minor, claim_currency, received_at, outcome, closed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    CLOSE_NOTICE = "UPDATE mkt_notices SET outcome = ?2, closed_at = ?3 WHERE key = ?1 AND closed_at IS NULL";
    NOTICE = "SELECT key, gateway, body, claim_kind, claim_reference, claim_mode, claim_minor, claim_currency, received_at,
        outcome, closed_at FROM mkt_notices WHERE key = ?1";

    OPEN_REVIEW = "INSERT INTO mkt_reviews (id, reason, reference, order_id, expected_minor, expected_currency,
        found_minor, found_currency, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT DO NOTHING";
    CLOSE_REVIEW = "UPDATE mkt_reviews SET decision = ?2, closed_by = ?3, closed_why = ?4, closed_at = ?5
        WHERE id = ?1 AND closed_at IS NULL";
    /// Behind [`OPEN_REVIEW`]: finds a row if it left out the review because of its id.
    REVIEW_TAKEN = "SELECT 1 FROM mkt_reviews WHERE id = ?1 AND changes() = 0";
    REVIEWS = concat!("SELECT ", review_columns!(), " FROM mkt_reviews WHERE closed_at IS NULL AND (?1 IS NULL OR id < ?1)
        ORDER BY id DESC LIMIT ?2");
    REVIEW = concat!("SELECT ", review_columns!(), " FROM mkt_reviews WHERE id = ?1");
    REVIEWS_OF = concat!("SELECT ", review_columns!(), " FROM mkt_reviews WHERE reference = ?1 ORDER BY id");
}
