//! The steps of a sale, each through the service that a host calls.

use super::TestMarketplace;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use marketplace_core::{
    catalog::{NewFile, NewProduct, Product, StoredFile},
    id::{OrderId, Reference, Token},
    identity::{Email, NewAccount, Role, User},
    money::Money,
    order::{Locale, Order, PlaceOrder, Placed},
    payment::{Attempt, AttemptState, Received},
};

/// A sale that went well.
#[derive(Debug, Clone)]
pub struct PaidOrder {
    /// Who sold.
    pub creator: User,
    /// What was sold.
    pub product: Product,
    /// The order, paid.
    pub order: Order,
    /// The attempt that paid it.
    pub attempt: Attempt,
}

impl TestMarketplace {
    /// Registers somebody. The password is `correct horse`.
    pub async fn register(&self, role: Role) -> User {
        let account = NewAccount {
            email: self.fixture.email().as_str().to_owned(),
            password: "correct horse".into(),
            display_name: self.fixture.word("Somebody"),
            role,
        };
        self.market.identity().register(account).await.expect("somebody registers").user
    }

    /// A published product with one file, at this price.
    pub async fn product(&self, creator: &User, price: Money) -> Product {
        let new = NewProduct {
            title: self.fixture.word("Product"),
            description: "A thing made with care.".to_owned(),
            price,
        };
        let made = self.market.catalog().create(creator, new).await.expect("a product is made");
        self.upload(creator, &made.product).await;
        let published = self.market.catalog().publish(creator, made.product.id).await;
        published.expect("a product is published").product
    }

    /// Uploads a small file to a product.
    pub async fn upload(&self, creator: &User, product: &Product) -> StoredFile {
        let new = NewFile { name: self.fixture.file_name(), content_type: None };
        let body = stream::iter([Ok(Bytes::from_static(b"a file of "))]);
        let body = body.chain(stream::iter([Ok(Bytes::from(self.fixture.word("bytes")))])).boxed();
        self.market.catalog().upload(creator, product.id, new, body).await.expect("a file is uploaded")
    }

    /// A creator with a published product for 2,500.00 naira.
    pub async fn creator_with_product(&self) -> (User, Product) {
        let creator = self.register(Role::Creator).await;
        let product = self.product(&creator, self.fixture.naira(250_000)).await;
        (creator, product)
    }

    /// The command of a new guest to buy these products. Sent again it is the same command.
    pub fn checkout_of(&self, products: &[&Product]) -> PlaceOrder {
        PlaceOrder {
            serial: self.market.ids().uuid(self.now()),
            buyer: None,
            email: Some(self.fixture.email().as_str().to_owned()),
            phone: None,
            products: products.iter().map(|product| product.id).collect(),
            locale: Locale::default(),
        }
    }

    /// A new guest orders these products, and the payment is begun.
    pub async fn place(&self, products: &[&Product]) -> Placed {
        let command = self.checkout_of(products);
        self.market.checkout().place(command).await.expect("an order is placed")
    }

    /// The gateway's notice that the payment was made arrives, with the amount that the gateway was asked for;
    /// it is processed by the next [`TestMarketplace::run_jobs`]. Sent again it is the same event.
    pub async fn notify(&self, reference: &Reference) -> Received {
        let amount = self.gateway.snapshot(reference).and_then(|payment| payment.requested);
        let notice = self.gateway.notice(&format!("paid:{reference}"), reference, amount);
        self.market.inbox().receive(notice.raw()).await.expect("a notice is taken in")
    }

    /// A whole sale: a creator's product is ordered by a guest, paid, told of by a notice, and mailed. The
    /// gateway keeps 37.50 naira.
    pub async fn paid_order(&self) -> PaidOrder {
        let (creator, product) = self.creator_with_product().await;
        let placed = self.place(&[&product]).await;
        let reference = placed.attempt.expect("an order with a price has an attempt").reference;
        assert!(self.gateway.pay(&reference, Some(self.fixture.naira(3_750))), "the payment was begun");
        self.notify(&reference).await;
        self.run_jobs().await;
        let verified = self.market.payments().stored(&reference).await.expect("the payment is read");
        assert_eq!(verified.attempt.state, AttemptState::Succeeded, "the sale is settled: {verified:?}");
        PaidOrder { creator, product, order: verified.order, attempt: verified.attempt }
    }

    /// The order as it stands.
    pub async fn order(&self, id: OrderId) -> Order {
        let view = self.market.checkout().get(id).await.expect("orders are read");
        view.expect("the order is there").order
    }

    /// The tokens of all links that were mailed to an address, oldest first.
    pub fn mailed_links(&self, to: &Email) -> Vec<Token> {
        let start = format!("{}/d/", Self::BASE_URL);
        let mut tokens = Vec::new();
        for mail in self.mailer.accepted_for(to) {
            for rest in mail.content.text.split(&start).skip(1) {
                let token: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
                tokens.push(token.parse().expect("a link ends with a token"));
            }
        }
        tokens
    }
}
