//! Death of the server at its worst moments: the flow stops at a named point, the process is killed as by a power cut, and started
//! again on what it left behind.
//!
//! What must hold afterwards, whatever the moment: paid once, entitled once, every answer that was given is true,
//! mails are known by their Message-IDs, links are intact, no file is left that nobody knows, the ledger adds up.

use crate::place::{Place, everywhere};
use marketplace_tests::{
    Account, Client, Mail, Placed, Product, Server, Stopped, Upload, multipart, poll, wait_until,
};
use serde_json::json;
use std::collections::BTreeSet;

everywhere! {
    between_the_answer_to_a_webhook_and_its_effects
    inside_settle_before_its_commit
    inside_settle_after_its_commit
    between_a_mail_taken_and_its_job_done
    between_a_claim_and_the_first_byte
    between_the_order_and_the_gateways_answer
    during_an_upload
}

/// Longer than a job's lease: what a dead worker held is free again.
const LEASE: u64 = 61;

/// A shop whose server pauses at a point.
struct Doomed {
    server: Server,
    client: Client,
    ada: Account,
    bob: Account,
    book: Product,
}

impl Doomed {
    async fn at(point: &str, place: &Place) -> Self {
        Self::at_all(&[point], place).await
    }

    /// A shop whose server pauses at each of these points.
    async fn at_all(points: &[&str], place: &Place) -> Self {
        let actions: Vec<String> = points.iter().map(|point| format!("{point}=return")).collect();
        let server = Server::start(place.options().with_variable("FAILPOINTS", actions.join(";"))).await;
        let client = server.client();
        let ada = client.register("ada", "creator").await;
        let bob = client.register("bob", "customer").await;
        let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 50_000)).await;
        Self { server, client, ada, bob, book }
    }

    /// Waits until the server has come to the point, and kills it there.
    async fn die(self, point: &str) -> Survivors {
        let reached = format!("\"failpoint\":\"{point}\"");
        poll(&reached, || self.server.process().stderr().contains(&reached).then_some(())).await;
        let Self { server, ada, bob, book, .. } = self;
        Survivors { stopped: server.kill().await, ada, bob, book }
    }
}

struct Survivors {
    stopped: Stopped,
    ada: Account,
    bob: Account,
    book: Product,
}

impl Survivors {
    /// Starts the server again, without points; then the leases of the dead one run out.
    async fn rise(self) -> Risen {
        let server = self.stopped.without_variable("FAILPOINTS").start().await;
        let client = server.client();
        client.advance(LEASE).await;
        Risen { server, client, ada: self.ada, bob: self.bob, book: self.book }
    }
}

struct Risen {
    server: Server,
    client: Client,
    ada: Account,
    bob: Account,
    book: Product,
}

impl Risen {
    /// Everything about one paid order that must be so exactly once.
    async fn expect_sold_once(&self, placed: &Placed) -> Vec<Mail> {
        self.client.wait_for_order(placed, "paid").await;
        let mails = self.client.wait_for_mails(&self.bob.email, 1).await;
        // However often it was sent, it is one receipt.
        let receipts = mails.iter().map(|mail| &mail.message_id).filter(|id| id.starts_with("purchase."));
        assert_eq!(receipts.collect::<BTreeSet<_>>().len(), 1, "{mails:?}");
        let balance = self.client.balance(&self.ada, "NGN").await.expect("a balance");
        assert_eq!(balance["pending"], "2250.00");
        assert_eq!(self.client.wallet_lines(&self.ada).await.len(), 1, "one posting");
        assert_eq!(self.client.library(&self.bob.token).await.len(), 1, "one right");
        mails
    }

    /// The mailed link still opens the very bytes.
    async fn expect_delivered(&self, link: &str) {
        let session = self.client.claim(link).await;
        let file = self.client.get(&session).send().await;
        assert_eq!(file.status, 200);
        assert_eq!(file.body, self.book.upload.bytes);
    }

    /// Stops in good order; then the books are right.
    async fn expect_sound(self) {
        let verified = self.server.command(&["ledger", "verify"], None).await;
        assert_eq!(verified.code, Some(0), "{verified:#?}");
    }
}

async fn between_the_answer_to_a_webhook_and_its_effects(place: Place) {
    const POINT: &str = "notice.before-process";
    let doomed = Doomed::at(POINT, &place).await;
    let placed = doomed.client.check_out(&doomed.bob, &doomed.book).await;
    doomed.client.at_the_gateway(&placed, "pay").await;
    let twin = doomed.server.twin();
    wait_until("the webhook is acknowledged", || async {
        let attempts = twin.facts("webhook_attempted");
        attempts.iter().any(|attempt| attempt.to_string().contains("200")).then_some(())
    })
    .await;
    let risen = doomed.die(POINT).await.rise().await;
    let mails = risen.expect_sold_once(&placed).await;
    risen.expect_delivered(&mails[0].links()[0]).await;
    risen.expect_sound().await;
}

async fn inside_settle_before_its_commit(place: Place) {
    const POINT: &str = "settle.before-commit";
    let doomed = Doomed::at(POINT, &place).await;
    let placed = doomed.client.check_out(&doomed.bob, &doomed.book).await;
    doomed.client.at_the_gateway(&placed, "pay").await;
    let risen = doomed.die(POINT).await.rise().await;
    let mails = risen.expect_sold_once(&placed).await;
    risen.expect_delivered(&mails[0].links()[0]).await;
    risen.expect_sound().await;
}

