//! Entitlements, links, download sessions.

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
    DOWNLOAD_SESSION = "SELECT id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at,
        expires_at FROM mkt_download_sessions WHERE token = $1";
}
