//! The journal, holds, seals, and the audit over them.

use super::{
    Defect, MemoryStore,
    state::{Done, EntryRow, State, Stop, fresh, unique},
};
use async_trait::async_trait;
use marketplace_core::{
    commit::Refusal,
    error::StoreError,
    id::{EntryId, HoldId, UserId},
    ledger::{
        Account, AccountKind, Audit, Balance, EntryKind, Hold, Imbalance, JournalEntry, Ledger, Line, Seal,
        WalletLine,
    },
    money::{Currency, Money},
    page::Page,
    time::Timestamp,
};
use std::collections::BTreeMap;

impl State {
    pub(super) fn post(&mut self, entry: &JournalEntry) -> Done {
        unique(self.entries.has(&entry.id()) || self.causes.has(entry.cause()))?;
        if let Some(order) = entry.order() {
            self.require_order(order)?;
        }
        let mut lines = entry.lines().to_vec();
        if self.has(Defect::DropsLines) {
            lines.pop();
        }
        for line in &lines {
            if let Some(owner) = line.account.owner() {
                self.require_user(owner)?;
            }
            self.move_balance(*line)?;
        }
        self.causes.put(entry.cause().clone(), entry.id());
        let row = EntryRow {
            id: entry.id(),
            kind: entry.kind(),
            cause: entry.cause().clone(),
            order: entry.order(),
            at: entry.at(),
            lines,
        };
        self.entries.put(entry.id(), row);
        Ok(())
    }

    fn move_balance(&mut self, line: Line) -> Done {
        let place = (line.account, line.amount.currency());
        let before = self.balances.get(&place).copied().unwrap_or(0);
        let after = before
            .checked_add(line.amount.minor())
            .ok_or_else(|| Stop::Broken(format!("the balance of {} does not fit", line.account)))?;
        let floored = line.account.kind().has_floor() && line.amount.is_negative();
        if floored && after < 0 && !self.has(Defect::IgnoresFloors) {
            return Err(Refusal::BelowFloor.into());
        }
        self.balances.put(place, after);
        Ok(())
    }

    fn credit_again(&mut self, entries: &[EntryId]) {
        let rows: Vec<_> = entries.iter().filter_map(|entry| self.entries.get(entry).cloned()).collect();
        for line in rows.iter().flat_map(|row| &row.lines).filter(|line| !line.amount.is_negative()) {
            let place = (line.account, line.amount.currency());
            let before = self.balances.get(&place).copied().unwrap_or(0);
            self.balances.put(place, before + line.amount.minor());
        }
    }

    pub(super) fn insert_hold(&mut self, hold: Hold) -> Done {
        unique(self.holds.has(&hold.id))?;
        self.require_user(hold.creator)?;
        self.require_order(hold.order)?;
        self.holds.put(hold.id, hold);
        Ok(())
    }

    pub(super) fn release_hold(&mut self, id: HoldId, at: Timestamp) -> Done {
        let hold = self.holds.get(&id).cloned().ok_or(Refusal::Stale)?;
        fresh(hold.released_at.is_none())?;
        self.holds.put(id, Hold { released_at: Some(at), ..hold });
        Ok(())
    }

    /// The lines on a creator's accounts, oldest entry first, with the balance after each.
    fn wallet(&self, creator: UserId) -> Vec<WalletLine> {
        let mut balances = BTreeMap::<(AccountKind, Currency), i64>::new();
        let mut lines = Vec::new();
        for row in self.entries.values() {
            let own = row.lines.iter().filter(|line| line.account.owner() == Some(creator));
            for line in own {
                let (account, currency) = (line.account.kind(), line.amount.currency());
                let balance = balances.entry((account, currency)).or_default();
                *balance += line.amount.minor();
                lines.push(WalletLine {
                    entry: row.id,
                    kind: row.kind,
                    account,
                    amount: line.amount,
                    balance_after: Money::new(*balance, currency),
                    order: row.order,
                    at: row.at,
                    releases_at: self.releases_at(creator, row, line),
                });
            }
        }
        lines
    }

