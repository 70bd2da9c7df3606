//! Comparing what is kept with the entries.

use super::model::Sums;
use crate::{columns::Fields, error::Fault};
use marketplace_core::ledger::Imbalance;
use sqlx::sqlite::SqliteRow;
use std::fmt::Write as _;

/// Whose sums, in which currency.
type Account = (Vec<u8>, String);

/// What differs. The rows are what is kept and what is expected, by creator, currency and quarter; what is expected of a
/// quarter comes before what is kept of it.
pub(crate) fn compare(rows: &[SqliteRow]) -> Result<Vec<Imbalance>, Fault> {
    let mut found = Vec::new();
    let mut before: Option<(Account, Sums)> = None;
    let mut expected: Option<(Account, i64, Sums)> = None;
    for row in rows {
        let fields = Fields::new(row, "mkt_earnings", "creator_id");
        let account: Account = (fields.get("creator_id")?, fields.get("currency")?);
        let (quarter, sums) = (fields.get::<i64>("quarter")?, Sums::read(&fields)?);
        if fields.get::<i64>("kept")? == 0 {
            // The one before was not met by anything that is kept.
            if let Some((account, quarter, sums)) = expected.replace((account, quarter, sums)) {
                differ(&mut found, &account, quarter, sums, Sums::default());
            }
            continue;
        }
        let earlier =
            before.take().filter(|(of, _)| *of == account).map_or(Sums::default(), |(_, sums)| sums);
        let added = sums.minus(earlier);
        let wanted = match expected.take() {
            Some((of, at, wanted)) if of == account && at == quarter => wanted,
            Some((of, at, wanted)) => {
                differ(&mut found, &of, at, wanted, Sums::default());
                Sums::default()
            }
            None => Sums::default(),
        };
        differ(&mut found, &account, quarter, wanted, added);
        before = Some((account, sums));
    }
    if let Some((account, quarter, sums)) = expected {
        differ(&mut found, &account, quarter, sums, Sums::default());
    }
    Ok(found)
}

fn differ(found: &mut Vec<Imbalance>, account: &Account, quarter: i64, expected: Sums, kept: Sums) {
    let pairs = expected.values().into_iter().zip(kept.values());
    for (name, (expected, kept)) in Sums::NAMES.into_iter().zip(pairs) {
        if expected != kept {
            let mut subject = format!("{name} of usr_");
            for byte in &account.0 {
                // Writing to a String cannot fail.
                let _ = write!(subject, "{byte:02x}");
            }
            let _ = write!(subject, " {} at {quarter}", account.1);
            found.push(Imbalance { subject, expected, found: kept });
        }
    }
}
