//! People and products.

use super::{
    client::Client,
    form::{Upload, multipart},
};
use serde_json::{Value, json};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A person with an account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its address.
    pub email: String,
    /// A live sign-in.
    pub token: String,
}

/// A product with one file.
#[derive(Debug, Clone)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// Its other name.
    pub slug: String,
    /// Its file.
    pub file_id: String,
    /// What is in it.
    pub upload: Upload,
}

impl Client {
    /// Registers `name@mail.example`.
    pub async fn register(&self, name: &str, role: &str) -> Account {
        let email = format!("{name}@mail.example");
        let body = json!({ "email": email, "password": PASSWORD, "display_name": name, "role": role });
        let answer = self.post("/api/v1/auth/register").json(&body).send().await.expect(201);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Account { id: text(&answer["user"]["id"]), email, token: text(&answer["token"]) }
    }

    /// Signs in, and gives the token.
    pub async fn sign_in(&self, email: &str, password: &str) -> String {
        let body = json!({ "email": email, "password": password });
        let answer = self.post("/api/v1/auth/login").json(&body).send().await.expect(200);
        answer["token"].as_str().expect("a token").to_owned()
    }

    /// Makes a draft without files, and gives its id.
    pub async fn draft(&self, creator: &Account, title: &str, amount: &str) -> String {
        let price = json!({ "amount": amount, "currency": "NGN" });
        let body = json!({ "title": title, "description": "Worth its price.", "price": price });
        let answer = self.post("/api/v1/creator/products").bearer(&creator.token).json(&body).send().await;
        answer.expect(201)["id"].as_str().expect("an id").to_owned()
    }

    /// Uploads a file to a product, and gives the answer.
    pub async fn upload(&self, creator: &Account, product: &str, upload: &Upload) -> Value {
        let (content_type, body) = multipart("file", upload);
        let path = format!("/api/v1/creator/products/{product}/files");
        self.post(&path).bearer(&creator.token).typed(&content_type, body).send().await.expect(201)
    }

    /// Makes a product with a file and puts it on sale.
    pub async fn sell(&self, creator: &Account, amount: &str, upload: Upload) -> Product {
        let id = self.draft(creator, "The book", amount).await;
        let file = self.upload(creator, &id, &upload).await;
        let path = format!("/api/v1/creator/products/{id}/publish");
        let product = self.post(&path).bearer(&creator.token).send().await.expect(200);
        assert_eq!(product["status"], "published");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        Product { id, slug: text(&product["slug"]), file_id: text(&file["id"]), upload }
    }

    /// A creator's balances in one currency, if there are any.
    pub async fn balance(&self, creator: &Account, currency: &str) -> Option<Value> {
        let wallet = self.get("/api/v1/creator/wallet").bearer(&creator.token).send().await.expect(200);
        let balances = wallet["balances"].as_array().expect("a list");
        balances.iter().find(|balance| balance["currency"] == currency).cloned()
    }

    /// The lines of a creator's wallet, newest first.
    pub async fn wallet_lines(&self, creator: &Account) -> Vec<Value> {
        let path = "/api/v1/creator/wallet/entries?limit=100";
        let answer = self.get(path).bearer(&creator.token).send().await.expect(200);
        answer["items"].as_array().expect("a list").clone()
    }
}
