//! What has come of requests whose clients hung up: nothing or the whole, and that trying again is safe.

use super::{
    before::{CHANGED, own_product, reviews, upload},
    call::Subject,
    moment::{Moment, list},
    parts,
    world::World,
};
use crate::{bad_input::routes::Row, database_death::all};
use marketplace_tests::{Answer, PASSWORD, wait_until};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Looks at each of them. Tells how many of which moments had their effect, where that can be seen.
pub(super) async fn settle(world: &World, row: &Row, whole: &[Subject], cut: &[(Subject, Moment)]) -> String {
    for subject in whole {
        let is_whole = settle_one(world, row, subject).await;
        assert_ne!(
            is_whole,
            Some(false),
            "{} {}, of which nobody hung up: {subject:?}",
            row.method,
            row.path
        );
    }
    let mut told = BTreeMap::new();
    for (subject, moment) in cut {
        let Some(is_whole) = settle_one(world, row, subject).await else { continue };
        if let Some(must) = moment.effect() {
            assert_eq!(is_whole, must, "{} {}: {moment:?}, {subject:?}", row.method, row.path);
        }
        *told.entry(moment.kind()).or_insert(0) += usize::from(is_whole);
    }
    let subjects: Vec<&Subject> = whole.iter().chain(cut.iter().map(|(subject, _)| subject)).collect();
    match (row.method, row.path) {
        // The same list for all of them.
        ("POST", "/creator/products") => products_stand_once(world, &subjects).await,
        ("POST", "/checkout") => orders_stand_once(world, &subjects).await,
        ("POST", "/webhooks/{gateway}") => reviews_stand_once(world, &subjects).await,
        ("POST", "/d/{token}/fresh") => a_fresh_link_is_good(world, &subjects).await,
        ("POST", "/admin/jobs/{id}/retry") => drop(world.dead.all_dead().await),
        _ => {}
    }
    list(&told)
}

