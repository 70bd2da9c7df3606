//! Orders and their lines, read together so that one snapshot holds both.

/// Orders of the subquery joined with their lines; each order's columns repeat on each of its lines.
macro_rules! orders {
    ($which:literal) => {
        concat!(
            "SELECT o.id, o.user_id, o.email, o.phone, o.state, o.total_minor, o.total_currency, o.locale, o.token_nonce, \
             o.token, o.created_at, o.paid_at, o.version, l.id AS line_id, l.product_id, l.creator_id, l.title, \
             l.price_minor, l.fee_minor, l.currency, l.fee_rate \
             FROM (SELECT * FROM mkt_orders ",
            $which,
            ") o LEFT JOIN mkt_order_lines l ON l.order_id = o.id ORDER BY o.id DESC, l.position"
        )
    };
}

statements! {
    ORDER = orders!("WHERE id = $1");
    ORDER_BY_TOKEN = orders!("WHERE token = $1");
    ORDERS_OF = orders!("WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
}
