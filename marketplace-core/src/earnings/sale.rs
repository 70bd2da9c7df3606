//! One line of what was sold. Pure.

use super::{Edge, SoldOrder};
use crate::{
    id::{EntryId, OrderId, ProductId},
    identity::Email,
    money::{Money, MoneyError, allocate},
    order::OrderState,
    time::Timestamp,
};

/// Where a sale stands in the list: by its entry, then by its place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SalePlace {
    /// The entry.
    pub entry: EntryId,
    /// Which line of the order, from 0.
    pub position: u32,
}

/// A product that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Where it stands in the list.
    pub place: SalePlace,
    /// The order.
    pub order: OrderId,
    /// What was sold.
    pub product: ProductId,
    /// Its title then.
    pub title: String,
    /// Who bought, for showing: `a***@example.com`.
    pub buyer: String,
    /// What the buyer paid for it.
    pub gross: Money,
    /// What was kept of it: the marketplace's fee, and the gateway's where creators bear it.
    pub fee: Money,
    /// What was left for the creator.
    pub net: Money,
    /// Where the order stands.
    pub state: OrderState,
    /// When it was paid.
    pub paid_at: Timestamp,
}

/// A part of the list of sales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSales {
    /// The sales, newest first.
    pub items: Vec<Sale>,
    /// Where to read on; `None` at the end.
    pub next: Option<SalePlace>,
}

/// The lines of an order as sales. What the creator got less than the prices without the marketplace's fee (the
/// gateway's fee, where creators bear it) is shared by the lines, so that they add up to what the entry brought.
pub(super) fn sales(order: SoldOrder) -> Result<Vec<Sale>, MoneyError> {
    let SoldOrder { entry, order, state, email, at, earned, lines } = order;
    let mut promised = Money::zero(earned.currency());
    let mut weights = Vec::with_capacity(lines.len());
    for line in &lines {
        let part = line.price.checked_sub(line.fee)?;
        promised = promised.checked_add(part)?;
        weights.push(part.minor().unsigned_abs());
    }
    let missing =
        if lines.is_empty() { Vec::new() } else { allocate(promised.checked_sub(earned)?, &weights)? };
    let buyer = Email::masked(&email);
    let mut sales = Vec::with_capacity(lines.len());
    for (line, missing) in lines.into_iter().zip(missing) {
        let fee = line.fee.checked_add(missing)?;
        sales.push(Sale {
            place: SalePlace { entry, position: line.position },
            order,
            product: line.product,
            title: line.title,
            buyer: buyer.clone(),
            gross: line.price,
            fee,
            net: line.price.checked_sub(fee)?,
            state,
            paid_at: at,
        });
    }
    Ok(sales)
}

/// Which sales to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskSales {
    /// Only paid from then on; a date begins at midnight UTC.
    pub from: Option<Edge>,
    /// Only paid before then; a date counts whole.
    pub to: Option<Edge>,
    /// Only of this product.
    pub product: Option<ProductId>,
    /// At most so many, 1 to 100.
    pub limit: u32,
    /// Only what comes after this place.
    pub after: Option<SalePlace>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{earnings::SoldLine, money::Currency};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn naira(minor: i64) -> Money {
        Money::new(minor, Currency::NGN)
    }

    fn order(prices: &[(i64, i64)], earned: i64) -> SoldOrder {
        let lines = prices.iter().zip(0_u32..).map(|((price, fee), position)| SoldLine {
            position,
            product: ProductId::from_uuid(Uuid::nil()),
            title: "Book".to_owned(),
            price: naira(*price),
            fee: naira(*fee),
        });
        SoldOrder {
            entry: EntryId::from_uuid(Uuid::nil()),
            order: OrderId::from_uuid(Uuid::nil()),
            state: OrderState::Paid,
            email: "buyer@example.com".parse().unwrap(),
            at: Timestamp::EPOCH,
            earned: naira(earned),
            lines: lines.collect(),
        }
    }

    #[test]
    fn a_line_shows_its_fee_and_no_address() {
        let sales = sales(order(&[(2_500, 250)], 2_250)).unwrap();
        assert_eq!((sales[0].gross, sales[0].fee, sales[0].net), (naira(2_500), naira(250), naira(2_250)));
        assert_eq!(sales[0].buyer, "b***@example.com");
    }

    proptest! {
        #[test]
        fn lines_add_up_to_what_the_entry_brought(
            prices in prop::collection::vec((0_i64..1_000_000, 0_i64..100), 1..6), share in 0_i64..=100,
        ) {
            let lines: Vec<_> = prices.iter().map(|(price, percent)| (*price, price * percent / 100)).collect();
            let promised: i64 = lines.iter().map(|(price, fee)| price - fee).sum();
            let earned = promised * share / 100;
            let sales = sales(order(&lines, earned)).unwrap();
            prop_assert_eq!(sales.iter().map(|sale| sale.net.minor()).sum::<i64>(), earned);
            for sale in sales {
                prop_assert_eq!(sale.gross.minor(), sale.fee.minor() + sale.net.minor());
                prop_assert!(sale.net.minor() >= 0 && sale.fee.minor() >= 0);
            }
        }
    }
}
