//! The journal, balances, holds and the hash chain.

/// A creator's cached balances by part: what is folded and what is not.
macro_rules! balance_parts {
    () => {
        "SELECT kind, currency, minor FROM mkt_balances WHERE owner = ?1 \
         UNION ALL SELECT kind, currency, minor FROM mkt_unfolded WHERE owner = ?1"
    };
}

statements! {
    INSERT_ENTRY = "INSERT INTO mkt_entries (id, kind, cause, order_id, posted_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO NOTHING";
    INSERT_LINE = "INSERT INTO mkt_lines (entry_id, owner, kind, currency, minor) VALUES (?1, ?2, ?3, ?4, ?5)";
    APPEND_UNFOLDED = "INSERT INTO mkt_unfolded (owner, kind, currency, entry_id, minor)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    /// Folds an account and adds `?4`, unless that would take it below its floor. A sum past 64 bits is an error.
    DEBIT = "INSERT INTO mkt_balances (owner, kind, currency, minor)
        SELECT ?1, ?2, ?3, total FROM (SELECT sum(minor) AS total FROM (
            SELECT minor FROM mkt_balances WHERE owner = ?1 AND kind = ?2 AND currency = ?3
            UNION ALL SELECT minor FROM mkt_unfolded WHERE owner = ?1 AND kind = ?2 AND currency = ?3
            UNION ALL SELECT ?4)) WHERE total >= 0
        ON CONFLICT (owner, kind, currency) DO UPDATE SET minor = excluded.minor";
    /// Behind [`DEBIT`] and [`FOLD`]: what was folded.
    REMOVE_UNFOLDED = "DELETE FROM mkt_unfolded WHERE owner = ?1 AND kind = ?2 AND currency = ?3";

    /// Folds an account whose credits are above zero, and fit.
    FOLD = "INSERT INTO mkt_balances (owner, kind, currency, minor)
        SELECT owner, kind, currency, sum(minor) FROM mkt_unfolded
            WHERE owner = ?1 AND kind = ?2 AND currency = ?3 GROUP BY owner, kind, currency
        ON CONFLICT (owner, kind, currency) DO UPDATE SET minor = minor + excluded.minor";
    /// The accounts with a floor that have credits of these links to fold. Those whose sum is near the end of what fits
    /// are left as they are; `total` counts in floating point, so it never fails.
    TO_FOLD = "WITH accounts AS MATERIALIZED (
            SELECT DISTINCT u.owner, u.kind, u.currency FROM mkt_seals s
            CROSS JOIN mkt_lines l ON l.entry_id = s.entry_id
            CROSS JOIN mkt_unfolded u ON u.owner = l.owner AND u.kind = l.kind AND u.currency = l.currency
                AND u.entry_id = l.entry_id
            WHERE s.number BETWEEN ?1 AND ?2 AND u.kind IN ('creator_pending', 'creator_available',
                'creator_reserved', 'creator_in_payout'))
        SELECT a.owner, a.kind, a.currency FROM accounts a
        WHERE (SELECT total(u.minor) FROM mkt_unfolded u WHERE u.owner = a.owner AND u.kind = a.kind
                AND u.currency = a.currency)
            + coalesce((SELECT b.minor FROM mkt_balances b WHERE b.owner = a.owner AND b.kind = a.kind
                AND b.currency = a.currency), 0) < 9.2e18";

    BALANCES_OF = concat!("SELECT kind, currency, sum(minor) AS minor FROM (", balance_parts!(), ")
        GROUP BY kind, currency");
    /// What stands in the last row of each currency, and the lines of sales that are not in the chain yet. One statement,
    /// so an entry is seen in one of both places. Each step looks up one key: a currency has a row for each quarter of an
    /// hour, so the next currency is looked for behind the one before. Not summed here: the kept sums go round at 64 bits.
    EARNED_BY = "WITH RECURSIVE currencies (currency) AS (
            SELECT min(currency) FROM mkt_earnings WHERE creator_id = ?1
            UNION ALL
            SELECT (SELECT min(e.currency) FROM mkt_earnings e WHERE e.creator_id = ?1 AND e.currency > c.currency)
            FROM currencies c WHERE c.currency IS NOT NULL)
        SELECT k.currency, k.gross, k.fees FROM currencies c CROSS JOIN mkt_earnings k
            ON k.creator_id = ?1 AND k.currency = c.currency AND k.quarter = (SELECT max(m.quarter) FROM mkt_earnings m
                WHERE m.creator_id = ?1 AND m.currency = c.currency)
        UNION ALL
        SELECT l.currency, l.minor, 0 FROM mkt_lines l
            WHERE l.owner = ?1 AND l.entry_id >= (SELECT min(entry_id) FROM mkt_unsealed)
                AND EXISTS (SELECT 1 FROM mkt_unsealed u WHERE u.entry_id = l.entry_id)
                AND (SELECT e.kind FROM mkt_entries e WHERE e.id = l.entry_id) = 'sale'";
    /// The balance after a line is the balance now without the lines after it. So a page costs as many rows as
    /// are newer than its end, and the first page, which is asked most, costs its own rows only.
    WALLET_LINES = concat!("WITH page AS (
            SELECT DISTINCT entry_id FROM mkt_lines
            WHERE owner = ?1 AND (?2 IS NULL OR currency = ?2) AND (?3 IS NULL OR entry_id < ?3)
            ORDER BY entry_id DESC LIMIT ?4),
        total AS (SELECT kind, currency, sum(minor) AS minor FROM (", balance_parts!(), ") GROUP BY kind, currency),
        recent AS (
            SELECT entry_id, kind, currency, minor, sum(minor) OVER
                (PARTITION BY kind, currency ORDER BY entry_id DESC) - minor AS newer
            FROM mkt_lines WHERE owner = ?1 AND entry_id >= (SELECT min(entry_id) FROM page))
        SELECT e.id, e.kind AS entry_kind, e.order_id, e.posted_at, r.kind, r.currency, r.minor,
            t.minor - r.newer AS balance_after,
            CASE WHEN r.kind = 'creator_pending' AND e.kind = 'sale' THEN
                (SELECT min(h.releases_at) FROM mkt_holds h INDEXED BY mkt_holds_by_order
                 WHERE h.order_id = e.order_id AND h.creator_id = ?1 AND h.amount_currency = r.currency
                 AND h.released_at IS NULL) END AS releases_at
        FROM recent r JOIN total t ON t.kind = r.kind AND t.currency = r.currency
            JOIN mkt_entries e ON e.id = r.entry_id
        WHERE r.entry_id IN (SELECT entry_id FROM page) AND (?2 IS NULL OR r.currency = ?2)");

    INSERT_HOLD = "INSERT INTO mkt_holds (id, creator_id, order_id, amount_minor, amount_currency, reason,
        releases_at, released_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    RELEASE_HOLD = "UPDATE mkt_holds SET released_at = ?2 WHERE id = ?1 AND released_at IS NULL";
    HOLD = "SELECT id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at, released_at
        FROM mkt_holds WHERE id = ?1";

    /// One statement, so that all findings are of one moment.
    IMBALANCES = "WITH sums AS (
            SELECT owner, kind, currency, sum(minor) AS minor FROM mkt_lines GROUP BY owner, kind, currency),
        caches AS (
            SELECT owner, kind, currency, sum(minor) AS minor FROM (
                SELECT owner, kind, currency, minor FROM mkt_balances
                UNION ALL SELECT owner, kind, currency, minor FROM mkt_unfolded)
            GROUP BY owner, kind, currency),
        holds AS (
            SELECT creator_id AS owner, amount_currency AS currency, sum(amount_minor) AS minor
            FROM mkt_holds WHERE released_at IS NULL GROUP BY creator_id, amount_currency),
        pending AS (SELECT owner, currency, minor FROM sums WHERE kind = 'creator_pending')
        SELECT currency AS subject, 0 AS expected, sum(minor) AS found FROM mkt_lines
            GROUP BY currency HAVING sum(minor) <> 0
        UNION ALL
        SELECT 'jrn_' || lower(hex(entry_id)), 0, sum(minor) FROM mkt_lines
            GROUP BY entry_id, currency HAVING sum(minor) <> 0
        UNION ALL
        SELECT coalesce(s.kind, c.kind) || ':usr_' || lower(hex(coalesce(s.owner, c.owner))),
            coalesce(s.minor, 0), coalesce(c.minor, 0)
            FROM (SELECT * FROM sums WHERE length(owner) > 0) s
            FULL JOIN caches c ON c.owner = s.owner AND c.kind = s.kind AND c.currency = s.currency
            WHERE coalesce(s.minor, 0) <> coalesce(c.minor, 0)
        UNION ALL
        SELECT kind || ':usr_' || lower(hex(owner)), 0, minor FROM sums
            WHERE minor < 0 AND kind IN ('creator_pending', 'creator_available', 'creator_reserved',
                'creator_in_payout')
        UNION ALL
        SELECT 'creator_pending:usr_' || lower(hex(coalesce(h.owner, p.owner))), coalesce(h.minor, 0), coalesce(p.minor, 0)
            FROM holds h FULL JOIN pending p ON p.owner = h.owner AND p.currency = h.currency
            WHERE coalesce(h.minor, 0) <> coalesce(p.minor, 0)
        LIMIT ?1";

    /// CROSS keeps the order of the join: the other way round reads the whole journal.
    UNSEALED = "SELECT e.id, e.kind, e.cause, e.order_id, e.posted_at, l.owner, l.kind AS line_kind, l.currency,
        l.minor FROM (SELECT entry_id FROM mkt_unsealed WHERE entry_id >= ?1 ORDER BY entry_id LIMIT ?2) u
        CROSS JOIN mkt_entries e ON e.id = u.entry_id LEFT JOIN mkt_lines l ON l.entry_id = e.id
        ORDER BY u.entry_id";
    LAST_SEAL = "SELECT number, entry_id, hash FROM mkt_seals ORDER BY number DESC LIMIT 1";
    INSERT_SEAL = "INSERT INTO mkt_seals (number, entry_id, hash) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    LEAVE_TAIL = "DELETE FROM mkt_unsealed WHERE entry_id = ?1";
    SEALED = "SELECT s.number, s.entry_id, s.hash, e.id, e.kind, e.cause, e.order_id, e.posted_at, l.owner,
        l.kind AS line_kind, l.currency, l.minor
        FROM (SELECT number, entry_id, hash FROM mkt_seals WHERE number > ?1 ORDER BY number LIMIT ?2) s
        LEFT JOIN mkt_entries e ON e.id = s.entry_id LEFT JOIN mkt_lines l ON l.entry_id = e.id
        ORDER BY s.number";
}
