//! Which rows a call must hold before it applies anything.
//!
//! Guarantees: every row that a set changes is named (rows that it adds need no lock), each once, so that
//! `mkt_lock` can take all locks of a call in one order.

use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

macro_rules! tables {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        /// A table with rows that change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Table {
            $($variant),+
        }
        impl Table {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The table's name without `mkt_`.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
// In the order in which `mkt_lock` takes them.
tables! {
    Balances = "balances",
    Limits = "limits",
    Users = "users",
    Products = "products",
    Uploads = "uploads",
    Files = "files",
    Orders = "orders",
    Attempts = "attempts",
    Holds = "holds",
    Entitlements = "entitlements",
    Links = "links",
    Notices = "notices",
    Reviews = "reviews",
    Refunds = "refunds",
}

/// The locks of a set, or of all sets of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Locks(BTreeMap<Table, BTreeSet<String>>);

impl Locks {
    pub(super) fn add(&mut self, table: Table, key: impl Display) {
        self.0.entry(table).or_default().insert(key.to_string());
    }

    pub(super) fn join(&mut self, others: &Self) {
        for (table, keys) in &others.0 {
            self.0.entry(*table).or_default().extend(keys.iter().cloned());
        }
    }

    /// `["orders:…", …]`: by these names a set is found whose rows somebody else holds.
    pub(super) fn names(&self) -> Value {
        let of_table = |(table, keys): (&Table, &BTreeSet<String>)| {
            keys.iter().map(|key| Value::from(format!("{}:{key}", table.as_str()))).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_table).collect()
    }

    /// `{"orders": ["…"], …}`: what `mkt_lock` takes.
    pub(super) fn by_table(&self) -> Value {
        let of_table = |(table, keys): (&Table, &BTreeSet<String>)| {
            (table.as_str().to_owned(), keys.iter().cloned().collect::<Value>())
        };
        Value::Object(self.0.iter().map(of_table).collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_table_is_locked_in_the_order_of_the_enum() {
        let text = include_str!("../../migrations/0002_commit.sql");
        let places: Vec<_> = Table::ALL
            .iter()
            .map(|table| {
                text.find(&format!("IF locks ? '{}'", table.as_str())).unwrap_or_else(|| panic!("{table:?}"))
            })
            .collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn a_row_is_locked_once_per_call() {
        let (mut one, mut two) = (Locks::default(), Locks::default());
        one.add(Table::Orders, "b");
        one.add(Table::Orders, "b");
        two.add(Table::Orders, "a");
        two.add(Table::Limits, "files:x");
        assert_eq!(two.names(), json!(["limits:files:x", "orders:a"]));
        one.join(&two);
        assert_eq!(one.by_table(), json!({ "limits": ["files:x"], "orders": ["a", "b"] }));
    }
}
