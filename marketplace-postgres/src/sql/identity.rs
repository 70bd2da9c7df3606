//! Users and sign-in sessions.

macro_rules! user_columns {
    () => {
        "id, email, password, display_name, role, email_verified, suspended_at, created_at, version"
    };
}

statements! {
    USER = concat!("SELECT ", user_columns!(), " FROM mkt_users WHERE id = $1");
    USER_BY_EMAIL = concat!("SELECT ", user_columns!(), " FROM mkt_users WHERE email = $1");

    START_SESSION = "INSERT INTO mkt_sessions (id, user_id, token, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
    SESSION = "SELECT id, user_id, token, created_at, expires_at FROM mkt_sessions
        WHERE token = $1 AND ended_at IS NULL AND expires_at > $2";
    END_SESSION = "UPDATE mkt_sessions SET ended_at = $2
        WHERE token = $1 AND ended_at IS NULL AND expires_at > $2";
    END_SESSIONS = "UPDATE mkt_sessions SET ended_at = $2
        WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2";
}
