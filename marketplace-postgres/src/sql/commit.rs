//! The call that commits, and the sign of life.

statements! {
    COMMIT = "SELECT mkt_commit($1::TEXT::JSONB, $2::TEXT::JSONB, $3) AS outcomes";
    /// The cheapest round trip that fails where the tables are missing.
    HEALTH = "SELECT EXISTS (SELECT FROM mkt_decisions) AS \"any\"";
    IS_MIGRATED = "SELECT to_regclass('mkt_decisions') IS NOT NULL AS \"is\"";
    /// Where no schema of the search path exists, nobody may.
    MAY_MIGRATE = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE) AS \"may\"";
}
