//! Hanging up while a file is sent in parts.

use super::{call::Subject, world::World};
use crate::bad_input::routes::Row;
use marketplace_tests::{Account, Upload, wait_until};
use serde_json::{Value, json};

fn file() -> Upload {
    Upload::pdf("parts.pdf", 60_000)
}

/// A creator of its own for each upload, since few may be open at once; the upload, as it was begun.
async fn begun(world: &World, row: &Row, number: u64) -> (Account, Value) {
    let client = world.client();
    let name = format!(
        "{}-{number}",
        row.method.to_lowercase() + &row.path.replace(|c: char| !c.is_ascii_alphabetic(), "")
    );
    let account = client.register(&name, "creator").await;
    let draft = client.draft(&account, "In parts", "100.00").await;
    let path = format!("/api/v1/creator/products/{draft}/uploads");
    let begun = client.post(&path).bearer(&account.token).json(&announced()).send().await.expect(201);
    (account, begun)
}

fn announced() -> Value {
    json!({ "name": "parts.pdf", "size": file().bytes.len(), "content_type": "application/pdf" })
}

/// A request of these routes.
pub(super) async fn prepare(world: &World, row: &Row, number: u64) -> Subject {
    let client = world.client();
    let (account, begun) = begun(world, row, number).await;
    let token = account.token.clone();
    let status = format!("/api/v1/creator/uploads/{}", begun["upload_id"].as_str().expect("an id"));
    let api = |path: &str| Subject::new(row.method, path).bearer(&token).about(status.clone());
    let call = match (row.method, row.path) {
        ("POST", "/creator/products/{id}/uploads") => {
            let draft = client.draft(&account, "Another in parts", "100.00").await;
            api(&format!("/api/v1/creator/products/{draft}/uploads")).json(&announced())
        }
        ("POST", _) => {
            let address = begun["parts"][0]["url"].as_str().expect("an address");
            let put = client.ask("PUT", address).body(file().bytes).send().await;
            let parts = json!([{ "number": 1, "etag": put.header("etag").expect("it is taken") }]);
            api(&format!("{status}/complete")).json(&json!({ "parts": parts }))
        }
        ("PUT", _) => {
            let address = begun["parts"][0]["url"].as_str().expect("an address");
            let path = address.strip_prefix(world.base()).expect("it is the server's own");
            Subject::new("PUT", path).typed("application/octet-stream", file().bytes).about(status.clone())
        }
        _ => api(&status),
    };
    call.of(account)
}

/// Whether it had its effect; `None` where nobody can see it but by doing it again.
pub(super) async fn settle(world: &World, row: &Row, subject: &Subject) -> Option<bool> {
    let client = world.client();
    let token = &subject.account.as_ref().expect("a creator").token;
    let ask = || client.get(&subject.thing).bearer(token).send();
    let again = || subject.again(client).send();
    Some(match (row.method, row.path) {
        ("POST", "/creator/products/{id}/uploads") => {
            again().await.expect(201);
            return None;
        }
        ("POST", _) => {
            let whole = ask().await.expect(200)["status"] != "open";
            again().await.expect(201);
            wait_until("it has been looked at", async || {
                (ask().await.expect(200)["status"] == "ready").then_some(())
            })
            .await;
            whole
        }
        ("PUT", _) => {
            let received = ask().await.expect(200)["received"].clone();
            let whole = received != json!([]);
            assert!(!whole || received[0]["size"] == file().bytes.len(), "half a part: {received}");
            assert_eq!(again().await.status, 200);
            whole
        }
        ("DELETE", _) => {
            let before = ask().await;
            let whole = before.status == 410;
            assert!(whole || before.expect(200)["status"] == "open");
            assert_eq!(again().await.status, 204);
            assert_eq!(ask().await.status, 410);
            whole
        }
        _ => {
            again().await.expect(200);
            return None;
        }
    })
}

/// Whether a route is about files in parts.
pub(super) fn is_about(row: &Row) -> bool {
    row.path.contains("/uploads") || row.path.starts_with("/u/")
}
