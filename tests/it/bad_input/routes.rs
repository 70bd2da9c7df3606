//! The routes, as the contract's pages list them, and what a good request to each looks like.

use crate::stage::Stage;
use marketplace_http::route::ROUTES;
use marketplace_tests::{Ask, Client};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// Everybody, whatever sign-in is sent.
    Open,
    /// Everybody; a sign-in that is sent must be alive.
    Public,
    /// A user, or the holder of an order's token.
    Order,
    /// A user.
    User,
    /// A creator.
    Creator,
    /// An operator.
    Admin,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// No body.
    Nothing,
    /// No body, or `{}`.
    Empty,
    /// JSON, of at most so many KiB.
    Json(usize),
    /// A form with a file.
    Form,
    /// Bytes.
    Bytes,
}

/// A route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) door: Door,
    pub(crate) takes: Takes,
}

const fn row(method: &'static str, path: &'static str, door: Door, takes: Takes) -> Row {
    Row { method, path, door, takes }
}

use Door::{Admin, Creator, Open, Order, Public, User};
use Takes::{Bytes, Empty, Form, Json, Nothing};

/// Every route of `/api/v1`.
pub(crate) const API: &[Row] = &[
    row("POST", "/auth/register", Open, Json(16)),
    row("POST", "/auth/login", Open, Json(16)),
    row("POST", "/auth/logout", User, Empty),
    row("GET", "/me", User, Nothing),
    row("PATCH", "/me", User, Json(16)),
    row("POST", "/me/creator", User, Empty),
    row("GET", "/products", Public, Nothing),
    row("GET", "/products/{id}", Public, Nothing),
    row("POST", "/creator/products", Creator, Json(256)),
    row("GET", "/creator/products", Creator, Nothing),
    row("GET", "/creator/products/{id}", Creator, Nothing),
    row("PATCH", "/creator/products/{id}", Creator, Json(256)),
    row("POST", "/creator/products/{id}/files", Creator, Form),
    row("POST", "/creator/products/{id}/uploads", Creator, Json(16)),
    row("GET", "/creator/uploads/{upload_id}", Creator, Nothing),
    row("POST", "/creator/uploads/{upload_id}/complete", Creator, Json(1536)),
    row("DELETE", "/creator/uploads/{upload_id}", Creator, Empty),
    row("DELETE", "/creator/products/{id}/files/{file_id}", Creator, Empty),
    row("POST", "/creator/products/{id}/publish", Creator, Empty),
    row("POST", "/creator/products/{id}/unpublish", Creator, Empty),
    row("POST", "/creator/products/{id}/archive", Creator, Empty),
    row("GET", "/creator/sales", Creator, Nothing),
    row("GET", "/creator/earnings", Creator, Nothing),
    row("GET", "/creator/wallet", Creator, Nothing),
    row("GET", "/creator/wallet/entries", Creator, Nothing),
    row("POST", "/checkout", Public, Json(64)),
    row("GET", "/orders", User, Nothing),
    row("GET", "/orders/{id}", Order, Nothing),
    row("GET", "/orders/{id}/timeline", Order, Nothing),
    row("POST", "/orders/{id}/payments", Order, Empty),
    row("POST", "/payments/{reference}/verify", Order, Empty),
    row("POST", "/webhooks/{gateway}", Open, Bytes),
    row("GET", "/library", Order, Nothing),
    row("POST", "/library/{entitlement_id}/files/{file_id}/links", Order, Empty),
    row("GET", "/admin/jobs", Admin, Nothing),
    row("POST", "/admin/jobs/{id}/retry", Admin, Empty),
    row("GET", "/admin/payments", Admin, Nothing),
    row("POST", "/admin/payments/{reference}/resolve", Admin, Json(16)),
    row("GET", "/admin/refunds", Admin, Nothing),
    row("GET", "/admin/ledger/verify", Admin, Nothing),
    row("GET", "/openapi.json", Open, Nothing),
];

/// Everything outside it: pages and bytes for people and machines without an account.
pub(crate) const PAGES: &[Row] = &[
    row("GET", "/d/{token}", Open, Nothing),
    row("POST", "/d/{token}", Open, Nothing),
    row("POST", "/d/{token}/fresh", Open, Nothing),
    row("GET", "/f/{session}", Open, Nothing),
    row("PUT", "/u/{token}/{number}", Open, Bytes),
    row("GET", "/o/{token}", Open, Nothing),
    row("GET", "/pay/return", Open, Nothing),
    row("GET", "/health/live", Open, Nothing),
    row("GET", "/health/ready", Open, Nothing),
];

