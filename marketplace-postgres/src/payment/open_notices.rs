//! Open notices, with what they claim: rows of `mkt_notices`, and of a payment.

use super::{notice, verified};
use crate::{columns::Fields, error::Fault, lookup::Look, sql::payment as sql, store::Bound};
use marketplace_core::payment::OpenNotice;
use sqlx::{postgres::PgRow, query};

/// By their keys.
pub(crate) struct OpenNotices;

impl Look for OpenNotices {
    type Key = String;
    type Found = OpenNotice;

    fn query(keys: Vec<String>) -> Bound {
        query(sql::OPEN_NOTICES).bind(keys)
    }

    fn key(row: &PgRow) -> Option<String> {
        Fields::new(row, "mkt_notices", "notice_key").get("notice_key").ok()
    }

    fn decode(rows: &[PgRow]) -> Result<OpenNotice, Fault> {
        let first = rows.first().ok_or_else(|| Fault::defect("a notice without a row"))?;
        let claim = notice::claim(&Fields::new(first, "mkt_notices", "notice_key"))?;
        Ok(OpenNotice { claim, payment: verified::decode(rows)? })
    }
}
