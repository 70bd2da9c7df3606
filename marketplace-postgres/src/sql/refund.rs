//! Refunds.

macro_rules! refund_columns {
    () => {
        "id, reference, order_id, amount_minor, amount_currency, status, gateway_id, asked_at, reason, requested_by, \
         requested_at, ended_at, version"
    };
}

statements! {
    REFUND = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE id = $1");
    REFUNDS_OF = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE reference = $1 ORDER BY id");
    REFUNDS = concat!("SELECT ", refund_columns!(), " FROM mkt_refunds WHERE id < $1 ORDER BY id DESC LIMIT $2");
}
