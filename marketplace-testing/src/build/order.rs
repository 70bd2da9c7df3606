//! Orders.

use super::Fixture;
use marketplace_core::{
    Version,
    catalog::Product,
    id::{LineId, OrderId},
    identity::User,
    money::{Money, Rate},
    order::{Buyer, Locale, Order, OrderLine, OrderState},
};

impl Fixture {
    /// A line for a product, with a fee of 10 %.
    pub fn line(&self, product: &Product) -> OrderLine {
        let fee_rate = Rate::from_basis_points(1_000).expect("ten per cent is a rate");
        OrderLine {
            id: LineId::from_uuid(self.uuid()),
            product: product.id,
            creator: product.creator,
            title: product.title.clone(),
            price: product.price,
            fee: product.price.share(fee_rate).expect("a share fits"),
            fee_rate,
        }
    }

    /// A pending order of one each. All products have one currency; `None` buys as a guest.
    pub fn order(&self, buyer: Option<&User>, products: &[&Product]) -> Order {
        let currency = products.first().expect("an order has at least one product").price.currency();
        Order {
            id: OrderId::from_uuid(self.uuid()),
            buyer: Buyer {
                user: buyer.map(|user| user.id),
                email: buyer.map_or_else(|| self.email(), |user| user.email.clone()),
                phone: buyer.is_none().then(|| self.phone()),
            },
            state: OrderState::Pending,
            lines: products.iter().map(|product| self.line(product)).collect(),
            total: Money::sum(currency, products.iter().map(|product| product.price))
                .expect("the prices are of one currency and their sum fits"),
            locale: Locale::default(),
            token_nonce: self.nonce(),
            token: self.token(),
            created_at: self.tick(),
            paid_at: None,
            version: Version::FIRST,
        }
    }
}
