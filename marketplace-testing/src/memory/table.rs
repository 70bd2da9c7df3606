//! A table that remembers how to undo what a change set did to it.

use std::{borrow::Borrow, collections::BTreeMap};

/// Rows by key, with a journal of the rows that were there before.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key)
    }

    pub(super) fn has<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.rows.contains_key(key)
    }

    /// All rows, in the order of their keys.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    /// All values, in the order of their keys.
    pub(super) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.rows.values()
    }

    pub(super) fn put(&mut self, key: K, row: V) {
        let before = self.rows.insert(key.clone(), row);
        self.before.push((key, before));
    }

    pub(super) fn remove(&mut self, key: &K) {
        if let Some(row) = self.rows.remove(key) {
            self.before.push((key.clone(), Some(row)));
        }
    }

    /// Makes what was done final.
    pub(super) fn keep(&mut self) {
        self.before.clear();
    }

    /// Undoes what was done since the last `keep`.
    pub(super) fn undo(&mut self) {
        for (key, before) in self.before.drain(..).rev() {
            match before {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_restores_what_was_there_at_the_last_keep() {
        let mut table = Table::default();
        table.put(1, "one");
        table.keep();
        table.put(1, "uno");
        table.put(2, "two");
        table.remove(&1);
        table.put(1, "ein");
        table.undo();
        assert_eq!(table.rows().collect::<Vec<_>>(), [(&1, &"one")]);
    }
}
