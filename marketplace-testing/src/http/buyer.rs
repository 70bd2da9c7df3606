//! Buying.

use super::{
    answer::Answer,
    client::Client,
    shop::{Account, Product},
    wait::wait_until,
};
use serde_json::{Value, json};

/// An order that was placed.
#[derive(Debug, Clone)]
pub struct Placed {
    /// Its id.
    pub order: String,
    /// What opens it: the buyer's sign-in, or a guest's order token.
    pub token: String,
    /// The reference of its payment; empty for a free order.
    pub reference: String,
    /// Where to pay; empty for a free order.
    pub pay_at: String,
    /// The whole answer.
    pub answer: Value,
}

/// An order that was paid and delivered.
#[derive(Debug, Clone)]
pub struct Bought {
    /// The order.
    pub placed: Placed,
    /// The mailed link.
    pub link: String,
}

impl Placed {
    /// Reads the answer of a checkout. `token` is the buyer's sign-in; a guest has none.
    ///
    /// # Panics
    /// If it is no such answer.
    pub fn read(answer: &Value, token: Option<&str>) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            order: answer["order"]["id"].as_str().expect("an order has an id").to_owned(),
            token: token.map_or_else(|| text(&answer["order_token"]), str::to_owned),
            reference: text(&answer["payment"]["reference"]),
            pay_at: text(&answer["payment"]["authorization_url"]),
            answer: answer.clone(),
        }
    }
}

impl Client {
    /// Places an order of one product as a signed-in buyer.
    pub async fn check_out(&self, buyer: &Account, product: &Product) -> Placed {
        let body = json!({ "items": [{ "product_id": product.id }] });
        let answer = self.post("/api/v1/checkout").bearer(&buyer.token).json(&body).send().await.expect(201);
        Placed::read(&answer, Some(&buyer.token))
    }

    /// Places an order of one product as a guest.
    pub async fn check_out_as_guest(&self, email: &str, product: &Product) -> Placed {
        let body = json!({ "items": [{ "product_id": product.id }], "email": email });
        Placed::read(&self.post("/api/v1/checkout").json(&body).send().await.expect(201), None)
    }

    /// Does something on the gateway's page: `pay`, `decline` or `abandon`.
    pub async fn at_the_gateway(&self, placed: &Placed, outcome: &str) -> Answer {
        let form = format!("outcome={outcome}");
        self.post(&placed.pay_at).typed("application/x-www-form-urlencoded", form).send().await
    }

    /// An order as its buyer sees it.
    pub async fn order(&self, placed: &Placed) -> Value {
        let path = format!("/api/v1/orders/{}", placed.order);
        self.get(&path).bearer(&placed.token).send().await.expect(200)
    }

    /// Waits until an order has a status.
    pub async fn wait_for_order(&self, placed: &Placed, status: &str) -> Value {
        wait_until(&format!("order {} is {status}", placed.order), || async {
            Some(self.order(placed).await).filter(|order| order["status"] == status)
        })
        .await
    }

    /// Waits until an order's payment has a status.
    pub async fn wait_for_payment(&self, placed: &Placed, status: &str) -> Value {
        wait_until(&format!("the payment of {} is {status}", placed.order), || async {
            Some(self.order(placed).await).filter(|order| order["payment"]["status"] == status)
        })
        .await
    }

    /// Pays at the gateway, which sends the buyer back. Gives the address that it sends to.
    ///
    /// # Panics
    /// If the gateway takes no payment.
    pub async fn hand_over_the_money(&self, placed: &Placed) -> String {
        let answer = self.at_the_gateway(placed, "pay").await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        answer.header("location").expect("the gateway sends the buyer back").to_owned()
    }

    /// Pays at the gateway, and waits until the order is paid.
    pub async fn pay(&self, placed: &Placed) -> Value {
        self.hand_over_the_money(placed).await;
        self.wait_for_order(placed, "paid").await
    }

    /// The whole way of a signed-in buyer, up to the mailed link.
    pub async fn buy(&self, buyer: &Account, product: &Product) -> Bought {
        let before = self.mails(&buyer.email).await.len();
        let placed = self.check_out(buyer, product).await;
        self.pay(&placed).await;
        let mails = self.wait_for_mails(&buyer.email, before.saturating_add(1)).await;
        Bought { link: mails[0].links().remove(0), placed }
    }

    /// Claims a link, and gives the address of the download.
    ///
    /// # Panics
    /// If the link is over.
    pub async fn claim(&self, link: &str) -> String {
        let answer = self.post(link).send().await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").expect("a claim leads on").to_owned()
    }

    /// What a buyer owns.
    pub async fn library(&self, token: &str) -> Vec<Value> {
        let answer = self.get("/api/v1/library").bearer(token).send().await.expect(200);
        answer["items"].as_array().expect("a list").clone()
    }
}
