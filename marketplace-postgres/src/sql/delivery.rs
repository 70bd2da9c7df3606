//! Entitlements, links, download sessions, visits.

use super::catalog::{newest_version, stored_file};

macro_rules! entitlement_columns {
    () => {
        "id, order_id, line_id, product_id, user_id, email, state, granted_at, revoked_at, revoke_reason, version"
    };
}

macro_rules! link_columns {
    () => {
        "id, entitlement_id, file_id, nonce, token, created_at, expires_at, claimed_at"
    };
}

statements! {
    ENTITLEMENT = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements WHERE id = $1");
    ENTITLEMENTS_OF_ORDER = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements
        WHERE order_id = $1 ORDER BY id");
    ENTITLEMENTS_OF_USER = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements
        WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    LINK = concat!("SELECT ", link_columns!(), " FROM mkt_links WHERE id = $1");
    LINK_BY_TOKEN = concat!("SELECT ", link_columns!(), " FROM mkt_links WHERE token = $1");
    /// Kept apart by OFFSET, so that no plan walks through all links in the order of their ids.
    LINKS_OF = concat!("SELECT * FROM (SELECT ", link_columns!(), " FROM mkt_links
        WHERE entitlement_id = ANY (ARRAY(SELECT id FROM mkt_entitlements WHERE order_id = $1)) OFFSET 0) of_order
        ORDER BY id DESC LIMIT $2");
    NOTE_VISIT = "INSERT INTO mkt_visits AS v (link_id, kind, agent, result, count, first_at, last_at)
        VALUES ($1, $2, $3, $4, 1, $5, $5) ON CONFLICT (link_id, kind, agent, result) DO UPDATE SET
        count = v.count + 1, first_at = least(v.first_at, excluded.first_at),
        last_at = greatest(v.last_at, excluded.last_at)";
    VISITS_OF = "SELECT link_id, kind, agent, result, count, first_at, last_at FROM mkt_visits
        WHERE link_id = ANY ($1)";
    /// Lateral and kept apart by OFFSET, so that a plan which was made while the tables were empty does not walk through
    /// them.
    REDEMPTIONS = concat!("SELECT l.id AS link_id, l.entitlement_id AS link_entitlement_id, l.file_id AS link_file_id,
        l.nonce AS link_nonce, l.token AS link_token, l.created_at AS link_created_at,
        l.expires_at AS link_expires_at, l.claimed_at AS link_claimed_at, e.id AS right_id,
        e.order_id AS right_order_id, e.line_id AS right_line_id, e.product_id AS right_product_id,
        e.user_id AS right_user_id, e.email AS right_email, e.state AS right_state, e.granted_at AS right_granted_at,
        e.revoked_at AS right_revoked_at, e.revoke_reason AS right_revoke_reason, e.version AS right_version, s.*
        FROM mkt_links l
        JOIN LATERAL (SELECT * FROM mkt_entitlements WHERE id = l.entitlement_id OFFSET 0) e ON TRUE
        JOIN LATERAL (", stored_file!(), "WHERE f.id = l.file_id", newest_version!(), "OFFSET 0) s ON TRUE
        WHERE l.token = ANY ($1)");
    DOWNLOAD_SESSION = "SELECT id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at,
        expires_at FROM mkt_download_sessions WHERE token = $1";
}