    /// When the money of a line becomes available: a sale's line on the pending account is held by the open
    /// hold of its order and creator.
    fn releases_at(&self, creator: UserId, row: &EntryRow, line: &Line) -> Option<Timestamp> {
        let may_be_held = row.kind == EntryKind::Sale && line.account.kind() == AccountKind::CreatorPending;
        let order = row.order.filter(|_| may_be_held)?;
        let holds = |hold: &&Hold| {
            hold.creator == creator
                && hold.order == order
                && hold.amount.currency() == line.amount.currency()
                && hold.released_at.is_none()
        };
        self.holds.values().find(holds).map(|hold| hold.releases_at)
    }

    fn imbalances(&self) -> Vec<Imbalance> {
        let mut found = Vec::new();
        let mut differs = |subject: String, expected: i128, is: i128| {
            if expected != is {
                let narrow =
                    |sum: i128| i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX });
                found.push(Imbalance { subject, expected: narrow(expected), found: narrow(is) });
            }
        };
        let mut of_currency = BTreeMap::<Currency, i128>::new();
        let mut of_account = BTreeMap::<(Account, Currency), i128>::new();
        for row in self.entries.values() {
            let mut of_entry = BTreeMap::<Currency, i128>::new();
            for line in &row.lines {
                let (currency, minor) = (line.amount.currency(), i128::from(line.amount.minor()));
                *of_currency.entry(currency).or_default() += minor;
                *of_entry.entry(currency).or_default() += minor;
                *of_account.entry((line.account, currency)).or_default() += minor;
            }
            of_entry.values().for_each(|sum| differs(row.id.to_string(), 0, *sum));
        }
        of_currency.iter().for_each(|(currency, sum)| differs(currency.to_string(), 0, *sum));
        let mut held = BTreeMap::<(Account, Currency), i128>::new();
        for hold in self.holds.values().filter(|hold| hold.released_at.is_none()) {
            if let Some(pending) = Account::of_creator(AccountKind::CreatorPending, hold.creator) {
                *held.entry((pending, hold.amount.currency())).or_default() +=
                    i128::from(hold.amount.minor());
            }
        }
        let balance = |place| self.balances.get(place).copied().map_or(0, i128::from);
        for (place, sum) in &of_account {
            differs(place.0.to_string(), *sum, balance(place));
            if place.0.kind().has_floor() {
                differs(place.0.to_string(), (*sum).max(0), *sum);
            }
            if place.0.kind() == AccountKind::CreatorPending {
                differs(place.0.to_string(), held.remove(place).unwrap_or(0), *sum);
            }
        }
        held.iter().for_each(|(place, sum)| differs(place.0.to_string(), *sum, 0));
        found
    }

    fn last_seal(&self) -> Option<&Seal> {
        self.seals.values().next_back()
    }
}

/// Builds an entry of its rows, as a reader of a database does.
pub(super) fn read(row: &EntryRow) -> Result<JournalEntry, StoreError> {
    let lines = row.lines.iter().copied();
    JournalEntry::new(row.id, row.kind, row.cause.clone(), row.order, row.at, lines)
        .map_err(|error| StoreError::Defect(Box::new(error)))
}

#[async_trait]
impl Ledger for MemoryStore {
    async fn balances_of(&self, creator: UserId) -> Result<Vec<Balance>, StoreError> {
        self.call(|state| {
            let own = state.balances.rows().filter(|((account, _), _)| account.owner() == Some(creator));
            let mut balances: Vec<_> = own
                .map(|((account, currency), minor)| Balance {
                    kind: account.kind(),
                    amount: Money::new(*minor, *currency),
                })
                .collect();
            balances.sort_by_key(|balance| (balance.amount.currency(), balance.kind));
            Ok(balances)
        })
        .await
    }

