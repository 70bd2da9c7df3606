//! Refunds.

macro_rules! refund_columns {
    () => {
        "id, reference, order_id, amount_minor, amount_currency, status, gateway_id, asked_at, reason, requested_by, \
         requested_at, ended_at, version"
    };
}

statements! {
    /// The unique columns are the id, and the payment while the refund is open.
    INSERT_REFUND = concat!("INSERT INTO mkt_refunds (", refund_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING");
    ADVANCE_REFUND = "UPDATE mkt_refunds SET status = ?3, gateway_id = ?4, asked_at = ?5, ended_at = ?6,
        version = ?2 + 1 WHERE id = ?1 AND version = ?2";
    REFUND = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE id = ?1");
    REFUNDS_OF = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE reference = ?1 ORDER BY id");
    REFUNDS = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE (?1 IS NULL OR id < ?1)
        ORDER BY id DESC LIMIT ?2");
}
