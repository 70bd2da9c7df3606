//! Journal entries: balanced by construction.

use super::Account;
use crate::{
    id::{EntryId, OrderId},
    money::{Currency, Money, MoneyError},
    text::words,
    time::Timestamp,
};
use std::{collections::BTreeMap, fmt};

/// What an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// An order was paid.
    Sale,
    /// A hold came to its date.
    Release,
    /// Money was taken that pays nothing, and is owed to its payer.
    Unsettled,
    /// Owed money was given back.
    Refund,
}
words!(EntryKind { Sale = "sale", Release = "release", Unsettled = "unsettled", Refund = "refund" });

/// Why an entry exists; unique, so that nothing is posted twice. `sale:ord_…`, `release:hld_…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause(String);

impl Cause {
    /// The cause of an entry of `kind` about `what`.
    pub fn new(kind: EntryKind, what: impl fmt::Display) -> Self {
        Self(format!("{kind}:{what}"))
    }

    /// Wraps stored text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which account.
    pub account: Account,
    /// How much; never zero.
    pub amount: Money,
}

/// The lines are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The lines of a currency do not sum to zero.
    #[error("the lines do not sum to zero")]
    Unbalanced,
    /// Fewer than two lines that move anything.
    #[error("an entry has at least two lines")]
    TooFewLines,
    /// A sum does not fit.
    #[error("amount out of range")]
    Overflow,
}

impl From<MoneyError> for EntryError {
    fn from(_: MoneyError) -> Self {
        Self::Overflow
    }
}

/// A balanced movement of money. A store never sees an unbalanced one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    id: EntryId,
    kind: EntryKind,
    cause: Cause,
    order: Option<OrderId>,
    at: Timestamp,
    lines: Vec<Line>,
}

impl JournalEntry {
    /// An entry of `lines`: those on one account are joined, zero lines are dropped, and the rest is put in
    /// canonical order (by account, then currency), which is also the order in which stores lock accounts.
    pub fn new(
        id: EntryId,
        kind: EntryKind,
        cause: Cause,
        order: Option<OrderId>,
        at: Timestamp,
        lines: impl IntoIterator<Item = Line>,
    ) -> Result<Self, EntryError> {
        let mut joined = BTreeMap::<(Account, Currency), Money>::new();
        for line in lines {
            let place = (line.account, line.amount.currency());
            let sum = joined.get(&place).copied().unwrap_or(Money::zero(line.amount.currency()));
            joined.insert(place, sum.checked_add(line.amount)?);
        }
        joined.retain(|_, amount| !amount.is_zero());
        let mut sums = BTreeMap::<Currency, i128>::new();
        for ((_, currency), amount) in &joined {
            let sum = sums.entry(*currency).or_default();
            *sum = sum.saturating_add(i128::from(amount.minor()));
        }
        if sums.values().any(|sum| *sum != 0) {
            return Err(EntryError::Unbalanced);
        }
        if joined.len() < 2 {
            return Err(EntryError::TooFewLines);
        }
        let lines = joined.into_iter().map(|((account, _), amount)| Line { account, amount }).collect();
        Ok(Self { id, kind, cause, order, at, lines })
    }

    /// Its id.
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// What it records.
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// Why it exists; unique.
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The order it is about.
    pub const fn order(&self) -> Option<OrderId> {
        self.order
    }

    /// When it was decided.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Its lines, in canonical order.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn entry(lines: Vec<Line>) -> Result<JournalEntry, EntryError> {
        let id = EntryId::from_uuid(Uuid::nil());
        JournalEntry::new(
            id,
            EntryKind::Sale,
            Cause::new(EntryKind::Sale, "x"),
            None,
            Timestamp::EPOCH,
            lines,
        )
    }

    fn line(account: Account, minor: i64, currency: Currency) -> Line {
        Line { account, amount: Money::new(minor, currency) }
    }

    #[test]
    fn refuses_what_does_not_balance() {
        let naira = |minor| line(Account::REVENUE, minor, Currency::NGN);
        assert_eq!(entry(vec![]), Err(EntryError::TooFewLines));
        assert_eq!(entry(vec![naira(1), naira(-1)]), Err(EntryError::TooFewLines));
        assert_eq!(
            entry(vec![naira(1), line(Account::CLEARING, -2, Currency::NGN)]),
            Err(EntryError::Unbalanced)
        );
        assert_eq!(
            entry(vec![naira(1), line(Account::CLEARING, -1, Currency::USD)]),
            Err(EntryError::Unbalanced)
        );
        assert_eq!(entry(vec![naira(i64::MAX), naira(1)]), Err(EntryError::Overflow));
    }

    proptest! {
        #[test]
        fn an_accepted_entry_sums_to_zero_in_canonical_order(amounts in prop::collection::vec(-1000_i64..1000, 1..12)) {
            let owner = |index: usize| UserId::from_uuid(Uuid::from_u128(index as u128 % 3));
            let mut lines: Vec<Line> = amounts.iter().enumerate()
                .map(|(index, minor)| line(Account::pending(owner(index)), *minor, Currency::NGN)).collect();
            lines.push(line(Account::CLEARING, -amounts.iter().sum::<i64>(), Currency::NGN));
            if let Ok(entry) = entry(lines) {
                prop_assert_eq!(entry.lines().iter().map(|line| line.amount.minor()).sum::<i64>(), 0);
                prop_assert!(entry.lines().is_sorted_by_key(|line| line.account));
                prop_assert!(entry.lines().iter().all(|line| !line.amount.is_zero()));
            }
        }
    }

    #[test]
    fn accounts_have_one_text_form() {
        let creator = Account::pending(UserId::from_uuid(Uuid::nil()));
        for account in [Account::CLEARING, Account::REVENUE, creator] {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        for wrong in ["creator_pending", "platform_revenue:usr_00000000000000000000000000000000", "x", ""] {
            assert!(wrong.parse::<Account>().is_err(), "{wrong}");
        }
    }
}