    async fn earned_by(&self, creator: UserId) -> Result<Vec<Money>, StoreError> {
        self.call(|state| {
            let mut sums = BTreeMap::<Currency, i64>::new();
            for line in state.wallet(creator).iter().filter(|line| line.kind == EntryKind::Sale) {
                let sealed = state.sealed.has(&line.entry);
                let times = match sealed {
                    true if state.has(Defect::CountsSealedTwice) => 2,
                    false if state.has(Defect::ForgetsTail) => 0,
                    _ => 1,
                };
                *sums.entry(line.amount.currency()).or_default() += times * line.amount.minor();
            }
            Ok(sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
        })
        .await
    }

    async fn wallet_lines(
        &self,
        creator: UserId,
        currency: Option<Currency>,
        page: Page,
    ) -> Result<Vec<WalletLine>, StoreError> {
        self.call(|state| {
            let wanted =
                |line: &WalletLine| currency.is_none_or(|currency| line.amount.currency() == currency);
            let mut entries = BTreeMap::<_, Vec<WalletLine>>::new();
            for line in state.wallet(creator).into_iter().filter(wanted) {
                entries.entry(line.entry).or_default().push(line);
            }
            let pages = super::catalog::page_of(state, entries.into_iter(), page, |(entry, _)| entry.uuid());
            Ok(pages.into_iter().flat_map(|(_, lines)| lines).collect())
        })
        .await
    }

    async fn hold(&self, id: HoldId) -> Result<Option<Hold>, StoreError> {
        self.call(|state| Ok(state.holds.get(&id).cloned())).await
    }
}

#[async_trait]
impl Audit for MemoryStore {
    async fn imbalances(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        self.call(|state| Ok(state.imbalances().into_iter().take(limit as usize).collect())).await
    }

    async fn misfolded(&self, limit: u32) -> Result<Vec<Imbalance>, StoreError> {
        self.call(|state| Ok(state.misfolded()?.into_iter().take(limit as usize).collect())).await
    }

    async fn unsealed(&self, after: Option<EntryId>, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        self.call(|state| {
            let is_tail = |row: &&EntryRow| !state.sealed.has(&row.id) && after.is_none_or(|id| row.id > id);
            let tail = state.entries.values().filter(is_tail);
            tail.take(limit as usize).map(read).collect()
        })
        .await
    }

    async fn last_seal(&self) -> Result<Option<Seal>, StoreError> {
        self.call(|state| Ok(state.last_seal().cloned())).await
    }

    async fn append_seals(&self, seals: Vec<Seal>) -> Result<bool, StoreError> {
        self.call(|state| {
            let next = state.last_seal().map_or(0, |last| last.number) + 1;
            let forks = seals.first().is_some_and(|first| first.number != next)
                || seals.iter().any(|seal| state.sealed.has(&seal.entry));
            if forks && !state.has(Defect::ForksChain) {
                return Ok(false);
            }
            let entries: Vec<EntryId> = seals.iter().map(|seal| seal.entry).collect();
            state.fold(&entries)?;
            if state.has(Defect::FoldsCreditsTwice) {
                state.credit_again(&entries);
            }
            for (number, seal) in (next..).zip(seals) {
                state.sealed.put(seal.entry, number);
                state.seals.put(number, Seal { number, ..seal });
            }
            state.keep();
            Ok(true)
        })
        .await
    }

    async fn sealed(&self, after: u64, limit: u32) -> Result<Vec<(Seal, Option<JournalEntry>)>, StoreError> {
        self.call(|state| {
            let links = state.seals.values().filter(|seal| seal.number > after).take(limit as usize);
            links
                .map(|seal| {
                    let entry = state.entries.get(&seal.entry).map(read).transpose()?;
                    Ok((seal.clone(), entry))
                })
                .collect()
        })
        .await
    }
}
