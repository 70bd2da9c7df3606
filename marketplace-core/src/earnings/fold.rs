//! What an entry says about what was sold. Pure.

use crate::{
    id::UserId,
    ledger::{EntryKind, JournalEntry},
    money::{Currency, Money, MoneyError},
    order::OrderLine,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// What was sold, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// What buyers paid.
    pub gross: Money,
    /// What was kept of it: the marketplace's fee, and the gateway's where creators bear it.
    pub fees: Money,
    /// What was given back.
    pub refunds: Money,
    /// How many orders.
    pub orders: u64,
}

impl Figures {
    /// Nothing sold.
    pub const fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { gross: zero, fees: zero, refunds: zero, orders: 0 }
    }

    /// What is left for the creator.
    pub fn net(&self) -> Result<Money, MoneyError> {
        self.gross.checked_sub(self.fees)?.checked_sub(self.refunds)
    }

    /// Both together.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        Ok(Self {
            gross: self.gross.checked_add(other.gross)?,
            fees: self.fees.checked_add(other.fees)?,
            refunds: self.refunds.checked_add(other.refunds)?,
            orders: self.orders.checked_add(other.orders).ok_or(MoneyError::Overflow)?,
        })
    }
}

/// What one entry says about one creator in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// Who sold.
    pub creator: UserId,
    /// When: the beginning of the quarter of an hour in which the entry was posted.
    pub quarter: Timestamp,
    /// What.
    pub figures: Figures,
}

/// A quarter of an hour. Days of every zone in use begin with one, so whatever is summed by quarters can be summed by
/// the days of any zone.
pub(super) const QUARTER: i64 = 15 * 60 * 1_000_000;

/// The beginning of the quarter of an hour (in UTC) that a time is in.
pub fn quarter_of(at: Timestamp) -> Timestamp {
    let into = at.as_micros().rem_euclid(QUARTER);
    Timestamp::from_micros(at.as_micros().saturating_sub(into))
}

/// What an entry says, one fact per creator and currency that it moves. `lines` are those of its order.
///
/// An entry without lines of that creator and currency in its order is counted at what it brought.
pub fn facts(entry: &JournalEntry, lines: &[OrderLine]) -> Result<Vec<Fact>, MoneyError> {
    // A new kind must be told apart here, and in the statements of the stores: refunds are counted as such.
    match entry.kind() {
        EntryKind::Sale => {}
        // Refunds so far are of payments that sold nothing.
        EntryKind::Release | EntryKind::Unsettled | EntryKind::Refund => return Ok(Vec::new()),
    }
    let mut net = BTreeMap::<(UserId, Currency), Money>::new();
    for line in entry.lines() {
        if let Some(owner) = line.account.owner() {
            let currency = line.amount.currency();
            let sum = net.entry((owner, currency)).or_insert(Money::zero(currency));
            *sum = sum.checked_add(line.amount)?;
        }
    }
    let mut facts = Vec::with_capacity(net.len());
    for ((creator, currency), net) in net {
        let own = || {
            let of_creator = lines.iter().filter(|line| line.creator == creator);
            of_creator.map(|line| line.price).filter(|price| price.currency() == currency)
        };
        let gross = if own().next().is_none() { net } else { Money::sum(currency, own())? };
        let figures =
            Figures { gross, fees: gross.checked_sub(net)?, refunds: Money::zero(currency), orders: 1 };
        facts.push(Fact { creator, quarter: quarter_of(entry.at()), figures });
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{EntryId, LineId, OrderId, ProductId},
        ledger::{Account, Cause, Line},
        money::Rate,
    };
    use uuid::Uuid;

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    fn creator(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn entry(kind: EntryKind, lines: &[(Account, i64)]) -> JournalEntry {
        let lines = lines.iter().map(|(account, minor)| Line { account: *account, amount: naira(*minor) });
        let (id, order) = (EntryId::from_uuid(Uuid::nil()), OrderId::from_uuid(Uuid::nil()));
        let at = Timestamp::from_micros(QUARTER + 7);
        JournalEntry::new(id, kind, Cause::new(kind, order), Some(order), at, lines).unwrap()
    }

    fn line(of: UserId, price: i64) -> OrderLine {
        OrderLine {
            id: LineId::from_uuid(Uuid::nil()),
            product: ProductId::from_uuid(Uuid::nil()),
            creator: of,
            title: "Book".to_owned(),
            price: naira(price),
            fee: naira(price / 10),
            fee_rate: Rate::from_basis_points(1_000).unwrap(),
        }
    }

    #[test]
    fn a_sale_is_shared_by_its_lines_and_the_fees_are_what_did_not_arrive() {
        let (one, two) = (creator(1), creator(2));
        let sale = entry(
            EntryKind::Sale,
            &[
                (Account::CLEARING, -2_900),
                (Account::GATEWAY_FEES, -100),
                (Account::REVENUE, 300),
                // The gateway's share of 30 is borne by the creators here.
                (Account::pending(one), 1_780),
                (Account::available(one), 10),
                (Account::pending(two), 910),
            ],
        );
        let facts = facts(&sale, &[line(one, 1_500), line(two, 1_000), line(one, 500)]).unwrap();
        let told: Vec<_> = facts
            .iter()
            .map(|fact| {
                let figures = fact.figures;
                (fact.creator, figures.gross.minor(), figures.fees.minor(), figures.net().unwrap().minor())
            })
            .collect();
        assert_eq!(told, [(one, 2_000, 210, 1_790), (two, 1_000, 90, 910)]);
        assert!(facts.iter().all(|fact| fact.figures.orders == 1 && fact.figures.refunds.is_zero()));
        assert!(facts.iter().all(|fact| fact.quarter.as_micros() == QUARTER));
    }

    #[test]
    fn moving_money_on_is_no_sale_and_a_sale_without_its_lines_counts_what_it_brought() {
        let moved = [(Account::pending(creator(1)), -5), (Account::available(creator(1)), 5)];
        assert_eq!(facts(&entry(EntryKind::Release, &moved), &[]), Ok(vec![]));
        let bare = entry(EntryKind::Sale, &[(Account::CLEARING, -5), (Account::pending(creator(1)), 5)]);
        let figures = facts(&bare, &[line(creator(2), 9)]).unwrap()[0].figures;
        assert_eq!(figures, Figures { gross: naira(5), orders: 1, ..Figures::none(Currency::NGN) });
    }

    #[test]
    fn quarters_begin_before_the_epoch_too() {
        for (at, quarter) in [(0, 0), (QUARTER - 1, 0), (QUARTER, QUARTER), (-1, -QUARTER)] {
            assert_eq!(quarter_of(Timestamp::from_micros(at)).as_micros(), quarter, "{at}");
        }
    }
}
