//! The statement that applies many plain change sets at once: one CTE per table that gets rows, put together for the
//! tables that a group needs.
//!
//! Guarantees: the parts say what `mkt_apply` says for the same changes. Whatever is not as expected (a guard, a row
//! that somebody else holds, a key that is taken) ends the statement with an error, so nothing of it is written. Where
//! one of the sets is known already nothing is written, either, and the answers tell which.
//!
//! `{table}` stands for the rows that are bound for a table, named `g`, and `{table.column}` for an array with the values
//! of a column. Every table that is looked up stands under a condition with the array of its keys: joined with the
//! rows alone, a plan that was made while it was empty could walk through all of it.
//!
//! Called by: the bulk commit, which binds the values.

use std::fmt::Write as _;

/// A table's part: the columns that are bound, and its CTEs.
pub(crate) struct Part {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) text: &'static str,
    /// What must be true when it is done.
    pub(crate) expected: Option<&'static str>,
    #[cfg(test)]
    pub(crate) types: fn() -> Vec<sqlx::postgres::PgTypeInfo>,
}

/// How the rows of a table are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Layout {
    /// There are none.
    Nothing,
    /// So many, one value each.
    Spelled(usize),
    /// Any number, one array per column.
    Arrays,
}

/// Which sets are known, before anything is written.
pub(crate) const DECISIONS: &str = "known AS MATERIALIZED (
    SELECT g.key, d.input_hash = g.hash AS same
    FROM {decisions} JOIN mkt_decisions d ON d.key = ANY ({decisions.key}) AND d.key = g.key),
decided AS (
    INSERT INTO mkt_decisions (key, name, input_hash, subject, actor, decided_at, events)
    SELECT g.* FROM {decisions} WHERE NOT EXISTS (SELECT FROM known)),
untold AS (
    INSERT INTO mkt_untold (key)
    SELECT g.key FROM {decisions} WHERE g.events IS NOT NULL AND NOT EXISTS (SELECT FROM known))";

pub(crate) const ORDERS: &str = "held_orders AS MATERIALIZED (
    SELECT id FROM mkt_orders WHERE id = ANY ({orders.id}) AND NOT EXISTS (SELECT FROM known)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
moved_orders AS (
    UPDATE mkt_orders o SET state = g.state, version = o.version + 1, paid_at = coalesce(o.paid_at, g.paid_at)
    FROM held_orders h, {orders}
    WHERE o.id = ANY ({orders.id}) AND o.id = h.id AND o.id = g.id AND o.version = g.seen
    RETURNING 1)";
pub(crate) const ORDERS_MOVED: &str = "(SELECT count(*) FROM moved_orders) = cardinality({orders.id})";

pub(crate) const ATTEMPTS: &str = "held_attempts AS MATERIALIZED (
    SELECT reference FROM mkt_attempts
    WHERE reference = ANY ({attempts.reference}) AND NOT EXISTS (SELECT FROM known)
    ORDER BY reference FOR NO KEY UPDATE SKIP LOCKED),
moved_attempts AS (
    UPDATE mkt_attempts a SET amount_minor = g.minor, amount_currency = g.currency, state = g.state,
        gateway = g.gateway, mode = g.mode, authorization_url = g.url, gateway_id = g.gateway_id,
        fee_minor = g.fee_minor, fee_currency = g.fee_currency, paid_at = g.paid_at, version = a.version + 1
    FROM held_attempts h, {attempts}
    WHERE a.reference = ANY ({attempts.reference}) AND a.reference = h.reference AND a.reference = g.reference
        AND a.version = g.seen
    RETURNING 1)";
pub(crate) const ATTEMPTS_MOVED: &str =
    "(SELECT count(*) FROM moved_attempts) = cardinality({attempts.reference})";

pub(crate) const CLOSES: &str = "held_notices AS MATERIALIZED (
    SELECT key FROM mkt_notices WHERE key = ANY ({closes.key}) AND NOT EXISTS (SELECT FROM known)
    ORDER BY key FOR NO KEY UPDATE SKIP LOCKED),
closed_notices AS (
    UPDATE mkt_notices n SET outcome = g.outcome, closed_at = g.at
    FROM held_notices h, {closes}
    WHERE n.key = ANY ({closes.key}) AND n.key = h.key AND n.key = g.key AND n.closed_at IS NULL
    RETURNING 1)";
pub(crate) const NOTICES_CLOSED: &str = "(SELECT count(*) FROM closed_notices) = cardinality({closes.key})";

pub(crate) const NOTICES: &str = "new_notices AS (
    INSERT INTO mkt_notices (key, gateway, body, claim_kind, claim_reference, claim_mode, claim_minor, claim_currency,
        received_at)
    SELECT g.* FROM {notices} WHERE NOT EXISTS (SELECT FROM known))";

pub(crate) const ENTRIES: &str = "new_entries AS (
    INSERT INTO mkt_entries (id, kind, cause, order_id, posted_at)
    SELECT g.* FROM {entries} WHERE NOT EXISTS (SELECT FROM known))";

pub(crate) const LINES: &str = "new_lines AS (
    INSERT INTO mkt_lines (entry_id, owner, kind, currency, minor)
    SELECT g.* FROM {lines} WHERE NOT EXISTS (SELECT FROM known)),
unfolded AS (
    INSERT INTO mkt_unfolded (owner, kind, currency, entry_id, minor)
    SELECT g.owner, g.kind, g.currency, g.entry, g.minor FROM {lines}
    WHERE g.owner IS NOT NULL AND NOT EXISTS (SELECT FROM known))";