/// Whether one of them had its effect, and that it is safe to do it again. `None` where nobody can see it but so.
async fn settle_one(world: &World, row: &Row, subject: &Subject) -> Option<bool> {
    let (stage, client) = (&world.stage, world.client());
    let again = || subject.again(client).send();
    let product = || own_product(world, &stage.ada, &subject.thing);
    Some(match (row.method, row.path) {
        _ if parts::is_about(row) => return parts::settle(world, row, subject).await,
        ("POST", "/auth/register") => {
            let answer = again().await;
            let whole = answer.status == 409;
            if whole {
                answer.refused(409, "email_taken");
            } else {
                answer.expect(201);
            }
            let token = client.sign_in(&subject.thing, PASSWORD).await;
            let me = client.get("/api/v1/me").bearer(&token).send().await.expect(200);
            assert_eq!((&me["display_name"], &me["role"]), (&json!("New"), &json!("creator")), "{me}");
            whole
        }
        ("POST", "/auth/logout") => {
            let me = client.get("/api/v1/me").bearer(&subject.thing).send().await;
            let whole = me.status == 401;
            let expected = if whole { 401 } else { 204 };
            assert_eq!(again().await.status, expected, "{}", me.text());
            whole
        }
        ("PATCH", "/me") => {
            let me = client.get("/api/v1/me").bearer(&stage.mallory.token).send().await.expect(200);
            let name = me["display_name"].as_str().expect("a name");
            assert!(name.starts_with("Name "), "{name}");
            again().await.expect(200);
            return None;
        }
        ("POST", "/me/creator") => {
            let token = &subject.account.as_ref().expect("somebody").token;
            let me = client.get("/api/v1/me").bearer(token).send().await.expect(200);
            let whole = me["role"] == "creator";
            assert!(whole || me["role"] == "customer", "{me}");
            assert_eq!(again().await.expect(200)["role"], "creator");
            client.get("/api/v1/creator/wallet").bearer(token).send().await.expect(200);
            whole
        }
        ("POST", "/creator/products") => {
            let own = all(client, &stage.eve.token, "/api/v1/creator/products").await;
            own.iter().any(|product| product["title"] == subject.thing.as_str())
        }
        ("PATCH", "/creator/products/{id}") => {
            let product = product().await;
            let told = [&product["title"], &product["description"], &product["price"]["amount"]];
            let whole = told == CHANGED.map(|text| json!(text)).each_ref();
            let old = ["Old", "Worth its price.", "100.00"].map(|text| json!(text));
            assert!(whole || told == old.each_ref(), "half a change: {product}");
            assert_eq!(again().await.expect(200)["title"], CHANGED[0]);
            whole
        }
        ("POST", "/creator/products/{id}/files") => upload_is_whole(world, subject).await,
        ("DELETE", "/creator/products/{id}/files/{file_id}") => {
            let whole = product().await["files"] == json!([]);
            assert_eq!(again().await.status, if whole { 404 } else { 204 });
            assert_eq!(product().await["files"], json!([]));
            whole
        }
        ("POST", "/creator/products/{id}/publish") => {
            became(product().await, again().await, "draft", "published")
        }
        ("POST", "/creator/products/{id}/unpublish") => {
            became(product().await, again().await, "published", "draft")
        }
        ("POST", "/creator/products/{id}/archive") => {
            became(product().await, again().await, "published", "archived")
        }
        ("POST", "/checkout") => {
            let answer = again().await;
            answer.expect(201);
            answer.header("idempotent-replay") == Some("true")
        }
        ("POST", "/orders/{id}/payments") => {
            let placed = subject.placed();
            let before = client.order(placed).await["payment"]["reference"].clone();
            let whole = before != placed.reference.as_str();
            let answer = again().await;
            let payment = answer.expect(201);
            // An attempt of which nobody has heard whether the gateway began it is given up for the next one.
            let goes_on =
                before.as_str().zip(payment["reference"].as_str()).map(|(old, new)| new.starts_with(old));
            assert!(!whole || goes_on == Some(true), "{before}: {payment}");
            let order = client.order(placed).await;
            assert_eq!(order["payment"]["reference"], payment["reference"], "{order}");
            assert_ne!(payment["authorization_url"], Value::Null, "{payment}");
            whole
        }
        ("POST", "/payments/{reference}/verify") | ("GET", "/pay/return") => {
            client.wait_for_order(subject.placed(), "paid").await;
            return None;
        }
        ("POST", "/webhooks/{gateway}") => {
            // The gateway gets no answer, and sends it again.
            assert_eq!(again().await.status, 200);
            if let Some(placed) = &subject.placed {
                client.wait_for_order(placed, "paid").await;
            }
            return None;
        }
        ("POST", "/library/{entitlement_id}/files/{file_id}/links") => {
            let link = again().await.expect(201);
            client.claim(link["url"].as_str().expect("an address")).await;
            return None;
        }
        ("GET", "/d/{token}") => {
            client.claim(&subject.thing).await;
            return None;
        }
        ("POST", "/d/{token}") => {
            let answer = again().await;
            assert!([303, 410].contains(&answer.status), "{}", answer.text());
            answer.status == 410
        }
        ("GET", "/f/{session}") => {
            let bytes = &stage.book.upload.bytes;
            let rest = client.get(&subject.thing).header("range", "bytes=50000-").send().await;
            assert_eq!(rest.status, 206);
            assert!(rest.body == bytes.slice(50_000..) && again().await.body == bytes);
            return None;
        }
        ("POST", "/admin/jobs/{id}/retry") => return None,
        ("POST", "/admin/payments/{reference}/resolve") => {
            let reference = subject.placed().reference.as_str();
            let whole = !reviews(world).await.iter().any(|review| review["reference"] == reference);
            let closed = again().await.expect(200);
            assert_eq!(closed["items"][0]["resolution"]["decision"], "dismiss", "{closed}");
            assert!(!reviews(world).await.iter().any(|review| review["reference"] == reference));
            whole
        }
        // Whatever only reads, and what is as well done twice.
        _ => {
            let answer = again().await;
            assert!((200..400).contains(&answer.status), "{} {}: {}", row.method, row.path, answer.text());
            return None;
        }
    })
}

/// A product is in one state or the other, and asking again brings it to the other.
#[track_caller]
fn became(product: Value, again: Answer, before: &str, after: &str) -> bool {
    let whole = product["status"] == after;
    assert!(whole || product["status"] == before, "{product}");
    let again = again.expect(200);
    assert_eq!(again["status"], after);
    if after == "published" {
        assert_eq!(product["published_at"].is_null(), !whole, "half published: {product}");
        assert!(!again["published_at"].is_null());
    }
    whole
}

