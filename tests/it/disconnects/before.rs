//! What has to be there for a request that would have its whole effect.

use super::{call::Subject, parts, world::World};
use crate::bad_input::routes::Row;
use marketplace_tests::{Account, PASSWORD, SIGNATURE, Upload, charge_success, wait_until};
use serde_json::{Value, json};

/// What a creator changes a product into.
pub(super) const CHANGED: [&str; 3] = ["Changed whole", "Another text.", "770.00"];

/// The file of the uploads: several pieces of the form's parser.
pub(super) fn upload() -> Upload {
    Upload::pdf("half.pdf", 60_000)
}

/// A request of this route. `number` differs from call to call.
pub(super) async fn prepare(world: &World, row: &Row, number: u64) -> Subject {
    let (stage, client) = (&world.stage, world.client());
    let (ada, bob) = (&stage.ada, &stage.bob);
    let api = |path: &str| Subject::new(row.method, format!("/api/v1{path}"));
    let page = |path: &str| Subject::new(row.method, path);
    match (row.method, row.path) {
        ("POST", "/auth/register") => {
            let email = format!("new-{number}@mail.example");
            let body =
                json!({ "email": email, "password": PASSWORD, "display_name": "New", "role": "creator" });
            api(row.path).json(&body).about(email)
        }
        ("POST", "/auth/login") => api(row.path).json(&json!({ "email": bob.email, "password": PASSWORD })),
        ("POST", "/auth/logout") => {
            let token = client.sign_in(&bob.email, PASSWORD).await;
            api(row.path).bearer(&token).about(token)
        }
        ("PATCH", "/me") => {
            let name = format!("Name {number}");
            api(row.path).bearer(&stage.mallory.token).json(&json!({ "display_name": name })).about(name)
        }
        ("POST", "/me/creator") => {
            let account = client.register(&format!("later-creator-{number}"), "customer").await;
            api(row.path).bearer(&account.token).of(account)
        }
        ("POST", "/creator/products") => {
            let title = format!("Cut {number}");
            let price = json!({ "amount": "120.00", "currency": "NGN" });
            let body = json!({ "title": title, "description": "Whole.", "price": price });
            api(row.path).bearer(&stage.eve.token).json(&body).about(title)
        }
        ("PATCH", "/creator/products/{id}") => {
            let id = client.draft(ada, "Old", "100.00").await;
            let [title, description, amount] = CHANGED;
            let price = json!({ "amount": amount, "currency": "NGN" });
            let body = json!({ "title": title, "description": description, "price": price });
            api(&row.path.replace("{id}", &id)).bearer(&ada.token).json(&body).about(id)
        }
        ("POST", "/creator/products/{id}/files") => {
            let id = client.draft(ada, "To be filled", "100.00").await;
            api(&row.path.replace("{id}", &id)).bearer(&ada.token).form(&upload()).about(id)
        }
        ("DELETE", "/creator/products/{id}/files/{file_id}") => {
            let id = client.draft(ada, "To be emptied", "100.00").await;
            let file = client.upload(ada, &id, &Upload::pdf("gone.pdf", 1_000)).await;
            let file = file["id"].as_str().expect("an id");
            api(&row.path.replace("{id}", &id).replace("{file_id}", file)).bearer(&ada.token).about(id)
        }
        ("POST", "/creator/products/{id}/publish") => {
            let id = client.draft(ada, "To be sold", "100.00").await;
            client.upload(ada, &id, &Upload::pdf("sold.pdf", 1_000)).await;
            api(&row.path.replace("{id}", &id)).bearer(&ada.token).about(id)
        }
        ("POST", "/creator/products/{id}/unpublish" | "/creator/products/{id}/archive") => {
            let id = client.sell(ada, "100.00", Upload::pdf("sold.pdf", 1_000)).await.id;
            api(&row.path.replace("{id}", &id)).bearer(&ada.token).about(id)
        }
        ("POST", "/checkout") => {
            // Every other order is free, and so paid at once.
            let product = if number.is_multiple_of(2) { &stage.book } else { &world.gift };
            let body = json!({ "items": [{ "product_id": product.id }] });
            let key = format!("cut-{number}");
            api(row.path).bearer(&world.buyer.token).header("idempotency-key", &key).json(&body).about(key)
        }
        ("POST", "/orders/{id}/payments") => {
            let placed = client.check_out(bob, &stage.book).await;
            client.at_the_gateway(&placed, "decline").await;
            let verify = format!("/api/v1/payments/{}/verify", placed.reference);
            client.post(&verify).bearer(&placed.token).send().await.expect(200);
            client.wait_for_payment(&placed, "failed").await;
            let key = format!("again-{number}");
            let call = api(&row.path.replace("{id}", &placed.order)).bearer(&bob.token);
            call.header("idempotency-key", &key).for_order(placed)
        }
        ("POST", "/payments/{reference}/verify") => {
            let placed = client.check_out(bob, &stage.book).await;
            client.hand_over_the_money(&placed).await;
            api(&row.path.replace("{reference}", &placed.reference)).bearer(&bob.token).for_order(placed)
        }
        ("POST", "/webhooks/{gateway}") => webhook(world, number).await,
        ("POST", "/library/{entitlement_id}/files/{file_id}/links") => {
            Subject::new("POST", world.links.clone()).bearer(&bob.token)
        }
        ("GET" | "POST", "/d/{token}") => {
            let link = link(world).await;
            page(path_of(world, &link)).about(link)
        }
        ("POST", "/d/{token}/fresh") => {
            let link = link(world).await;
            client.claim(&link).await;
            page(&format!("{}/fresh", path_of(world, &link))).about(link)
        }
        ("GET", "/f/{session}") => {
            let session = client.claim(&link(world).await).await;
            page(session.strip_prefix(world.base()).unwrap_or(&session)).about(session.clone())
        }
        ("GET", "/o/{token}") => page(path_of(world, &world.page)),
        ("GET", "/pay/return") => {
            let placed = client.check_out(bob, &stage.book).await;
            let back = client.hand_over_the_money(&placed).await;
            page(path_of(world, &back)).for_order(placed)
        }
        ("POST", "/admin/jobs/{id}/retry") => {
            let dead = world.dead.all_dead().await;
            let id = dead[(number % 4) as usize]["id"].as_str().expect("an id").to_owned();
            api(&row.path.replace("{id}", &id)).bearer(&world.dead.admin)
        }
        ("POST", "/admin/payments/{reference}/resolve") => resolve(world, row, number).await,
        _ if parts::is_about(row) => parts::prepare(world, row, number).await,
        ("GET", "/health/live" | "/health/ready") => page(row.path),
        ("GET", "/products" | "/products/{id}") => api(&row.path.replace("{id}", &stage.book.id)),
        ("GET", path) => {
            let token = match path {
                path if path.starts_with("/creator") => &ada.token,
                path if path.starts_with("/admin") => &world.admin,
                _ => &bob.token,
            };
            let thing = if path.starts_with("/orders") { &stage.sold.placed.order } else { &stage.book.id };
            api(&path.replace("{id}", thing)).bearer(token)
        }
        other => panic!("{other:?} is a route without a story"),
    }
}