#[test]
fn no_route_is_left_out() {
    let served: BTreeSet<_> =
        ROUTES.iter().map(|route| (route.method.as_str(), route.pattern.to_owned())).collect();
    let api = API.iter().map(|row| (row.method, format!("/api/v1{}", row.path)));
    let pages = PAGES.iter().map(|row| (row.method, row.path.to_owned()));
    assert_eq!(served, api.chain(pages).collect());
}

/// What the ids of a path are filled with.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    pub(crate) product: String,
    pub(crate) file: String,
    pub(crate) order: String,
    pub(crate) reference: String,
    pub(crate) entitlement: String,
    pub(crate) job: String,
    pub(crate) upload: String,
}

impl Ids {
    /// Of what is sold on the stage.
    pub(crate) async fn of(stage: &Stage) -> Self {
        let library = stage.client.library(&stage.bob.token).await;
        Self {
            product: stage.book.id.clone(),
            file: stage.book.file_id.clone(),
            order: stage.sold.placed.order.clone(),
            reference: stage.sold.placed.reference.clone(),
            entitlement: library[0]["entitlement_id"].as_str().unwrap().to_owned(),
            job: format!("job_{}", "0".repeat(32)),
            upload: Self::open_upload(stage).await,
        }
    }

    async fn open_upload(stage: &Stage) -> String {
        let path = format!("/api/v1/creator/products/{}/uploads", stage.book.id);
        let file = json!({ "name": "more.pdf", "size": 10, "content_type": "application/pdf" });
        let begun = stage.client.post(&path).bearer(&stage.ada.token).json(&file).send().await.expect(201);
        begun["upload_id"].as_str().expect("it has an id").to_owned()
    }

    /// Each of them changed by `change`.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self {
            product: change(&self.product),
            file: change(&self.file),
            order: change(&self.order),
            reference: change(&self.reference),
            entitlement: change(&self.entitlement),
            job: change(&self.job),
            upload: change(&self.upload),
        }
    }
}

impl Row {
    /// The path with these ids.
    pub(crate) fn at(&self, ids: &Ids) -> String {
        let id = match self.path {
            path if path.starts_with("/orders") => &ids.order,
            path if path.starts_with("/admin/jobs") => &ids.job,
            _ => &ids.product,
        };
        let path = self
            .path
            .replace("{id}", id)
            .replace("{file_id}", &ids.file)
            .replace("{upload_id}", &ids.upload)
            .replace("{reference}", &ids.reference)
            .replace("{entitlement_id}", &ids.entitlement)
            .replace("{gateway}", "paystack");
        format!("/api/v1{path}")
    }

    /// Whether the path names a thing that belongs to somebody.
    pub(crate) fn names_a_thing(&self) -> bool {
        self.path.contains('{') && self.takes != Bytes
    }

    /// A request that is right in everything but what a test changes. `None` for a thing's own JSON.
    pub(crate) fn ask(&self, client: &Client, path: &str) -> Ask {
        let ask = client.ask(self.method, path);
        match self.takes {
            Json(_) => ask.json(&self.body("prd_00000000000000000000000000000000")),
            Form => {
                let upload = marketplace_tests::Upload::pdf("extra.pdf", 10);
                let (content_type, body) = marketplace_tests::multipart("file", &upload);
                ask.typed(&content_type, body)
            }
            Nothing | Empty | Bytes => ask,
        }
    }

    /// A good body of a JSON route.
    pub(crate) fn body(&self, product: &str) -> Value {
        let price = json!({ "amount": "100.00", "currency": "NGN" });
        match self.path {
            "/auth/register" => json!({
                "email": "new@mail.example", "password": marketplace_tests::PASSWORD,
                "display_name": "New", "role": "customer",
            }),
            "/auth/login" => json!({ "email": "bob@mail.example", "password": marketplace_tests::PASSWORD }),
            "/admin/payments/{reference}/resolve" => json!({
                "decision": "dismiss", "reason": "a test", "reviews": ["rev_00000000000000000000000000000000"],
            }),
            "/creator/products/{id}/uploads" => {
                json!({ "name": "more.pdf", "size": 10, "content_type": "application/pdf" })
            }
            "/creator/uploads/{upload_id}/complete" => json!({ "parts": [{ "number": 1, "etag": "a" }] }),
            "/me" => json!({ "display_name": "Renamed" }),
            "/checkout" => json!({ "items": [{ "product_id": product }], "email": "gift@mail.example" }),
            _ => json!({ "title": "Another", "description": "Text.", "price": price }),
        }
    }

    /// The sign-in that this route wants, on a stage.
    pub(crate) fn token<'a>(&self, stage: &'a Stage, admin: &'a str) -> Option<&'a str> {
        match self.door {
            Open | Public => None,
            Order | User => Some(&stage.bob.token),
            Creator => Some(&stage.ada.token),
            Admin => Some(admin),
        }
    }
}
