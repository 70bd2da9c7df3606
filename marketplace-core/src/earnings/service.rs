//! Statistics of a creator.

use super::{
    AskSales, Edge, Figures, Interval, ListedSales, Sale, Sales, SalesFilter,
    period::{bounds, range},
    sale::sales,
};
use crate::{
    error::{ErrorKind, Failure, FieldError, StoreError},
    id::UserId,
    money::{Currency, Money, MoneyError},
    page::Page,
    time::{Clock, Timestamp, Zone},
};
use std::sync::Arc;
use uuid::Uuid;

/// Why statistics were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EarningsError {
    /// Some fields are wrong.
    #[error("invalid range")]
    Invalid(Vec<FieldError>),
    /// A sum does not fit.
    #[error("amount out of range")]
    Money(#[from] MoneyError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<FieldError> for EarningsError {
    fn from(field: FieldError) -> Self {
        Self::Invalid(vec![field])
    }
}

impl Failure for EarningsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Money(_) => ErrorKind::Internal,
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Money(_) => "internal",
            Self::Store(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}

/// Which series to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskSeries {
    /// In which currency; the marketplace's first one if nothing is said.
    pub currency: Option<Currency>,
    /// From when on. The last 30 days, 12 weeks or 12 months if nothing is said.
    pub from: Option<Edge>,
    /// Until when; the present if nothing is said.
    pub to: Option<Edge>,
    /// How long a point lasts.
    pub interval: Interval,
    /// In which zone days begin.
    pub zone: Zone,
}

/// One point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When it begins.
    pub start: Timestamp,
    /// What was sold in it.
    pub figures: Figures,
    /// What was left for the creator.
    pub net: Money,
}

/// What a creator earned over time. Whole intervals: the range is widened to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarningsSeries {
    /// In which currency.
    pub currency: Currency,
    /// One point per interval, oldest first, also where nothing was sold.
    pub points: Vec<Point>,
    /// All points together.
    pub totals: Figures,
    /// What all points left for the creator.
    pub net: Money,
    /// When the last point ends.
    pub end: Timestamp,
}

/// What statistics need.
#[derive(Debug, Clone)]
pub struct Earnings {
    /// Reads what was sold.
    pub sales: Arc<dyn Sales>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The currency of series that name none.
    pub currency: Currency,
}

impl Earnings {
    /// What a creator sold over time. A range that is wrong, or of more than 400 intervals, is refused.
    pub async fn series(&self, creator: UserId, ask: &AskSeries) -> Result<EarningsSeries, EarningsError> {
        let currency = ask.currency.unwrap_or(self.currency);
        let bounds = bounds(ask, self.clock.now())?;
        let rows = self.sales.figures(creator, currency, &bounds).await?;
        let mut totals = Figures::none(currency);
        let mut points = Vec::with_capacity(rows.len());
        for (start, figures) in bounds.iter().zip(rows) {
            totals = totals.checked_add(figures)?;
            points.push(Point { start: *start, figures, net: figures.net()? });
        }
        let end = bounds.last().copied().unwrap_or(Timestamp::EPOCH);
        Ok(EarningsSeries { currency, points, totals, net: totals.net()?, end })
    }

