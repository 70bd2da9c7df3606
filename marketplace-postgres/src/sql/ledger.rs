//! The journal, balances, holds and the hash chain.

/// A creator's cached balances by part: what is folded and what is not.
macro_rules! balance_parts {
    () => {
        "SELECT kind, currency, minor FROM mkt_balances WHERE owner = $1 \
         UNION ALL SELECT kind, currency, minor FROM mkt_unfolded WHERE owner = $1"
    };
}

/// A sum that cannot be right is still shown, at the end of the range.
macro_rules! clamped {
    ($sum:literal) => {
        concat!("greatest(least(", $sum, ", 9223372036854775807), -9223372036854775808)::BIGINT")
    };
}

statements! {
    BALANCES_OF = concat!("SELECT kind, currency, sum(minor)::BIGINT AS minor FROM (", balance_parts!(), ") parts
        GROUP BY kind, currency");
    /// What stands in the last row of each currency, and the lines of sales that are not in the chain yet. One statement,
    /// so an entry is seen in one of both places. Each step looks up one key: a currency has a row for each quarter of an
    /// hour, so the next currency is looked for behind the one before.
    EARNED_BY = "WITH RECURSIVE currencies AS (
            (SELECT currency FROM mkt_earnings WHERE creator_id = $1 ORDER BY currency LIMIT 1)
            UNION ALL
            SELECT n.currency FROM currencies c CROSS JOIN LATERAL (SELECT e.currency FROM mkt_earnings e
                WHERE e.creator_id = $1 AND e.currency > c.currency ORDER BY e.currency LIMIT 1) n),
        parts AS (
            SELECT c.currency, k.net FROM currencies c CROSS JOIN LATERAL (SELECT e.gross - e.fees AS net
                FROM mkt_earnings e WHERE e.creator_id = $1 AND e.currency = c.currency
                ORDER BY e.quarter DESC LIMIT 1) k
            UNION ALL
            SELECT l.currency, l.minor FROM mkt_lines l
            WHERE l.owner = $1 AND l.entry_id >= (SELECT u.entry_id FROM mkt_unsealed u ORDER BY u.entry_id LIMIT 1)
                AND (SELECT TRUE FROM mkt_unsealed u WHERE u.entry_id = l.entry_id)
                AND (SELECT e.kind FROM mkt_entries e WHERE e.id = l.entry_id) = 'sale')
        SELECT currency, sum(net)::BIGINT AS minor FROM parts GROUP BY currency ORDER BY currency";
    /// The balance after a line is the balance now without the lines after it. So a page costs as many rows as
    /// are newer than its end, and the first page, which is asked most, costs its own rows only.
    WALLET_LINES = concat!("WITH page AS (
            SELECT DISTINCT entry_id FROM mkt_lines
            WHERE owner = $1 AND ($2::TEXT IS NULL OR currency = $2) AND entry_id < $3
            ORDER BY entry_id DESC LIMIT $4),
        total AS (
            SELECT kind, currency, sum(minor) AS minor FROM (", balance_parts!(), ") parts GROUP BY kind, currency),
        recent AS (
            SELECT entry_id, kind, currency, minor, sum(minor) OVER
                (PARTITION BY kind, currency ORDER BY entry_id DESC) - minor AS newer
            FROM mkt_lines WHERE owner = $1 AND entry_id >= (SELECT entry_id FROM page ORDER BY entry_id LIMIT 1))
        SELECT e.id, e.kind AS entry_kind, e.order_id, e.posted_at, r.kind, r.currency, r.minor,
            (t.minor - r.newer)::BIGINT AS balance_after,
            CASE WHEN e.kind = 'sale' AND r.kind = 'creator_pending' AND r.minor > 0 THEN
                (SELECT min(h.releases_at) FROM mkt_holds h WHERE h.order_id = e.order_id AND h.creator_id = $1
                 AND h.amount_currency = r.currency AND h.released_at IS NULL) END AS releases_at
        FROM page p JOIN recent r ON r.entry_id = p.entry_id JOIN mkt_entries e ON e.id = p.entry_id
            JOIN total t ON t.kind = r.kind AND t.currency = r.currency
        WHERE $2 IS NULL OR r.currency = $2 ORDER BY e.id DESC");
    HOLD = "SELECT id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at, released_at
        FROM mkt_holds WHERE id = $1";

    /// One statement, so that all findings are of one moment.
    IMBALANCES = concat!("WITH sums AS (
            SELECT owner, kind, currency, sum(minor) AS minor FROM mkt_lines GROUP BY owner, kind, currency),
        caches AS (
            SELECT owner, kind, currency, sum(minor) AS minor FROM (
                SELECT owner, kind, currency, minor FROM mkt_balances
                UNION ALL SELECT owner, kind, currency, minor FROM mkt_unfolded) parts
            GROUP BY owner, kind, currency),
        holds AS (
            SELECT creator_id AS owner, amount_currency AS currency, sum(amount_minor) AS minor
            FROM mkt_holds WHERE released_at IS NULL GROUP BY creator_id, amount_currency),
        pending AS (SELECT owner, currency, minor FROM sums WHERE kind = 'creator_pending'),
        findings (subject, expected, found) AS (
            SELECT currency, 0::NUMERIC, sum(minor) FROM mkt_lines GROUP BY currency HAVING sum(minor) <> 0
            UNION ALL
            SELECT 'jrn_' || replace(entry_id::TEXT, '-', '') || ' ' || currency, 0, sum(minor) FROM mkt_lines
                GROUP BY entry_id, currency HAVING sum(minor) <> 0
            UNION ALL
            SELECT 'balance of ' || coalesce(s.kind, c.kind) || ':usr_'
                || replace(coalesce(s.owner, c.owner)::TEXT, '-', '') || ' ' || coalesce(s.currency, c.currency),
                coalesce(s.minor, 0), coalesce(c.minor, 0)
                FROM (SELECT * FROM sums WHERE owner IS NOT NULL) s
                FULL JOIN caches c ON c.owner = s.owner AND c.kind = s.kind AND c.currency = s.currency
                WHERE coalesce(s.minor, 0) <> coalesce(c.minor, 0)
            UNION ALL
            SELECT 'floor of ' || kind || ':usr_' || replace(owner::TEXT, '-', '') || ' ' || currency, 0, minor
                FROM sums WHERE minor < 0 AND kind IN ('creator_pending', 'creator_available', 'creator_reserved',
                    'creator_in_payout')
            UNION ALL
            SELECT 'holds of usr_' || replace(coalesce(h.owner, p.owner)::TEXT, '-', '') || ' '
                || coalesce(h.currency, p.currency), coalesce(h.minor, 0), coalesce(p.minor, 0)
                FROM holds h FULL JOIN pending p ON p.owner = h.owner AND p.currency = h.currency
                WHERE coalesce(h.minor, 0) <> coalesce(p.minor, 0))
        SELECT coalesce(subject, '?') AS subject, ", clamped!("expected"), " AS expected, ", clamped!("found"), " AS found
        FROM findings LIMIT $1");

    UNSEALED = "SELECT e.id, e.kind, e.cause, e.order_id, e.posted_at, l.owner, l.kind AS line_kind, l.currency,
        l.minor FROM (SELECT entry_id FROM mkt_unsealed WHERE entry_id >= $1 ORDER BY entry_id LIMIT $2) u
        JOIN mkt_entries e ON e.id = u.entry_id LEFT JOIN mkt_lines l ON l.entry_id = e.id ORDER BY e.id";
    /// What each quarter of an hour adds to what is kept of sales, against the entries that are in the chain.
    MISFOLDED = concat!("WITH raw AS (
            SELECT creator_id, currency, mkt_quarter(posted_at) AS quarter, sum(gross) AS gross, sum(fees) AS fees,
                sum(refunds) AS refunds, sum(orders) AS orders
            FROM mkt_facts f WHERE NOT EXISTS (SELECT FROM mkt_unsealed u WHERE u.entry_id = f.entry_id)
            GROUP BY 1, 2, 3),
        kept AS (
            SELECT creator_id, currency, quarter, gross - lag(gross, 1, 0::NUMERIC) OVER earlier AS gross,
                fees - lag(fees, 1, 0::NUMERIC) OVER earlier AS fees,
                refunds - lag(refunds, 1, 0::NUMERIC) OVER earlier AS refunds,
                orders - lag(orders, 1, 0::BIGINT) OVER earlier AS orders
            FROM mkt_earnings WINDOW earlier AS (PARTITION BY creator_id, currency ORDER BY quarter))
        SELECT figure || ' of usr_' || replace(coalesce(r.creator_id, k.creator_id)::TEXT, '-', '') || ' '
            || coalesce(r.currency, k.currency) || ' at ' || coalesce(r.quarter, k.quarter) AS subject,
            ", clamped!("expected"), " AS expected, ", clamped!("found"), " AS found
        FROM raw r FULL JOIN kept k
            ON k.creator_id = r.creator_id AND k.currency = r.currency AND k.quarter = r.quarter
        CROSS JOIN LATERAL (VALUES
            ('gross', coalesce(r.gross, 0), coalesce(k.gross, 0)), ('fees', coalesce(r.fees, 0), coalesce(k.fees, 0)),
            ('refunds', coalesce(r.refunds, 0), coalesce(k.refunds, 0)),
            ('orders', coalesce(r.orders, 0), coalesce(k.orders, 0))) AS v (figure, expected, found)
        WHERE expected <> found LIMIT $1");
    LAST_SEAL = "SELECT number, entry_id, hash FROM mkt_seals ORDER BY number DESC LIMIT 1";
    OPEN_BALANCES = "SELECT mkt_open_balances($1)";
    APPEND_SEALS = "SELECT mkt_append_seals($1, $2, $3) AS appended";
    SEALED = "SELECT s.number, s.entry_id, s.hash, e.id, e.kind, e.cause, e.order_id, e.posted_at, l.owner,
        l.kind AS line_kind, l.currency, l.minor
        FROM (SELECT number, entry_id, hash FROM mkt_seals WHERE number > $1 ORDER BY number LIMIT $2) s
        LEFT JOIN mkt_entries e ON e.id = s.entry_id LEFT JOIN mkt_lines l ON l.entry_id = e.id
        ORDER BY s.number";
}