/// The path of an address of this server.
fn path_of<'a>(world: &World, address: &'a str) -> &'a str {
    address.strip_prefix(world.base()).expect("an address of this server")
}

/// A link that nobody has used.
async fn link(world: &World) -> String {
    let made = world.client().post(&world.links).bearer(&world.stage.bob.token).send().await.expect(201);
    made["url"].as_str().expect("an address").to_owned()
}

/// A notice of the gateway: every other one about a payment that was made, the rest about one that we never began.
async fn webhook(world: &World, number: u64) -> Subject {
    let twin = world.stage.server.twin();
    let (body, placed) = if number.is_multiple_of(2) {
        let placed = world.client().check_out(&world.stage.bob, &world.stage.book).await;
        world.client().hand_over_the_money(&placed).await;
        let body = wait_until("the gateway tells of it", async || twin.notice_of(&placed.reference)).await;
        (body, Some(placed))
    } else {
        let reference = format!("mkt-of-nobody-{number:08}");
        (charge_success(1_000_000 + number, &reference, 250_000, "NGN", "test").to_string(), None)
    };
    let signature = twin.sign(body.as_bytes());
    let call = Subject::new("POST", "/api/v1/webhooks/paystack").header(SIGNATURE, &signature);
    let call = call.typed("application/json", body);
    match placed {
        Some(placed) => call.for_order(placed),
        None => call.about(format!("mkt-of-nobody-{number:08}")),
    }
}

/// An operator's decision about a payment that contradicts its order.
async fn resolve(world: &World, row: &Row, number: u64) -> Subject {
    let client = world.client();
    let placed = client.check_out(&world.stage.bob, &world.stage.book).await;
    let notice = charge_success(2_000_000 + number, &placed.reference, 100, "NGN", "test").to_string();
    let signature = world.stage.server.twin().sign(notice.as_bytes());
    let hook = client.post("/api/v1/webhooks/paystack").header(SIGNATURE, &signature);
    assert_eq!(hook.typed("application/json", notice).send().await.status, 200);
    let review = wait_until("the contradiction is in review", async || {
        let open = reviews(world).await;
        open.into_iter().find(|review| review["reference"] == placed.reference.as_str())
    })
    .await;
    let body = json!({ "decision": "dismiss", "reason": "cut off", "reviews": [review["id"]] });
    let path = row.path.replace("{reference}", &placed.reference);
    Subject::new("POST", format!("/api/v1{path}")).bearer(&world.admin).json(&body).for_order(placed)
}

/// Everything that is in review.
pub(super) async fn reviews(world: &World) -> Vec<Value> {
    let mut open = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/admin/payments?status=needs_review&limit=100{cursor}");
        let page = world.client().get(&path).bearer(&world.admin).send().await.expect(200);
        open.extend(page["items"].as_array().expect("a list").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return open,
        }
    }
}

/// What `settle` needs to know of people and products.
pub(super) async fn own_product(world: &World, owner: &Account, id: &str) -> Value {
    let path = format!("/api/v1/creator/products/{id}");
    world.client().get(&path).bearer(&owner.token).send().await.expect(200)
}
