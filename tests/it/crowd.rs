//! A crowd that buys and does not give up: each of them sends an order under one key until it is acknowledged, pays it
//! at the gateway, and begins anew.

use marketplace_tests::{Account, Answer, Client, PATIENCE, Placed, Product, keep_asking};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::{task::JoinSet, time::timeout};

/// An order that was acknowledged, and paid at the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    pub(crate) placed: Placed,
    /// Where its mails go.
    pub(crate) email: String,
    /// The sign-in of its buyer; a guest has none.
    pub(crate) sign_in: Option<String>,
    /// Whether it was sent more than once before it was acknowledged.
    pub(crate) resent: bool,
    key: String,
    body: Value,
}

impl Purchase {
    /// Sends the very same order again, and gives what is answered.
    pub(crate) async fn send_again(&self, client: &Client) -> Answer {
        send(client, self.sign_in.as_deref(), &self.key, &self.body).await
    }
}

async fn send(client: &Client, sign_in: Option<&str>, key: &str, body: &Value) -> Answer {
    client.post("/api/v1/checkout").bearer_if(sign_in).key(key).json(body).send().await
}

/// What the crowd has come to so far.
#[derive(Debug, Default)]
struct Told {
    placed: AtomicUsize,
    put_off: AtomicUsize,
    enough: AtomicBool,
}

/// Buyers at work.
#[derive(Debug)]
pub(crate) struct Crowd {
    told: Arc<Told>,
    tasks: JoinSet<Vec<Purchase>>,
}

impl Crowd {
    /// Sends each of these accounts to buy, and as many guests.
    pub(crate) fn gather(client: &Client, buyers: &[Account], product: &Product) -> Self {
        let (told, mut tasks) = (Arc::new(Told::default()), JoinSet::new());
        for (number, buyer) in buyers.iter().enumerate() {
            for sign_in in [Some(buyer.clone()), None] {
                let (client, told, product) = (client.clone(), Arc::clone(&told), product.id.clone());
                tasks.spawn(async move {
                    let mut purchases = Vec::new();
                    while !told.enough.load(Ordering::SeqCst) {
                        let name = format!("{number}-{}", purchases.len());
                        purchases.push(buy(&client, &told, sign_in.as_ref(), &name, &product).await);
                    }
                    purchases
                });
            }
        }
        Self { told, tasks }
    }

    /// How many they are.
    pub(crate) fn size(&self) -> usize {
        self.tasks.len()
    }

    /// How many orders were acknowledged.
    pub(crate) fn placed(&self) -> usize {
        self.told.placed.load(Ordering::SeqCst)
    }

    /// How many of them were told to come back later, and have not been served since.
    pub(crate) fn put_off(&self) -> usize {
        self.told.put_off.load(Ordering::SeqCst)
    }

    /// Lets everybody finish what they are at.
    pub(crate) async fn disperse(self) -> Vec<Purchase> {
        self.told.enough.store(true, Ordering::SeqCst);
        timeout(PATIENCE, self.tasks.join_all()).await.expect("everybody is served in the end").concat()
    }
}

async fn buy(client: &Client, told: &Told, buyer: Option<&Account>, name: &str, product: &str) -> Purchase {
    let mut body = json!({ "items": [{ "product_id": product }] });
    let email = match buyer {
        Some(buyer) => buyer.email.clone(),
        None => {
            let email = format!("guest-{name}@mail.example");
            body["email"] = json!(email);
            email
        }
    };
    let (sign_in, key) = (buyer.map(|buyer| buyer.token.clone()), format!("order-{name}"));
    let put_off = AtomicBool::new(false);
    let answer = keep_asking(|| async {
        let answer = send(client, sign_in.as_deref(), &key, &body).await;
        match answer.status {
            201 => return Some(answer.json()),
            409 => drop(answer.refused(409, "request_in_progress")),
            _ => drop(answer.problem(503)),
        }
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
        if !put_off.swap(true, Ordering::SeqCst) {
            told.put_off.fetch_add(1, Ordering::SeqCst);
        }
        None
    });
    let answer = answer.await;
    told.placed.fetch_add(1, Ordering::SeqCst);
    let resent = put_off.into_inner();
    if resent {
        told.put_off.fetch_sub(1, Ordering::SeqCst);
    }
    let placed = Placed::read(&answer, sign_in.as_deref());
    client.hand_over_the_money(&placed).await;
    Purchase { placed, email, sign_in, resent, key, body }
}