/// The file is there with all its bytes, or not at all.
async fn upload_is_whole(world: &World, subject: &Subject) -> bool {
    use sha2::{Digest as _, Sha256};
    let (ada, sent) = (&world.stage.ada, upload());
    let product = own_product(world, ada, &subject.thing).await;
    let files = product["files"].as_array().expect("a list");
    let whole = !files.is_empty();
    if whole {
        assert_eq!((files.len(), files[0]["size"].as_u64()), (1, Some(sent.bytes.len() as u64)), "{product}");
    } else {
        let made = subject.again(world.client()).send().await.expect(201);
        assert_eq!(made["sha256"], hex::encode(Sha256::digest(&sent.bytes)));
    }
    let publish = format!("/api/v1/creator/products/{}/publish", subject.thing);
    let published = world.client().post(&publish).bearer(&ada.token).send().await.expect(200);
    assert_eq!(published["files"].as_array().map(Vec::len), Some(1));
    whole
}

async fn products_stand_once(world: &World, subjects: &[&Subject]) {
    let own = all(world.client(), &world.stage.eve.token, "/api/v1/creator/products").await;
    for subject in subjects {
        let made: Vec<&Value> =
            own.iter().filter(|product| product["title"] == subject.thing.as_str()).collect();
        assert!(made.len() <= 1, "twice: {made:?}");
        for product in made {
            assert_eq!(
                (&product["description"], &product["price"]["amount"]),
                (&json!("Whole."), &json!("120.00"))
            );
        }
    }
}

/// One order for each key, however often it came; the free ones are paid, the first of the others can be.
async fn orders_stand_once(world: &World, subjects: &[&Subject]) {
    let client = world.client();
    let orders = all(client, &world.buyer.token, "/api/v1/orders").await;
    let ids: BTreeSet<String> = orders.iter().map(|order| order["id"].to_string()).collect();
    assert_eq!((orders.len(), ids.len()), (subjects.len(), subjects.len()), "one order for each key");
    let mut paid = 0;
    for (index, subject) in subjects.iter().enumerate() {
        let answer = subject.again(client).send().await.expect(201);
        assert!(ids.contains(&answer["order"]["id"].to_string()), "{answer}");
        if answer["order"]["status"] == "paid" {
            paid += 1;
        } else if index < 4 {
            let placed = marketplace_tests::Placed::read(&answer, Some(&world.buyer.token));
            client.pay(&placed).await;
            paid += 1;
        }
    }
    let rights = all(client, &world.buyer.token, "/api/v1/library").await;
    assert_eq!(rights.len(), paid, "one right for each order that is paid");
}

/// What was told of a payment that we never began is put before an operator, once.
async fn reviews_stand_once(world: &World, subjects: &[&Subject]) {
    let strange: BTreeSet<&str> = subjects
        .iter()
        .filter(|subject| subject.placed.is_none())
        .map(|subject| subject.thing.as_str())
        .collect();
    wait_until("every strange notice is in review once", async || {
        let open = reviews(world).await;
        let told: Vec<&str> = open.iter().filter_map(|review| review["reference"].as_str()).collect();
        let told: Vec<&str> = told.into_iter().filter(|reference| strange.contains(reference)).collect();
        assert!(told.len() <= strange.len(), "twice: {told:?}");
        (told.iter().copied().collect::<BTreeSet<_>>() == strange).then_some(())
    })
    .await;
}

/// A link that was used up leads to a fresh one by mail.
async fn a_fresh_link_is_good(world: &World, subjects: &[&Subject]) {
    let client = world.client();
    let fresh = format!("{}/fresh", subjects[0].thing);
    assert_eq!(client.post(&fresh).send().await.status, 202);
    let mails = wait_until("a fresh link is mailed", async || {
        let mails = client.mails(&world.stage.bob.email).await;
        let fresh: Vec<_> =
            mails.into_iter().filter(|mail| mail.message_id.starts_with("fresh-link.")).collect();
        (!fresh.is_empty()).then_some(fresh)
    })
    .await;
    client.claim(&mails[0].links()[0]).await;
}
