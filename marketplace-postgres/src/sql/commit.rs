//! The call that commits, and the sign of life.

statements! {
    COMMIT = "SELECT mkt_commit($1::TEXT::JSONB, $2::TEXT::JSONB, $3) AS outcomes";
    /// `NULL` where it is put off.
    COMMIT_BULK = "SELECT mkt_commit_bulk($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
        $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, \
        $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, \
        $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63) AS outcomes";
    /// The cheapest round trip that fails where the tables are missing.
    HEALTH = "SELECT EXISTS (SELECT FROM mkt_decisions) AS \"any\"";
}