pub(crate) const HOLDS: &str = "new_holds AS (
    INSERT INTO mkt_holds (id, creator_id, order_id, amount_minor, amount_currency, reason, releases_at)
    SELECT g.* FROM {holds} WHERE NOT EXISTS (SELECT FROM known))";

pub(crate) const GRANTS: &str = "granted AS (
    INSERT INTO mkt_entitlements (id, order_id, line_id, product_id, user_id, email, granted_at, state, version)
    SELECT g.id, g.order_id, g.line_id, g.product_id, g.user_id, g.email, g.at, 'active', 1
    FROM {grants} JOIN mkt_order_lines l ON l.id = ANY ({grants.line_id}) AND l.id = g.line_id AND l.order_id = g.order_id
        AND l.product_id = g.product_id
    WHERE NOT EXISTS (SELECT FROM known)
    RETURNING 1)";
pub(crate) const LINES_GRANTED: &str = "(SELECT count(*) FROM granted) = cardinality({grants.id})";

pub(crate) const CLAIMS: &str = "held_links AS MATERIALIZED (
    SELECT id FROM mkt_links WHERE id = ANY ({claims.link_id}) AND NOT EXISTS (SELECT FROM known)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
claimed_links AS (
    UPDATE mkt_links l SET claimed_at = g.at FROM held_links h, {claims}
    WHERE l.id = ANY ({claims.link_id}) AND l.id = h.id AND l.id = g.link_id AND l.claimed_at IS NULL
    RETURNING 1),
new_sessions AS (
    INSERT INTO mkt_download_sessions (id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at,
        expires_at)
    SELECT g.id, g.opened_by, g.entitlement_id, g.version_id, g.file_id, g.nonce, g.token, g.created_at, g.expires_at
    FROM {claims} WHERE NOT EXISTS (SELECT FROM known))";
pub(crate) const LINKS_CLAIMED: &str = "(SELECT count(*) FROM claimed_links) = cardinality({claims.link_id})";

pub(crate) const JOBS: &str = "new_jobs AS (
    INSERT INTO mkt_jobs (id, kind, payload, subject, run_at, created_at, state, attempts, fence)
    SELECT g.id, g.kind, g.payload::JSON, g.subject, g.run_at, g.at, 'ready', 0, 0 FROM {jobs}
    WHERE NOT EXISTS (SELECT FROM known))";

/// The answers, one per set in the order of their keys, like those of `mkt_commit`, and `again` for the others of a
/// group that met a known one: nothing of them was written.
const ANSWERS: &str = "SELECT CASE
    WHEN EXISTS (SELECT FROM known) THEN ARRAY(
        SELECT CASE WHEN k.key IS NULL THEN 'again' WHEN k.same THEN 'replayed' ELSE 'MK005' END
        FROM {decisions} LEFT JOIN known k ON k.key = g.key
        ORDER BY g.key COLLATE \"C\")
    WHEN {expected} THEN array_fill('applied'::TEXT, ARRAY[cardinality({decisions.key})])
    ELSE mkt_put_off() END AS outcomes";

/// The statement for these parts, with a name by which an operator finds it at the server. Their values are bound in the
/// order of the parts; in each, row by row where they are spelled out.
pub(crate) fn statement<'a>(parts: impl Iterator<Item = (&'a Part, Layout)>) -> String {
    let parts: Vec<_> = parts.filter(|(_, layout)| *layout != Layout::Nothing).collect();
    let tables: Vec<&str> = parts.iter().map(|(part, _)| part.text).collect();
    let expected: Vec<&str> = parts.iter().filter_map(|(part, _)| part.expected).collect();
    let expected = if expected.is_empty() { "TRUE".to_owned() } else { expected.join("\n        AND ") };
    let text = format!("/* mkt_commit */ WITH {}\n{ANSWERS}", tables.join(",\n"));
    let mut text = text.replace("{expected}", &expected);
    let mut bound = 0;
    for (part, layout) in parts {
        let rows = match layout {
            Layout::Spelled(rows) => rows,
            Layout::Nothing | Layout::Arrays => 1,
        };
        // Each row's parameters.
        let rows: Vec<Vec<String>> =
            (0..rows).map(|_| part.columns.iter().map(|_| next(&mut bound)).collect()).collect();
        text = text.replace(&format!("{{{}}}", part.table), &source(part, layout, &rows));
        for (place, column) in part.columns.iter().enumerate() {
            let values: Vec<&str> =
                rows.iter().filter_map(|row| row.get(place).map(String::as_str)).collect();
            let values = values.join(", ");
            let array = if layout == Layout::Arrays { values } else { format!("ARRAY[{values}]") };
            text = text.replace(&format!("{{{}.{column}}}", part.table), &array);
        }
    }
    text
}

fn next(bound: &mut usize) -> String {
    *bound = bound.saturating_add(1);
    format!("${bound}")
}

/// The rows of a part, as a table.
fn source(part: &Part, layout: Layout, rows: &[Vec<String>]) -> String {
    let mut text = String::from(if layout == Layout::Arrays { "unnest" } else { "(VALUES " });
    for (number, row) in rows.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}({})", row.join(", "));
    }
    let end = if layout == Layout::Arrays { "" } else { ")" };
    format!("{text}{end} AS g ({})", part.columns.join(", "))
}