async fn inside_settle_after_its_commit(place: Place) {
    const POINT: &str = "settle.after-commit";
    // The mails' jobs are there as soon as it is committed. If one was taken before the death, it would come again.
    let doomed = Doomed::at_all(&[POINT, "mail.before-send"], &place).await;
    let placed = doomed.client.check_out(&doomed.bob, &doomed.book).await;
    doomed.client.at_the_gateway(&placed, "pay").await;
    let risen = doomed.die(POINT).await.rise().await;
    let mails = risen.expect_sold_once(&placed).await;
    assert_eq!(mails.len(), 1);
    risen.expect_delivered(&mails[0].links()[0]).await;
    risen.expect_sound().await;
}

async fn between_a_mail_taken_and_its_job_done(place: Place) {
    const POINT: &str = "mail.after-accept";
    let doomed = Doomed::at(POINT, &place).await;
    let placed = doomed.client.check_out(&doomed.bob, &doomed.book).await;
    doomed.client.at_the_gateway(&placed, "pay").await;
    let before = doomed.client.wait_for_mails(&doomed.bob.email, 1).await;
    let risen = doomed.die(POINT).await.rise().await;
    risen.expect_sold_once(&placed).await;
    // The job does not know that the mail was taken, so it is sent again, as the same mail.
    let mails = risen.client.wait_for_mails(&risen.bob.email, 2).await;
    assert!(mails.iter().all(|mail| mail.message_id == before[0].message_id), "{mails:?}");
    // The links of both are good.
    for mail in [&before[0], &mails[0]] {
        risen.expect_delivered(&mail.links()[0]).await;
    }
    risen.expect_sound().await;
}

async fn between_a_claim_and_the_first_byte(place: Place) {
    const POINT: &str = "claim.after-commit";
    let doomed = Doomed::at(POINT, &place).await;
    let bought = doomed.client.buy(&doomed.bob, &doomed.book).await;
    let claiming = doomed.client.clone();
    let link = bought.link.clone();
    let claim = async move { claiming.post(&link).try_send().await.is_none() };
    let (survivors, unanswered) = tokio::join!(doomed.die(POINT), claim);
    assert!(unanswered, "the claim was never answered");
    let risen = survivors.rise().await;
    // The link is spent, the right is not: one click brings a new one.
    assert_eq!(risen.client.post(&bought.link).send().await.status, 410);
    let fresh = risen.client.post(&format!("{}/fresh", bought.link)).send().await;
    assert_eq!(fresh.status, 202);
    let mail = wait_until("the fresh link is mailed", || async {
        let mut mails = risen.client.mails(&risen.bob.email).await.into_iter();
        mails.find(|mail| mail.message_id.starts_with("fresh-link."))
    })
    .await;
    risen.expect_delivered(&mail.links()[0]).await;
    risen.expect_sold_once(&bought.placed).await;
    risen.expect_sound().await;
}

async fn between_the_order_and_the_gateways_answer(place: Place) {
    const POINT: &str = "checkout.after-gateway";
    let doomed = Doomed::at(POINT, &place).await;
    let body = json!({ "items": [{ "product_id": doomed.book.id }] });
    let checking_out = doomed.client.clone();
    let token = doomed.bob.token.clone();
    let ask = {
        let body = body.clone();
        async move {
            let ask = checking_out.post("/api/v1/checkout").bearer(&token).key("once").json(&body);
            ask.try_send().await.is_none()
        }
    };
    let (survivors, unanswered) = tokio::join!(doomed.die(POINT), ask);
    assert!(unanswered, "the checkout was never answered");
    let risen = survivors.rise().await;
    // The same key goes on with the same order, with an attempt that can be paid.
    let again = risen.client.post("/api/v1/checkout").bearer(&risen.bob.token).key("once");
    let placed = Placed::read(&again.json(&body).send().await.expect(201), Some(&risen.bob.token));
    let orders = risen.client.get("/api/v1/orders").bearer(&risen.bob.token).send().await.expect(200);
    assert_eq!(orders["items"].as_array().map(Vec::len), Some(1), "one order: {orders}");
    risen.client.pay(&placed).await;
    risen.expect_sold_once(&placed).await;
    risen.expect_sound().await;
}

async fn during_an_upload(place: Place) {
    const POINT: &str = "upload.after-put";
    let action = format!("{POINT}=return");
    let server = Server::start(place.options().with_variable("FAILPOINTS", action)).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let draft =
        json!({ "title": "Book", "description": "", "price": { "amount": "2500.00", "currency": "NGN" } });
    let product =
        client.post("/api/v1/creator/products").bearer(&ada.token).json(&draft).send().await.expect(201);
    let path = format!("/api/v1/creator/products/{}/files", product["id"].as_str().expect("an id"));
    let (kind, body) = multipart("file", &Upload::pdf("book.pdf", 50_000));
    let upload = client.post(&path).bearer(&ada.token).typed(&kind, body);
    let die = async {
        let reached = format!("\"failpoint\":\"{POINT}\"");
        poll(&reached, || server.process().stderr().contains(&reached).then_some(())).await;
        server.kill().await
    };
    let (stopped, answer) = tokio::join!(die, upload.try_send());
    assert!(answer.is_none(), "the upload was never answered");
    let objects = stopped.data_dir().join("files/files");
    let count = || std::fs::read_dir(&objects).expect("the folder is there").count();
    assert_eq!(count(), 1, "the bytes had arrived");

    let server = stopped.without_variable("FAILPOINTS").start().await;
    let client = server.client();
    let shown = client.get(&path.replace("/files", "")).bearer(&ada.token).send().await.expect(200);
    assert_eq!(shown["files"].as_array().map(Vec::len), Some(0), "half an upload is no file");
    // A day later the sweep has taken away what nobody knows.
    client.advance(25 * 3600).await;
    poll("no orphan is left", || (count() == 0).then_some(())).await;
}
