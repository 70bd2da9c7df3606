//! What creators sold.

/// What entries say of each creator and currency that they move: the prices of the creator's lines in the order, without
/// such lines what the entry brought; and what it brought, the rest being fees. A kind of entry that is not named here
/// says nothing; refunds will be one. CROSS keeps the order of the join.
macro_rules! facts {
    ($of:literal) => {
        concat!(
            "SELECT l.owner AS creator_id, l.currency, e.posted_at,
                e.posted_at - ((e.posted_at % 900000000) + 900000000) % 900000000 AS quarter, sum(l.minor) AS net,
                coalesce((SELECT sum(o.price_minor) FROM mkt_order_lines o WHERE o.order_id = e.order_id
                    AND o.creator_id = l.owner AND o.currency = l.currency), sum(l.minor)) AS gross
            FROM mkt_entries e CROSS JOIN mkt_lines l ON l.entry_id = e.id
            WHERE e.kind = 'sale' AND length(l.owner) = 16 AND ",
            $of,
            " GROUP BY e.id, l.owner, l.currency"
        )
    };
}

statements! {
    FACTS_OF = facts!("e.id = ?1");
    PRODUCTS_OF = "SELECT DISTINCT o.product_id FROM mkt_entries e CROSS JOIN mkt_order_lines o
        ON o.order_id = e.order_id WHERE e.id = ?1 AND e.kind = 'sale'";
    INSERT_SOLD_IN = "INSERT INTO mkt_sold_in (product_id, low, high) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    /// A new quarter begins with what stands before it.
    BEGIN_QUARTER = "INSERT INTO mkt_earnings (creator_id, currency, quarter, gross, fees, refunds, orders)
        SELECT ?1, ?2, ?3, coalesce(b.gross, 0), coalesce(b.fees, 0), coalesce(b.refunds, 0), coalesce(b.orders, 0)
        FROM (SELECT 1) LEFT JOIN (SELECT gross, fees, refunds, orders FROM mkt_earnings
            WHERE creator_id = ?1 AND currency = ?2 AND quarter < ?3 ORDER BY quarter DESC LIMIT 1) b ON 1
        WHERE 1 ON CONFLICT DO NOTHING";
    QUARTERS_FROM = "SELECT quarter AS place, gross, fees, refunds, orders FROM mkt_earnings
        WHERE creator_id = ?1 AND currency = ?2 AND quarter >= ?3";
    SET_QUARTER = "UPDATE mkt_earnings SET gross = ?4, fees = ?5, refunds = ?6, orders = ?7
        WHERE creator_id = ?1 AND currency = ?2 AND quarter = ?3";

    /// What is kept at each bound; then, without a place, each entry of the creator that is not in the chain yet. One
    /// statement, so an entry is seen in one of both places.
    FIGURES = concat!("SELECT b.key AS place, 0 AS posted_at, coalesce(k.gross, 0) AS gross,
            coalesce(k.fees, 0) AS fees, coalesce(k.refunds, 0) AS refunds, coalesce(k.orders, 0) AS orders
        FROM json_each(?3) b LEFT JOIN mkt_earnings k ON k.creator_id = ?1 AND k.currency = ?2 AND k.quarter =
            (SELECT m.quarter FROM mkt_earnings m WHERE m.creator_id = ?1 AND m.currency = ?2 AND m.quarter < b.value
            ORDER BY m.quarter DESC LIMIT 1)
        UNION ALL SELECT NULL, posted_at, gross, gross - net, 0, 1 FROM (",
        facts!("l.owner = ?1 AND l.currency = ?2 AND e.id IN (SELECT t.entry_id FROM mkt_lines t WHERE t.owner = ?1
            AND t.entry_id >= (SELECT min(entry_id) FROM mkt_unsealed)
            AND EXISTS (SELECT 1 FROM mkt_unsealed u WHERE u.entry_id = t.entry_id))"), ")");

    OWN_ENTRIES = "SELECT DISTINCT entry_id FROM mkt_lines WHERE owner = ?1 AND entry_id >= ?2 AND entry_id < ?3
        ORDER BY entry_id DESC LIMIT 64";
    TAIL_BEGINS = "SELECT entry_id AS low, entry_id AS high FROM mkt_unsealed ORDER BY entry_id LIMIT 1";
    SOLD_IN = "SELECT low, high FROM mkt_sold_in WHERE product_id = ?1 AND low < ?2 ORDER BY low DESC LIMIT 1";
    /// One row per line of the creator in the order, if the entry is a sale of that time and product.
    SOLD = "SELECT e.id, e.order_id, o.state, o.email, e.posted_at, o.total_currency, l.position, l.product_id, l.title,
        l.price_minor, l.fee_minor, l.currency, (SELECT sum(m.minor) FROM mkt_lines m WHERE m.entry_id = e.id
            AND m.owner = ?2 AND m.currency = o.total_currency) AS earned_minor
        FROM mkt_entries e CROSS JOIN mkt_orders o ON o.id = e.order_id
        CROSS JOIN mkt_order_lines l ON l.order_id = e.order_id AND l.creator_id = ?2
        WHERE e.id = ?1 AND e.kind = 'sale' AND e.posted_at >= ?4 AND e.posted_at < ?5
            AND (?3 IS NULL OR EXISTS (SELECT 1 FROM mkt_order_lines p WHERE p.order_id = e.order_id
                AND p.creator_id = ?2 AND p.product_id = ?3))
        ORDER BY l.position";

    /// What is kept of each quarter, and what the entries in the chain say of it, in one order.
    COMPARED = concat!("SELECT creator_id, currency, quarter, 1 AS kept, gross, fees, refunds, orders FROM mkt_earnings
        UNION ALL SELECT creator_id, currency, quarter, 0, sum(gross), sum(gross - net), 0, count(*) FROM (",
        facts!("NOT EXISTS (SELECT 1 FROM mkt_unsealed u WHERE u.entry_id = e.id)"), ")
            GROUP BY creator_id, currency, quarter
        ORDER BY 1, 2, 3, 4");
}