    /// What a creator sold, line by line, newest first.
    pub async fn list(&self, creator: UserId, ask: AskSales) -> Result<ListedSales, EarningsError> {
        let AskSales { product, limit, after, .. } = ask;
        let (from, to) = range(ask.from, ask.to, &Zone::utc())?;
        // The order of the last line that was shown may have more of them.
        let before = after.map(|after| Uuid::from_u128(after.entry.uuid().as_u128().saturating_add(1)));
        let page = Page { limit, before }.with_lookahead();
        let orders = self.sales.sold(creator, SalesFilter { from, to, product }, page).await?;
        let shown = |sale: &Sale| {
            after
                .is_some_and(|after| sale.place.entry == after.entry && sale.place.position <= after.position)
        };
        let mut items = Vec::new();
        for order in orders {
            let lines = sales(order)?.into_iter();
            items.extend(
                lines.filter(|sale| product.is_none_or(|product| sale.product == product) && !shown(sale)),
            );
        }
        let limit = limit as usize;
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(|sale| sale.place)
        } else {
            None
        };
        Ok(ListedSales { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        earnings::{MockSales, SalePlace, SoldLine, SoldOrder},
        id::{EntryId, OrderId, ProductId},
        order::OrderState,
        time::ManualClock,
    };

    const CREATOR: UserId = UserId::from_uuid(Uuid::nil());

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    fn service(sales: MockSales) -> Earnings {
        let clock = ManualClock::new("2026-11-23T06:00:00Z".parse().unwrap());
        Earnings { sales: Arc::new(sales), clock: Arc::new(clock), currency: Currency::NGN }
    }

    /// Orders 3, 2 and 1, of three lines each: products 0, 1 and 2.
    fn three_orders() -> Vec<SoldOrder> {
        let order = |number: u128| SoldOrder {
            entry: EntryId::from_uuid(Uuid::from_u128(number)),
            order: OrderId::from_uuid(Uuid::from_u128(number)),
            state: OrderState::Paid,
            email: "buyer@example.com".parse().unwrap(),
            at: Timestamp::EPOCH,
            earned: naira(300),
            lines: (0..3_u32)
                .map(|position| SoldLine {
                    position,
                    product: ProductId::from_uuid(Uuid::from_u128(u128::from(position))),
                    title: "Book".to_owned(),
                    price: naira(100),
                    fee: naira(0),
                })
                .collect(),
        };
        (1..=3).rev().map(order).collect()
    }

    async fn walk(limit: u32, product: Option<ProductId>) -> Vec<Vec<(u128, u32)>> {
        let mut port = MockSales::new();
        port.expect_sold().returning(move |_, _, page| {
            let before = |order: &SoldOrder| page.before.is_none_or(|before| order.entry.uuid() < before);
            Ok(three_orders().into_iter().filter(before).take(page.limit as usize).collect())
        });
        let service = service(port);
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let ask = AskSales { from: None, to: None, product, limit, after };
            let listed = service.list(CREATOR, ask).await.unwrap();
            let place = |place: SalePlace| (place.entry.uuid().as_u128(), place.position);
            pages.push(listed.items.iter().map(|sale| place(sale.place)).collect::<Vec<_>>());
            after = listed.next;
            if after.is_none() {
                return pages;
            }
        }
    }

    #[tokio::test]
    async fn pages_count_lines_and_may_end_within_an_order() {
        let all: Vec<(u128, u32)> =
            [3, 2, 1].into_iter().flat_map(|order| (0..3).map(move |line| (order, line))).collect();
        for limit in [1, 2, 3, 4, 5, 8, 9, 100] {
            let pages = walk(limit, None).await;
            assert_eq!(pages.concat(), all, "{limit}");
            let (last, full) = pages.split_last().unwrap();
            assert!(full.iter().all(|page| page.len() == limit as usize) && !last.is_empty(), "{pages:?}");
        }
        let one = ProductId::from_uuid(Uuid::from_u128(1));
        assert_eq!(walk(2, Some(one)).await, [vec![(3, 1), (2, 1)], vec![(1, 1)]]);
    }

    #[tokio::test]
    async fn a_series_adds_up() {
        let mut port = MockSales::new();
        port.expect_figures().returning(|_, currency, bounds| {
            let figures = Figures { gross: naira(100), fees: naira(10), refunds: naira(5), orders: 2 };
            assert_eq!(currency, Currency::NGN);
            Ok(vec![figures; bounds.len() - 1])
        });
        let ask = AskSeries {
            currency: None,
            from: Some("2026-11-20".parse().unwrap()),
            to: None,
            interval: Interval::Day,
            zone: Zone::utc(),
        };
        let series = service(port).series(CREATOR, &ask).await.unwrap();
        assert_eq!((series.points.len(), series.totals.orders, series.net), (4, 8, naira(340)));
        assert!(series.points.iter().all(|point| point.net == naira(85)));
    }
}
