//! Decisions and counters.

statements! {
    INSERT_DECISION = "INSERT INTO mkt_decisions (key, name, input_hash, subject, actor, decided_at, events)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO NOTHING";
    DECISION_INPUT = "SELECT key, input_hash FROM mkt_decisions WHERE key = ?1";
    /// Giving back is never refused. A count past 64 bits becomes a REAL above every cap, so it is.
    TAKE = "INSERT INTO mkt_limits (key, used) SELECT ?1, max(0, ?2) WHERE ?2 <= 0 OR ?2 <= ?3
        ON CONFLICT (key) DO UPDATE SET used = max(0, used + ?2) WHERE ?2 <= 0 OR used + ?2 <= ?3";
    /// The cheapest round trip that fails where the tables are missing.
    HEALTH = "SELECT EXISTS (SELECT 1 FROM mkt_decisions)";
    IS_MIGRATED = "SELECT 1 FROM sqlite_schema WHERE name = 'mkt_decisions'";
}
