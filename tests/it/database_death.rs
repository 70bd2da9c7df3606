//! Death of PostgreSQL under load: its postmaster is killed in the middle of sales and started again, while the server
//! stays up.
//!
//! What must hold: whoever asks meanwhile is told to come back, and never that something broke; the server goes on by
//! itself; what it acknowledged before, between and after is there; what was sent again has one effect; every order
//! that was paid is delivered, and the books are right.

use crate::{
    crowd::{Crowd, Purchase},
    stage::Stage,
};
use futures_util::{
    StreamExt as _,
    future::{join, join_all},
    stream,
};
use marketplace_testing::postgres::{ClusterOptions, TestCluster, TestDatabase};
use marketplace_tests::{
    Account, Client, SIGNATURE, Server, ServerOptions, Twin, charge_success, wait_until,
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, query_scalar};
use std::collections::BTreeSet;

/// Longer than any lease, and than it takes the sweep to ask about a payment that nobody told of.
const LATER: u64 = 61;

/// How many orders make a load.
const LOAD: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_killed_under_load_and_nothing_acknowledged_is_lost() {
    let durable = ClusterOptions::default().with_durable(true);
    let mut cluster = blocking(move || TestCluster::start_with(durable).expect("a cluster of its own")).await;
    let database = TestDatabase::empty_on(&cluster).await;
    let server = Server::start(ServerOptions::default().with_database(&database.url())).await;
    let stage = Stage::on(server).await;
    let (client, twin) = (&stage.client, stage.server.twin());
    let admin = stage.admin().await;
    let waiting = client.check_out(&stage.bob, &stage.book).await;
    let mut buyers = Vec::new();
    for number in 0..8 {
        buyers.push(client.register(&format!("buyer-{number}"), "customer").await);
    }

    let crowd = Crowd::gather(client, &buyers, &stage.book);
    sold(&crowd, LOAD).await;
    wait_until("webhooks arrive", || async { (acknowledged(&twin).len() > LOAD / 4).then_some(()) }).await;
    cluster = kill(cluster).await;
    assert_eq!(client.get("/health/live").send().await.status, 200, "the process runs");
    let put_off_webhook = async {
        // The gateway does not know of our troubles.
        client.hand_over_the_money(&waiting).await;
        let refused = || async { put_off(&twin).contains(&waiting.reference).then_some(()) };
        wait_until("a webhook is put off", refused).await;
    };
    join(expect_to_be_put_off(client, &twin, &stage.bob, &admin), put_off_webhook).await;
    wait_until("everybody is put off", || async { (crowd.put_off() == crowd.size()).then_some(()) }).await;

    cluster = restart(cluster).await;
    wait_until("the server is ready by itself", || async {
        (client.get("/health/ready").send().await.status == 200).then_some(())
    })
    .await;
    // What a request that died with the database has reserved is free again.
    client.advance(LATER).await;
    sold(&crowd, LOAD).await;

    // A failure so short that most connections only learn of it when they are used.
    cluster = restart(kill(cluster).await).await;
    sold(&crowd, LOAD).await;
    client.advance(LATER).await;
    let purchases = crowd.disperse().await;
    client.advance(LATER).await;

    let resent = purchases.iter().filter(|purchase| purchase.resent).count();
    assert!(resent >= buyers.len(), "the crowd sent its orders again: {resent}");
    client.wait_for_order(&waiting, "paid").await;
    for purchase in &purchases {
        client.wait_for_order(&purchase.placed, "paid").await;
    }
    let checks = purchases.iter().map(|purchase| async {
        expect_one_effect(client, purchase).await;
        expect_delivered(&stage, purchase).await;
    });
    stream::iter(checks).buffer_unordered(8).collect::<()>().await;
    // Bob's two, of which the second had no webhook in time.
    expect_books(&stage, &admin, purchases.len() + 2).await;
    expect_rows(&database.url(), purchases.len() + 2, &acknowledged(&twin)).await;
    let said = stage.server.process().stderr();
    assert!(!said.contains("panicked"), "{said}");
    let verified = stage.server.command(&["ledger", "verify"], None).await;
    assert_eq!(verified.code, Some(0), "{verified:#?}");
    drop((stage, database, cluster));
}

/// Runs what blocks, such as starting and killing a cluster, beside the load.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("it does not panic")
}

async fn kill(mut cluster: TestCluster) -> TestCluster {
    blocking(move || {
        cluster.kill().expect("it runs");
        cluster
    })
    .await
}

async fn restart(mut cluster: TestCluster) -> TestCluster {
    blocking(move || {
        cluster.restart().expect("it can be started again");
        cluster
    })
    .await
}

/// Waits until so many more orders are acknowledged.
async fn sold(crowd: &Crowd, more: usize) {
    let enough = crowd.placed() + more;
    wait_until("the crowd buys", || async { (crowd.placed() >= enough).then_some(()) }).await;
}

/// The references whose webhooks the server answered with this status.
fn told_of(twin: &Twin, status: u16) -> BTreeSet<String> {
    let journal = twin.journal();
    let facts = |kind: &'static str| journal.iter().filter_map(move |fact| fact.get(kind));
    let answered = json!({ "answered": status });
    let attempts = facts("webhook_attempted").filter(|attempt| attempt["outcome"] == answered);
    let webhooks: BTreeSet<_> = attempts.map(|attempt| attempt["webhook"].to_string()).collect();
    let queued = facts("webhook_queued").filter(|queued| webhooks.contains(&queued["webhook"].to_string()));
    queued.map(|queued| queued["reference"].as_str().expect("a reference").to_owned()).collect()
}

