//! What was sold: sums of what is in the chain, and the entries themselves.

use super::{
    Defect, MemoryStore,
    catalog::page_of,
    ledger::read,
    state::{EntryRow, State},
};
use async_trait::async_trait;
use marketplace_core::{
    earnings::{Fact, Figures, Sales, SalesFilter, SoldLine, SoldOrder, facts},
    error::StoreError,
    id::{EntryId, UserId},
    ledger::{EntryKind, Imbalance},
    money::{Currency, Money},
    page::Page,
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Of a creator, a currency, and a quarter of an hour.
type Place = (UserId, Currency, Timestamp);

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

impl State {
    fn facts(&self, row: &EntryRow) -> Result<Vec<Fact>, StoreError> {
        let order = row.order.and_then(|order| self.orders.get(&order));
        let mut lines = order.map(|order| order.lines.clone()).unwrap_or_default();
        if self.has(Defect::CountsWholeOrders) {
            let creator = lines.first().map(|line| line.creator);
            lines.iter_mut().for_each(|line| line.creator = creator.unwrap_or(line.creator));
        }
        facts(&read(row)?, &lines).map_err(StoreError::defect)
    }

    fn place(&self, fact: &Fact) -> Place {
        let mut at = fact.quarter;
        if self.has(Defect::FoldsByDay) {
            at = Timestamp::from_micros(at.as_micros().div_euclid(DAY) * DAY);
        }
        (fact.creator, fact.figures.gross.currency(), at)
    }

    /// Adds what entries say that go into the chain now.
    pub(super) fn fold(&mut self, entries: &[EntryId]) -> Result<(), StoreError> {
        let newest = self.sealed.rows().next_back().map(|(entry, _)| *entry);
        for entry in entries {
            let late = newest.is_some_and(|newest| *entry < newest);
            let Some(row) = self.entries.get(entry).filter(|_| !(late && self.has(Defect::FoldsByWatermark)))
            else {
                continue;
            };
            for fact in self.facts(row)? {
                let place = self.place(&fact);
                let before = self.earnings.get(&place).copied().unwrap_or(Figures::none(place.1));
                let after = before.checked_add(fact.figures).map_err(StoreError::defect)?;
                self.earnings.put(place, after);
            }
        }
        Ok(())
    }

    /// What is kept and differs from the entries in the chain.
    pub(super) fn misfolded(&self) -> Result<Vec<Imbalance>, StoreError> {
        let mut expected = BTreeMap::<Place, Figures>::new();
        for row in self.entries.values().filter(|row| self.sealed.has(&row.id)) {
            for fact in self.facts(row)? {
                let place = (fact.creator, fact.figures.gross.currency(), fact.quarter);
                let sum = expected.entry(place).or_insert(Figures::none(place.1));
                *sum = sum.checked_add(fact.figures).map_err(StoreError::defect)?;
            }
        }
        let mut found = Vec::new();
        let places = expected.keys().chain(self.earnings.rows().map(|(place, _)| place));
        let places: std::collections::BTreeSet<Place> = places.copied().collect();
        for place in places {
            let none = Figures::none(place.1);
            let expected = expected.get(&place).copied().unwrap_or(none);
            let is = self.earnings.get(&place).copied().unwrap_or(none);
            if expected != is {
                let (expected, found_now) = (expected.gross.minor(), is.gross.minor());
                let subject = format!("earnings of {} {} {}", place.0, place.1, place.2);
                found.push(Imbalance { subject, expected, found: found_now });
            }
        }
        Ok(found)
    }

    fn sold_order(&self, creator: UserId, filter: SalesFilter, row: &EntryRow) -> Option<SoldOrder> {
        let own = |line: &&marketplace_core::ledger::Line| line.account.owner() == Some(creator);
        let in_range =
            filter.from.is_none_or(|from| row.at >= from) && filter.to.is_none_or(|to| row.at < to);
        if row.kind != EntryKind::Sale || !in_range || !row.lines.iter().any(|line| own(&line)) {
            return None;
        }
        let order = self.orders.get(&row.order?)?;
        let lines: Vec<SoldLine> = (0..)
            .zip(&order.lines)
            .filter(|(_, line)| line.creator == creator)
            .map(|(position, line)| SoldLine {
                position,
                product: line.product,
                title: line.title.clone(),
                price: line.price,
                fee: line.fee,
            })
            .collect();
        let wanted = |line: &SoldLine| filter.product.is_none_or(|product| line.product == product);
        if !lines.iter().any(wanted) {
            return None;
        }
        let currency = order.total.currency();
        let earned = row.lines.iter().filter(own).filter(|line| line.amount.currency() == currency);
        Some(SoldOrder {
            entry: row.id,
            order: order.id,
            state: order.state,
            email: order.buyer.email.clone(),
            at: row.at,
            earned: Money::new(earned.map(|line| line.amount.minor()).sum(), currency),
            lines,
        })
    }
}

#[async_trait]
impl Sales for MemoryStore {
    async fn figures(
        &self,
        creator: UserId,
        currency: Currency,
        bounds: &[Timestamp],
    ) -> Result<Vec<Figures>, StoreError> {
        self.call(|state| {
            let kept = state.earnings.rows().map(|(place, figures)| (*place, *figures));
            let mut all: Vec<(Place, Figures)> = kept.collect();
            let twice = state.has(Defect::CountsSealedTwice);
            for row in state.entries.values().filter(|row| twice || !state.sealed.has(&row.id)) {
                if state.has(Defect::ForgetsTail) {
                    break;
                }
                all.extend(state.facts(row)?.iter().map(|fact| (state.place(fact), fact.figures)));
            }
            let within = |from: Timestamp, to: Timestamp| {
                let own = all.iter().filter(|((of, in_currency, at), _)| {
                    *of == creator && *in_currency == currency && (from..to).contains(at)
                });
                own.map(|(_, figures)| *figures).try_fold(Figures::none(currency), Figures::checked_add)
            };
            let pairs = bounds.iter().zip(bounds.iter().skip(1));
            pairs.map(|(from, to)| within(*from, *to).map_err(StoreError::defect)).collect()
        })
        .await
    }

    async fn sold(
        &self,
        creator: UserId,
        filter: SalesFilter,
        page: Page,
    ) -> Result<Vec<SoldOrder>, StoreError> {
        self.call(|state| {
            let sold: Vec<SoldOrder> =
                state.entries.values().filter_map(|row| state.sold_order(creator, filter, row)).collect();
            Ok(page_of(state, sold.into_iter(), page, |order| order.entry.uuid()))
        })
        .await
    }
}
