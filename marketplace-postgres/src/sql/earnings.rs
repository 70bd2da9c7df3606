//! What creators sold.

/// A sum that cannot be right is still shown, at the end of the range.
macro_rules! clamped {
    ($sum:literal) => {
        concat!("greatest(least(", $sum, ", 9223372036854775807), -9223372036854775808)::BIGINT")
    };
}

statements! {
    /// What is kept at each bound, and between two of them what is not in the chain yet: the creator's entries from the
    /// oldest of the tail on that are in it. One statement, so an entry is seen in one of both places.
    FIGURES = concat!("WITH kept AS (
            SELECT b.place, coalesce(c.gross, 0) AS gross, coalesce(c.fees, 0) AS fees,
                coalesce(c.refunds, 0) AS refunds, coalesce(c.orders, 0) AS orders
            FROM unnest($3::BIGINT[]) WITH ORDINALITY AS b (at, place)
            LEFT JOIN LATERAL (SELECT gross, fees, refunds, orders FROM mkt_earnings
                WHERE creator_id = $1 AND currency = $2 AND quarter < b.at ORDER BY quarter DESC LIMIT 1) c ON TRUE),
        tail AS (
            SELECT width_bucket(posted_at, $3::BIGINT[]) AS place, sum(gross) AS gross, sum(fees) AS fees,
                sum(refunds) AS refunds, sum(orders) AS orders
            FROM mkt_facts WHERE creator_id = $1 AND currency = $2 AND entry_id = ANY (ARRAY(
                SELECT DISTINCT l.entry_id FROM mkt_lines l WHERE l.owner = $1
                AND l.entry_id >= (SELECT u.entry_id FROM mkt_unsealed u ORDER BY u.entry_id LIMIT 1)
                AND (SELECT TRUE FROM mkt_unsealed u WHERE u.entry_id = l.entry_id)))
            GROUP BY 1),
        steps AS (
            SELECT place, lead(gross) OVER later - gross AS gross, lead(fees) OVER later - fees AS fees,
                lead(refunds) OVER later - refunds AS refunds, lead(orders) OVER later - orders AS orders
            FROM kept WINDOW later AS (ORDER BY place))
        SELECT s.place, ", clamped!("s.gross + coalesce(t.gross, 0)"), " AS gross,
            ", clamped!("s.fees + coalesce(t.fees, 0)"), " AS fees,
            ", clamped!("s.refunds + coalesce(t.refunds, 0)"), " AS refunds,
            (s.orders + coalesce(t.orders, 0))::BIGINT AS orders
        FROM steps s LEFT JOIN tail t ON t.place = s.place WHERE s.gross IS NOT NULL ORDER BY s.place");
    SOLD = "SELECT id, order_id, state, email, posted_at, earned_minor, total_currency, position, product_id, title,
        price_minor, fee_minor, currency FROM mkt_sold($1, $2, $3, $4, $5, $6, $7)";
}
