//! The requests of a file that comes in parts, and of a product that goes for ever.

use super::{play::Play, script::LARGE};
use crate::http::{Ask, Client, Upload, wait_until};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A part on its way to where it goes, with the headers that it wants.
fn put(client: &Client, part: &Value) -> Ask {
    let headers = part["headers"].as_object().into_iter().flatten();
    headers
        // The client writes the length by itself.
        .filter(|(name, _)| *name != "content-length")
        .fold(client.ask("PUT", part["url"].as_str().expect("an address")), |ask, (name, value)| {
            ask.header(name, value.as_str().expect("a text"))
        })
}

/// Cyd begins to sell, sends a file in parts and archives its product.
pub(super) async fn parts(play: &mut Play) {
    let cyd = play.register("cyd", "customer").await;
    let token = Some(cyd.token.as_str());
    for _ in 0..2 {
        play.post("/api/v1/me/creator", token, &json!({})).await;
    }
    let price = json!({ "amount": "0.00", "currency": "NGN" });
    let body = json!({ "title": "The course", "description": "Free.", "price": price });
    let made = play.post("/api/v1/creator/products", token, &body).await;
    let product = format!("/api/v1/creator/products/{}", made["id"].as_str().expect("an id"));
    let uploads = format!("{product}/uploads");

    let upload = Upload::pdf("Ọlá’s course.pdf", LARGE);
    let sha256 = hex::encode(Sha256::digest(&upload.bytes));
    let file = json!({
        "name": upload.name, "size": upload.bytes.len(), "content_type": upload.content_type, "sha256": sha256,
    });
    let begun = play.post(&uploads, token, &file).await;
    let own = format!("/api/v1/creator/uploads/{}", begun["upload_id"].as_str().expect("an id"));
    let part = &begun["parts"][0];
    play.get(&own, token).await;
    play.post(&format!("{own}/complete"), token, &json!({ "parts": [] })).await;
    let short = put(&play.client, part).body("short");
    play.ask("a short part", short).await;
    let endless = put(&play.client, part).chunked(vec![Bytes::from_static(b"without a length")]);
    play.ask("a part in chunks", endless).await;
    let whole = put(&play.client, part).body(upload.bytes.clone());
    let stored = play.answer("a part", whole).await;
    play.get(&own, token).await;
    let tag = stored.header("etag").expect("the part is named");
    let parts = json!({ "parts": [{ "number": 1, "etag": tag }] });
    play.post(&format!("{own}/complete"), token, &parts).await;
    let client = play.client.clone();
    wait_until("the file has been looked at", || async {
        let status = client.get(&own).bearer(&cyd.token).send().await.json();
        (status["status"] == "ready").then_some(())
    })
    .await;
    play.get(&own, token).await;
    play.post(&format!("{own}/complete"), token, &parts).await;

    let begun = play.post(&uploads, token, &file).await;
    let own = format!("/api/v1/creator/uploads/{}", begun["upload_id"].as_str().expect("an id"));
    for _ in 0..2 {
        let cancel = play.client.ask("DELETE", &own).bearer(&cyd.token);
        play.ask("give an upload up", cancel).await;
    }
    play.get(&own, token).await;
    let late = put(&play.client, &begun["parts"][0]).body(upload.bytes.clone());
    play.ask("a part of an upload that was given up", late).await;

    for act in ["publish", "archive", "archive", "publish"] {
        play.post(&format!("{product}/{act}"), token, &json!({})).await;
    }
}
