//! Every statement of the store, as constants.
//!
//! Guarantees: a statement's text never contains data; each module lists its statements in `ALL`, and one test
//! prepares all of them on a migrated database.
//!
//! Does not: use sqlx's macros. They would connect to whatever `DATABASE_URL` the host has set while it builds.
//!
//! Called by: the modules of the same names, and nobody else.

/// Declares statements, and collects them for the test that prepares them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)+

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

pub(crate) mod answer;
pub(crate) mod catalog;
pub(crate) mod commit;
pub(crate) mod delivery;
pub(crate) mod earnings;
pub(crate) mod event;
pub(crate) mod identity;
pub(crate) mod job;
pub(crate) mod ledger;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod refund;

#[cfg(test)]
mod tests {
    use crate::SqliteStore;
    use marketplace_core::ledger::AccountKind;
    use sqlx::{Executor, SqlSafeStr, Statement};

    #[tokio::test]
    async fn every_statement_prepares_on_a_migrated_database() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("market.db").display());
        let store = SqliteStore::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let modules = [
            super::answer::ALL,
            super::catalog::ALL,
            super::commit::ALL,
            super::delivery::ALL,
            super::earnings::ALL,
            super::event::ALL,
            super::identity::ALL,
            super::job::ALL,
            super::ledger::ALL,
            super::order::ALL,
            super::payment::ALL,
            super::refund::ALL,
        ];
        let mut count = 0;
        for (name, text) in modules.into_iter().flatten() {
            let prepared =
                tx.prepare(text.into_sql_str()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            // Positional marks would shift silently when a column is added; numbered ones do not.
            assert!(!text.contains("?)") && !text.contains("? "), "{name}: unnumbered parameter");
            let used = text.split('?').skip(1).filter_map(|rest| {
                rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().ok()
            });
            let parameters = prepared.parameters().map_or(0, |types| types.right_or(0));
            assert_eq!(parameters, used.max().unwrap_or(0), "{name}: parameters are numbered without a gap");
            count += 1;
        }
        assert!(count > 80, "only {count} statements are listed");
        tx.rollback().await.unwrap();
        store.close().await;
    }

    #[test]
    fn the_audit_and_the_sealing_name_exactly_the_accounts_with_a_floor() {
        for text in [super::ledger::IMBALANCES, super::ledger::TO_FOLD] {
            let (_, list) = text.split_once("kind IN (").unwrap();
            let (list, _) = list.split_once(')').unwrap();
            for kind in AccountKind::ALL {
                assert_eq!(list.contains(&format!("'{kind}'")), kind.has_floor(), "{kind}");
            }
        }
    }
}
