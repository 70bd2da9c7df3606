//! Files sent in parts: to the server where they lie on its disk, to the bucket where they lie in one.

use crate::place::{Place, everywhere};
use bytes::Bytes;
use marketplace_tests::{
    Account, Answer, Bucket, Client, Product, Server, ServerOptions, Stopped, Upload, exchange, poll,
    wait_until,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

everywhere! {
    a_file_in_parts_is_resumed_looked_at_and_sold
    lies_and_strangers_get_nowhere
    a_part_that_comes_again_is_no_guess
    death_after_the_parts_were_joined
    death_before_the_file_is_noted
}

/// The size of a part.
const PART: usize = 32 << 20;

/// A creator, and a draft that has no file.
struct Desk {
    client: Client,
    ada: Account,
    draft: String,
}

impl Desk {
    async fn at(server: &Server) -> Self {
        let client = server.client();
        let ada = client.register("ada", "creator").await;
        let draft = client.draft(&ada, "The course", "2500.00").await;
        Self { client, ada, draft }
    }

    fn product(&self) -> String {
        format!("/api/v1/creator/products/{}", self.draft)
    }

    async fn announce(&self, file: &Value) -> Answer {
        let path = format!("{}/uploads", self.product());
        self.client.post(&path).bearer(&self.ada.token).json(file).send().await
    }

    /// What an honest creator says of these bytes.
    async fn begin(&self, upload: &Upload) -> Value {
        let sha256 = hex::encode(Sha256::digest(&upload.bytes));
        let (name, size) = (&upload.name, upload.bytes.len());
        let file = json!({ "name": name, "size": size, "content_type": "application/pdf", "sha256": sha256 });
        self.announce(&file).await.expect(201)
    }

    async fn status(&self, begun: &Value) -> Value {
        self.client.get(&upload_path(begun)).bearer(&self.ada.token).send().await.expect(200)
    }

    async fn complete(&self, begun: &Value, parts: &[Value]) -> Answer {
        let path = format!("{}/complete", upload_path(begun));
        self.client.post(&path).bearer(&self.ada.token).json(&json!({ "parts": parts })).send().await
    }

    async fn act(&self, act: &str) -> Answer {
        self.client.post(&format!("{}/{act}", self.product())).bearer(&self.ada.token).send().await
    }

    /// Sends a part to where it goes; gives what the completion says of it.
    async fn put(&self, part: &Value, bytes: &Bytes) -> Value {
        let answer = self.put_bytes(part, slice(part, bytes)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        json!({ "number": part["number"], "etag": answer.header("etag").expect("the part is named") })
    }

    async fn put_bytes(&self, part: &Value, bytes: Bytes) -> Answer {
        let mut ask = self.client.ask("PUT", part["url"].as_str().expect("an address")).body(bytes);
        for (name, value) in part["headers"].as_object().expect("headers") {
            // The client writes the length by itself.
            if name != "content-length" {
                ask = ask.header(name, value.as_str().expect("a text"));
            }
        }
        ask.send().await
    }

    async fn send_all(&self, begun: &Value, bytes: &Bytes) -> Vec<Value> {
        let mut sent = Vec::new();
        for part in begun["parts"].as_array().expect("parts") {
            sent.push(self.put(part, bytes).await);
        }
        sent
    }

    async fn wait_for(&self, begun: &Value, status: &str) -> Value {
        wait_until(status, || async {
            let given = self.status(begun).await;
            (given["status"] == status).then_some(given)
        })
        .await
    }
}

fn upload_path(begun: &Value) -> String {
    format!("/api/v1/creator/uploads/{}", begun["upload_id"].as_str().expect("an id"))
}

fn slice(part: &Value, bytes: &Bytes) -> Bytes {
    let number = |name: &str| usize::try_from(part[name].as_u64().expect("a number")).expect("it is small");
    let start = (number("number") - 1) * PART;
    bytes.slice(start..start + number("size"))
}

/// Bytes of two parts.
fn course() -> Upload {
    Upload::pdf("Ọlá’s course.pdf", PART + 70_000)
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// Sends a file in parts, with everything that can come between, and sells it.
async fn send_and_sell(options: ServerOptions) -> (Server, Product) {
    let server = Server::start(options).await;
    let desk = Desk::at(&server).await;
    let upload = course();
    let begun = desk.begin(&upload).await;
    assert_eq!(begun["parts"].as_array().map(Vec::len), Some(2), "{begun}");

    // The last part comes first; what is missing is told with fresh addresses.
    let second = desk.put(&begun["parts"][1], &upload.bytes).await;
    let status = desk.status(&begun).await;
    assert_eq!(status["status"], "open");
    assert_eq!(status["parts"].as_array().map(Vec::len), Some(1), "{status}");
    assert_eq!((&status["parts"][0]["number"], &status["received"][0]["number"]), (&json!(1), &json!(2)));
    desk.complete(&begun, std::slice::from_ref(&second)).await.refused(422, "parts_mismatch");
    let first = desk.put(&status["parts"][0], &upload.bytes).await;
    let parts = [second, first];
    let completed = desk.complete(&begun, &parts).await.expect(201);
    assert!(["checking", "ready"].contains(&completed["status"].as_str().expect("a word")), "{completed}");
    let again = desk.complete(&begun, &parts).await.expect(201);
    assert_eq!(again["id"], completed["id"]);

    let ready = desk.wait_for(&begun, "ready").await;
    assert_eq!(ready["file_id"], completed["id"]);
    let shown = desk.act("publish").await.expect(200);
    assert_eq!(shown["files"][0]["id"], completed["id"]);
    assert_eq!(shown["files"][0]["name"], "Ọlá’s course.pdf");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let product = Product {
        id: desk.draft.clone(),
        slug: text(&shown["slug"]),
        file_id: text(&completed["id"]),
        upload,
    };
    (server, product)
}

async fn a_file_in_parts_is_resumed_looked_at_and_sold(place: Place) {
    let (server, product) = send_and_sell(place.options()).await;
    let client = server.client();
    let bob = client.register("bob", "customer").await;
    let bought = client.buy(&bob, &product).await;
    let got = client.get(&client.claim(&bought.link).await).send().await;
    assert_eq!(got.status, 200);
    assert!(got.body == product.upload.bytes, "the same bytes");
    assert_eq!(files_below(&server.data_dir().join("files/parts")), Vec::<PathBuf>::new(), "no part is left");
}

#[tokio::test]
async fn parts_go_to_the_bucket_itself() {
    let bucket = Bucket::start().await;
    let (server, product) = send_and_sell(bucket.options()).await;
    let objects = bucket.objects();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert!(std::fs::read(&objects[0]).expect("it is readable") == product.upload.bytes);
    assert!(!server.data_dir().join("files").exists(), "nothing lies on the disk");

    let desk = Desk::at_existing(&server).await;
    let begun = desk.begin(&Upload::pdf("more.pdf", 1_000)).await;
    let part = &begun["parts"][0];
    let address = part["url"].as_str().expect("an address");
    assert!(address.starts_with(&bucket.origin()), "{address}");
    for wrong in [999, 1_001] {
        let refused = desk.put_bytes(part, vec![1; wrong].into()).await;
        assert!(refused.status >= 400, "{wrong} bytes: {}", refused.status);
    }
    let other = address.replace("partNumber=1", "partNumber=2");
    assert_ne!(other, address);
    let forged = json!({ "url": other, "headers": part["headers"], "number": 2, "size": 1_000 });
    assert_eq!(desk.put_bytes(&forged, vec![1; 1_000].into()).await.status, 403);
    let cancel = desk.client.ask("DELETE", &upload_path(&begun)).bearer(&desk.ada.token).send().await;
    assert_eq!(cancel.status, 204);
}

impl Desk {
    /// Another creator of a shop that sells already.
    async fn at_existing(server: &Server) -> Self {
        let client = server.client();
        let ada = client.register("eve", "creator").await;
        let draft = client.draft(&ada, "More", "100.00").await;
        Self { client, ada, draft }
    }
}

async fn lies_and_strangers_get_nowhere(place: Place) {
    let server = Server::start(place.options()).await;
    let desk = Desk::at(&server).await;
    let good = json!({ "name": "a.pdf", "size": 100, "content_type": "application/pdf" });
    for (field, value) in [
        ("name", json!("../..")),
        ("name", json!("")),
        ("size", json!(-1)),
        ("size", json!("100")),
        ("content_type", json!("pdf")),
        ("sha256", json!("abc")),
        ("sha256", json!(null)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let problem = desk.announce(&bad).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let sized = |size: u64| json!({ "name": "a.pdf", "size": size, "content_type": "application/pdf" });
    desk.announce(&sized(0)).await.refused(422, "empty_file");
    desk.announce(&sized(6 << 30)).await.refused(413, "payload_too_large");

    // What is sent is no PDF; the right one first, so that publishing waits for the check of the other.
    let upload = Upload::pdf("book.pdf", 5_000);
    let begun = desk.begin(&upload).await;
    let parts = desk.send_all(&begun, &upload.bytes).await;
    desk.complete(&begun, &parts).await.expect(201);
    desk.wait_for(&begun, "ready").await;
    let liar = desk.announce(&sized(100)).await.expect(201);
    let parts = desk.send_all(&liar, &Bytes::from(vec![b'x'; 100])).await;
    desk.complete(&liar, &parts).await.expect(201);
    let refused = desk.wait_for(&liar, "refused").await;
    assert_eq!(refused["reason"], "type_mismatch");
    desk.complete(&liar, &parts).await.refused(409, "type_mismatch");
    let files = desk.act("publish").await.expect(200)["files"].as_array().map(Vec::len);
    assert_eq!(files, Some(1), "only the true one");

    // Nobody else learns anything, and no other token opens.
    let begun = desk.begin(&upload).await;
    let eve = desk.client.register("eve", "creator").await;
    let path = upload_path(&begun);
    let foreign = desk.client.get(&path).bearer(&eve.token).send().await.refused(404, "not_found");
    let unknown = format!("{}{}", &path[..path.len() - 32], "0".repeat(32));
    let nothing = desk.client.get(&unknown).bearer(&eve.token).send().await.refused(404, "not_found");
    assert_eq!(foreign["detail"], nothing["detail"]);
    let address = begun["parts"][0]["url"].as_str().expect("an address");
    let (front, _) = address.rsplit_once('/').expect("it ends with its number");
    for (wrong, size, status, code) in [
        (format!("{front}/2"), 5_000, 410, "upload_gone"),
        (format!("{front}/0"), 5_000, 410, "upload_gone"),
        (format!("{front}/x"), 5_000, 410, "upload_gone"),
        (format!("{}/u/{}/1", server.base(), "A".repeat(43)), 5_000, 410, "upload_gone"),
        (address.to_owned(), 4_999, 422, "parts_mismatch"),
        (address.to_owned(), 10_000, 422, "parts_mismatch"),
    ] {
        let part = json!({ "url": wrong, "headers": {} });
        desk.put_bytes(&part, vec![1; size].into()).await.refused(status, code);
    }
    let bare = address.strip_prefix(server.base()).expect("it is ours");
    let chunked = format!(
        "PUT {bare} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    );
    let answer = exchange(server.base(), chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 411"), "{answer}");
    desk.client.advance(25 * 3600).await;
    desk.put_bytes(&begun["parts"][0], upload.bytes.clone()).await.refused(410, "upload_gone");
    let folder = server.data_dir().join("files");
    poll("only the file is left", || (files_below(&folder.join("files")).len() == 1).then_some(())).await;
    poll("no part is left", || files_below(&folder.join("parts")).is_empty().then_some(())).await;
}

async fn a_part_that_comes_again_is_no_guess(place: Place) {
    let server = Server::start(place.options().with_variable("MARKETPLACE_RATE_LIMIT", "on")).await;
    let desk = Desk::at(&server).await;
    let upload = Upload::pdf("book.pdf", 5_000);
    let begun = desk.begin(&upload).await;
    let parts = desk.send_all(&begun, &upload.bytes).await;
    desk.complete(&begun, &parts).await.expect(201);
    for _ in 0..100 {
        desk.put_bytes(&begun["parts"][0], upload.bytes.clone()).await.refused(410, "upload_gone");
    }
    let guess = json!({ "url": format!("{}/u/{}/1", server.base(), "A".repeat(43)), "headers": {} });
    for _ in 0..200 {
        let answer = desk.put_bytes(&guess, upload.bytes.clone()).await;
        if answer.status == 429 {
            return;
        }
        answer.refused(410, "upload_gone");
    }
    panic!("two hundred guesses and no limit");
}

/// A server that pauses at a point and is killed there; its creator, and the upload with its parts.
async fn killed(point: &str, place: &Place) -> (Stopped, Account, String, Value, Vec<Value>) {
    let action = format!("{point}=return");
    let server = Server::start(place.options().with_variable("FAILPOINTS", action)).await;
    let desk = Desk::at(&server).await;
    let upload = Upload::pdf("book.pdf", 50_000);
    let begun = desk.begin(&upload).await;
    let parts = desk.send_all(&begun, &upload.bytes).await;
    let path = format!("{}/complete", upload_path(&begun));
    let complete = desk.client.post(&path).bearer(&desk.ada.token).json(&json!({ "parts": parts }));
    let die = async {
        let reached = format!("\"failpoint\":\"{point}\"");
        poll(&reached, || server.process().stderr().contains(&reached).then_some(())).await;
        server.kill().await
    };
    let (stopped, _) = tokio::join!(die, complete.try_send());
    (stopped.without_variable("FAILPOINTS"), desk.ada, desk.draft, begun, parts)
}

async fn death_after_the_parts_were_joined(place: Place) {
    let (stopped, ada, draft, begun, parts) = killed("upload.after-complete", &place).await;
    let server = stopped.start().await;
    let desk = Desk { client: server.client(), ada, draft };
    // Nobody was answered; the same completion goes on.
    desk.complete(&begun, &parts).await.expect(201);
    desk.wait_for(&begun, "ready").await;
    let files = desk.act("publish").await.expect(200)["files"].as_array().map(Vec::len);
    assert_eq!(files, Some(1));
    assert_eq!(files_below(&server.data_dir().join("files/parts")), Vec::<PathBuf>::new());
}

async fn death_before_the_file_is_noted(place: Place) {
    let (stopped, ada, draft, begun, _) = killed("upload.before-file", &place).await;
    let server = stopped.start().await;
    let desk = Desk { client: server.client(), ada, draft };
    // The job's lease ends, and another worker looks at the bytes again.
    desk.client.advance(61).await;
    desk.wait_for(&begun, "ready").await;
    let files = desk.act("publish").await.expect(200)["files"].as_array().map(Vec::len);
    assert_eq!(files, Some(1));
}
