//! Links with all that decides about their use: rows of `mkt_links`, of an entitlement and of a file.

use super::{link, model};
use crate::{catalog::file, columns::Fields, error::Fault, lookup::Look, sql::delivery as sql, store::Bound};
use marketplace_core::delivery::Redemption;
use sqlx::{postgres::PgRow, query};

/// By the hashes of their tokens.
pub(crate) struct Redemptions;

impl Look for Redemptions {
    type Key = Vec<u8>;
    type Found = Redemption;

    fn query(keys: Vec<Vec<u8>>) -> Bound {
        query(sql::REDEMPTIONS).bind(keys)
    }

    fn key(row: &PgRow) -> Option<Vec<u8>> {
        Fields::new(row, "mkt_links", "link_id").get("link_token").ok()
    }

    fn decode(rows: &[PgRow]) -> Result<Redemption, Fault> {
        let row = rows.first().ok_or_else(|| Fault::defect("a link without a row"))?;
        Ok(Redemption {
            link: link::from_fields(&Fields::new(row, "mkt_links", "id").prefixed("link_"))?,
            entitlement: model::from_fields(&Fields::new(row, "mkt_entitlements", "id").prefixed("right_"))?,
            file: file::decode(row)?,
        })
    }
}
