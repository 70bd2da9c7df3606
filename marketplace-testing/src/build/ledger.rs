//! Journal entries and holds.

use super::Fixture;
use marketplace_core::{
    id::{EntryId, HoldId, OrderId, UserId},
    ledger::{Account, AccountKind, Cause, EntryKind, Hold, HoldReason, JournalEntry, Line},
    money::Money,
    order::Order,
    time::Timestamp,
};
use std::time::Duration;

impl Fixture {
    /// An account of the marketplace. Panics for kinds that belong to creators.
    pub fn platform(&self, kind: AccountKind) -> Account {
        Account::of_platform(kind).expect("a kind of the marketplace")
    }

    /// An account of a creator. Panics for kinds that belong to the marketplace.
    pub fn account(&self, kind: AccountKind, creator: UserId) -> Account {
        Account::of_creator(kind, creator).expect("a kind of creators")
    }

    /// An entry of these lines under a new cause. Panics unless they balance.
    pub fn entry(&self, kind: EntryKind, order: Option<OrderId>, lines: &[(Account, Money)]) -> JournalEntry {
        let id = EntryId::from_uuid(self.uuid());
        let cause = Cause::new(kind, self.word("cause"));
        let lines = lines.iter().map(|(account, amount)| Line { account: *account, amount: *amount });
        JournalEntry::new(id, kind, cause, order, self.tick(), lines).expect("the lines balance")
    }

    /// An entry of these lines at a time: its id is of that time, too.
    pub fn entry_at(&self, kind: EntryKind, at: Timestamp, lines: &[Line]) -> JournalEntry {
        let id = EntryId::from_uuid(self.ids().uuid(at));
        let cause = Cause::new(kind, self.word("cause"));
        JournalEntry::new(id, kind, cause, None, at, lines.iter().copied()).expect("the lines balance")
    }

    /// The sale of an order at a time, which brings these shares out of what the gateway holds.
    pub fn sale(&self, order: &Order, at: Timestamp, shares: &[(Account, Money)]) -> JournalEntry {
        let clearing = self.platform(AccountKind::GatewayClearing);
        let mut lines = Vec::new();
        for (account, amount) in shares {
            let back = amount.checked_neg().expect("an amount above the smallest one");
            lines.push(Line { account: *account, amount: *amount });
            lines.push(Line { account: clearing, amount: back });
        }
        let id = EntryId::from_uuid(self.ids().uuid(at));
        let cause = Cause::new(EntryKind::Sale, order.id);
        JournalEntry::new(id, EntryKind::Sale, cause, Some(order.id), at, lines).expect("the lines balance")
    }

    /// A sale that brings `amount` into one account of a creator, out of what the gateway holds.
    pub fn credit(&self, kind: AccountKind, creator: UserId, amount: Money) -> JournalEntry {
        let back = amount.checked_neg().expect("an amount above the smallest one");
        let lines =
            [(self.platform(AccountKind::GatewayClearing), back), (self.account(kind, creator), amount)];
        self.entry(EntryKind::Sale, None, &lines)
    }

    /// The reverse of [`Fixture::credit`], as a release.
    pub fn debit(&self, kind: AccountKind, creator: UserId, amount: Money) -> JournalEntry {
        let out = amount.checked_neg().expect("an amount above the smallest one");
        let lines =
            [(self.platform(AccountKind::GatewayClearing), amount), (self.account(kind, creator), out)];
        self.entry(EntryKind::Release, None, &lines)
    }

    /// A movement between two accounts of a creator, as a release.
    pub fn transfer(
        &self,
        from: AccountKind,
        to: AccountKind,
        creator: UserId,
        amount: Money,
    ) -> JournalEntry {
        let out = amount.checked_neg().expect("an amount above the smallest one");
        let lines = [(self.account(from, creator), out), (self.account(to, creator), amount)];
        self.entry(EntryKind::Release, None, &lines)
    }

    /// A hold on a creator's pending money of an order, for a week.
    pub fn hold(&self, order: &Order, creator: UserId, amount: Money) -> Hold {
        Hold {
            id: HoldId::from_uuid(self.uuid()),
            creator,
            order: order.id,
            amount,
            reason: HoldReason::Clearing,
            releases_at: self.tick().saturating_add(Duration::from_hours(7 * 24)),
            released_at: None,
        }
    }
}
