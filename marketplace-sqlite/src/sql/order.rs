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
    INSERT_ORDER = "INSERT INTO mkt_orders (id, user_id, email, phone, state, total_minor, total_currency, locale,
        token_nonce, token, created_at, paid_at, version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING";
    INSERT_ORDER_LINE = "INSERT INTO mkt_order_lines (id, order_id, position, product_id, creator_id, title,
        price_minor, fee_minor, currency, fee_rate)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";
    /// `?4` is given only when the new state is paid; an order keeps the time of its first payment.
    ADVANCE_ORDER = "UPDATE mkt_orders SET state = ?3, paid_at = coalesce(paid_at, ?4), version = ?2 + 1
        WHERE id = ?1 AND version = ?2";
    ORDER = orders!("WHERE id = ?1");
    ORDER_BY_TOKEN = orders!("WHERE token = ?1");
    ORDERS_OF = orders!("WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3");
}
