//! Entitlements, links, download sessions, visits.

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
    GRANT = concat!("INSERT INTO mkt_entitlements (", entitlement_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING");
    REVOKE = "UPDATE mkt_entitlements SET state = ?3, revoked_at = ?4, revoke_reason = ?5, version = ?2 + 1
        WHERE id = ?1 AND version = ?2";
    ENTITLEMENT = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements WHERE id = ?1");
    ENTITLEMENTS_OF_ORDER = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements
        WHERE order_id = ?1 ORDER BY id");
    ENTITLEMENTS_OF_USER = concat!("SELECT ", entitlement_columns!(), " FROM mkt_entitlements
        WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3");

    ISSUE_LINK = concat!("INSERT INTO mkt_links (", link_columns!(), ")
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING");
    CLAIM_LINK = "UPDATE mkt_links SET claimed_at = ?2 WHERE id = ?1 AND claimed_at IS NULL";
    LINK = concat!("SELECT ", link_columns!(), " FROM mkt_links WHERE id = ?1");
    LINK_BY_TOKEN = concat!("SELECT ", link_columns!(), " FROM mkt_links WHERE token = ?1");
    LINKS_OF = concat!("SELECT ", link_columns!(), " FROM mkt_links INDEXED BY mkt_links_by_entitlement
        WHERE entitlement_id IN (SELECT id FROM mkt_entitlements WHERE order_id = ?1) ORDER BY id DESC LIMIT ?2");

    NOTE_VISIT = "INSERT INTO mkt_visits (link_id, kind, agent, result, count, first_at, last_at)
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5) ON CONFLICT (link_id, kind, agent, result) DO UPDATE SET
        count = count + 1, first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)";
    VISITS_OF = "SELECT link_id, kind, agent, result, count, first_at, last_at FROM mkt_visits
        WHERE link_id IN (SELECT unhex(value) FROM json_each(?1))";

    OPEN_DOWNLOAD = "INSERT INTO mkt_download_sessions (id, link_id, entitlement_id, version_id, file_id, nonce,
        token, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    DOWNLOAD_SESSION = "SELECT id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at,
        expires_at FROM mkt_download_sessions WHERE token = ?1";
}