fn acknowledged(twin: &Twin) -> BTreeSet<String> {
    told_of(twin, 200)
}

fn put_off(twin: &Twin) -> BTreeSet<String> {
    told_of(twin, 503)
}

/// Whatever is asked: it is said to be down, in the form of every refusal, and when to come back.
async fn expect_to_be_put_off(client: &Client, twin: &Twin, buyer: &Account, admin: &str) {
    let notice = charge_success(1, "mkt-00000000000000", 250_000, "NGN", "test").to_string();
    let sign_in = json!({ "email": buyer.email, "password": marketplace_tests::PASSWORD });
    let signature = twin.sign(notice.as_bytes());
    let asks = [
        client.get("/api/v1/products"),
        client.get("/api/v1/orders").bearer(&buyer.token),
        client.get("/api/v1/library").bearer(&buyer.token),
        client.post("/api/v1/auth/login").json(&sign_in),
        client
            .post("/api/v1/webhooks/paystack")
            .header(SIGNATURE, &signature)
            .typed("application/json", notice),
        client.get("/api/v1/admin/ledger/verify").bearer(admin),
    ];
    let ready = client.get("/health/ready").send();
    let (answers, ready) = join(join_all(asks.map(|ask| ask.send())), ready).await;
    for answer in answers {
        answer.problem(503);
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    let ready = ready.expect(503);
    assert_eq!((&ready["parts"]["store"], &ready["parts"]["files"]), (&json!("failing"), &json!("ok")));
}

/// The same key still leads to the same order, and to no other.
async fn expect_one_effect(client: &Client, purchase: &Purchase) {
    let again = purchase.send_again(client).await.expect(201);
    assert_eq!(again["order"]["id"], purchase.placed.order.as_str());
}

/// An order leads to its bytes: by the mailed link of a guest, by the library of an account.
async fn expect_delivered(stage: &Stage, purchase: &Purchase) {
    let client = &stage.client;
    let link = match &purchase.sign_in {
        None => {
            let mails = client.wait_for_mails(&purchase.email, 1).await;
            assert!(mails.iter().all(|mail| mail.message_id == mails[0].message_id), "{mails:?}");
            mails[0].links().remove(0)
        }
        Some(sign_in) => {
            let mut rights = all(client, sign_in, "/api/v1/library").await;
            rights.retain(|right| right["order_id"] == purchase.placed.order.as_str());
            assert_eq!(rights.len(), 1, "one right: {rights:?}");
            let right = rights[0]["entitlement_id"].as_str().expect("an id");
            let path = format!("/api/v1/library/{right}/files/{}/links", stage.book.file_id);
            let answer = client.post(&path).bearer(sign_in).send().await.expect(201);
            answer["url"].as_str().expect("a link").to_owned()
        }
    };
    let file = client.claim(&link).await;
    assert_eq!(client.get(&file).send().await.body, stage.book.upload.bytes);
}

/// One posting per sale, nothing in review, no job given up.
async fn expect_books(stage: &Stage, admin: &str, sales: usize) {
    let lines = all(&stage.client, &stage.ada.token, "/api/v1/creator/wallet/entries").await;
    let of: BTreeSet<_> = lines.iter().map(|line| line["order_id"].to_string()).collect();
    assert_eq!((lines.len(), of.len()), (sales, sales), "one posting per sale");
    let balance = stage.client.balance(&stage.ada, "NGN").await.expect("a balance");
    assert_eq!(balance["pending"], format!("{}.00", 2250 * sales));
    for path in ["/api/v1/admin/payments?status=needs_review", "/api/v1/admin/jobs?state=dead"] {
        let answer = stage.client.get(path).bearer(admin).send().await.expect(200);
        assert_eq!(answer["items"], json!([]), "{path}");
    }
}

/// Every page of a list.
pub(crate) async fn all(client: &Client, token: &str, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}?limit=100{cursor}")).bearer(token).send().await.expect(200);
        items.extend(page["items"].as_array().expect("a list").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// What no answer tells: that there is no order beside those that were acknowledged, and that each notice that was is
/// stored, though the sweep would have settled its payment, too.
async fn expect_rows(url: &str, orders: usize, notices: &BTreeSet<String>) {
    let mut connection = PgConnection::connect(url).await.expect("the database is there");
    let stored: i64 =
        query_scalar("SELECT count(*) FROM mkt_orders").fetch_one(&mut connection).await.expect("a count");
    assert_eq!(usize::try_from(stored), Ok(orders));
    let stored: Vec<String> =
        query_scalar("SELECT claim_reference FROM mkt_notices WHERE claim_reference IS NOT NULL")
            .fetch_all(&mut connection)
            .await
            .expect("a list");
    let stored = BTreeSet::from_iter(stored);
    assert!(!notices.is_empty() && notices.is_subset(&stored), "{:?}", notices.difference(&stored));
    connection.close().await.expect("it closes");
}
