//! The timeline of an order over the wire: what became of it, to each who may know.

use crate::place::{Place, everywhere};
use crate::smtp::Shop;
use crate::stage::Stage;
use futures_util::future::join_all;
use marketplace_testing::smtp::{Fault, Stage as MailStage};
use marketplace_tests::{Client, wait_until};
use serde_json::Value;

everywhere! {
    a_purchase_is_told_from_payment_to_bytes
    a_mail_that_is_refused_for_good_is_told_to_its_creator
    a_guest_reads_the_timeline_of_one_order
}

pub(crate) const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                                 Chrome/131.0.0.0 Safari/537.36";
pub(crate) const SCANNER: &str = "Mozilla/5.0 (compatible; BarracudaCentral)";

/// The items of a timeline.
pub(crate) async fn timeline(client: &Client, order: &str, token: &str) -> Vec<Value> {
    let path = format!("/api/v1/orders/{order}/timeline");
    let answer = client.get(&path).bearer(token).send().await.expect(200);
    answer["items"].as_array().expect("a list").clone()
}

/// Waits until an item of this kind and result has come so often, whatever came, and gives it. What comes is counted when
/// its answer is decided, but no answer waits long for it.
pub(crate) async fn counted(
    client: &Client,
    (order, token): (&str, &str),
    (kind, result, agent): (&str, &str, &str),
    count: u64,
) -> Value {
    wait_until(&format!("{count} times {kind} {result} by {agent}"), || async {
        let items = timeline(client, order, token).await;
        let is = |item: &&Value| {
            item["kind"] == kind
                && item["result"] == result
                && item["agent"] == agent
                && item["count"] == count
        };
        items.iter().find(is).cloned()
    })
    .await
}

fn of_kind<'a>(items: &'a [Value], kind: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| item["kind"] == kind).collect()
}

async fn a_purchase_is_told_from_payment_to_bytes(place: Place) {
    let stage = Stage::at(&place).await;
    let Stage { client, ada, bob, book, sold, .. } = &stage;
    let admin = stage.admin().await;
    let (order, link) = (sold.placed.order.as_str(), sold.link.as_str());
    let whose = (order, bob.token.as_str());

    // A scanner looks, the buyer claims, somebody comes too late, and a download program takes eight parts at once.
    for method in ["HEAD", "GET", "GET"] {
        let looked = client.ask(method, link).header("user-agent", SCANNER).send().await;
        assert_eq!(looked.status, 200);
    }
    let prefetch = client.get(link).header("user-agent", CHROME).header("sec-purpose", "prefetch");
    assert_eq!(prefetch.send().await.status, 200);
    let claimed = client.post(link).header("user-agent", CHROME).send().await;
    assert_eq!(claimed.status, 303);
    let file = claimed.header("location").unwrap().to_owned();
    assert_eq!(client.post(link).header("user-agent", "curl/8.11.0").send().await.status, 410);
    let size = book.upload.bytes.len();
    let parts = (0..8).map(|part| {
        let range = format!("bytes={}-{}", part * size / 8, (part + 1) * size / 8 - 1);
        client.get(&file).header("range", &range).header("user-agent", "aria2/1.37.0").send()
    });
    let parts: Vec<u8> = join_all(parts).await.into_iter().flat_map(|answer| answer.body).collect();
    assert!(parts == book.upload.bytes, "the parts are the whole");

    counted(client, whose, ("link.looked", "shown", "mail_scanner"), 3).await;
    counted(client, whose, ("link.looked", "shown", "prefetch"), 1).await;
    counted(client, whose, ("link.refused", "used", "command_line"), 1).await;
    let download = counted(client, whose, ("download", "part", "download_manager"), 8).await;
    assert_eq!(download["product_id"], book.id.as_str());
    assert_eq!(download["file_id"], book.file_id.as_str());
    wait_until("it is known by what the link was claimed", || async {
        let items = timeline(client, order, &bob.token).await;
        (of_kind(&items, "link.claimed")[0]["agent"] == "browser").then_some(())
    })
    .await;

    wait_until("all mails are told of as sent", || async {
        let items = timeline(client, order, &admin).await;
        of_kind(&items, "mail").iter().all(|mail| mail["result"] == "sent").then_some(())
    })
    .await;

    let mut seen = Vec::new();
    for (token, missing) in
        [(&admin, vec![]), (&bob.token, vec![]), (&ada.token, vec!["payment.begun", "payment.paid"])]
    {
        let items = timeline(client, order, token).await;
        let mut kinds: Vec<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
        kinds.retain(|kind| *kind != "mail");
        let mut expected = vec![
            "order.placed",
            "payment.begun",
            "payment.paid",
            "order.paid",
            "access.granted",
            "link.issued",
            "link.looked",
            "link.claimed",
            "link.refused",
            "download",
        ];
        expected.retain(|kind| !missing.contains(kind));
        kinds.sort_unstable();
        kinds.dedup();
        expected.sort_unstable();
        assert_eq!(kinds, expected);
        let times: Vec<&str> = items.iter().map(|item| item["at"].as_str().unwrap()).collect();
        assert!(times.is_sorted() && times.iter().all(|at| at.ends_with('Z')), "{times:?}");
        let mails = of_kind(&items, "mail");
        assert!(mails.iter().all(|mail| mail["result"] == "sent"), "{mails:?}");
        let which: Vec<_> = mails.iter().map(|mail| mail["mail"].as_str().unwrap()).collect();
        assert_eq!(which.contains(&"sold"), *token != bob.token, "{which:?}");
        assert!(which.contains(&"purchase"), "{which:?}");
        seen.push(items);
    }
    let buyers: Vec<_> = seen.iter().map(|items| items[0]["buyer"].as_str().unwrap()).collect();
    assert_eq!(buyers, [bob.email.as_str(), bob.email.as_str(), "b***@mail.example"]);
    let text = serde_json::to_string(&seen).unwrap();
    let session = file.strip_prefix("/f/").unwrap();
    for secret in [link.rsplit('/').next().unwrap(), session, SCANNER, "aria2", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(!seen[2].iter().any(|item| item.to_string().contains(&bob.email)), "{:?}", seen[2]);

    // To everybody else there is no such order.
    let path = format!("/api/v1/orders/{order}/timeline");
    for stranger in [&stage.eve, &stage.mallory] {
        client.get(&path).bearer(&stranger.token).send().await.refused(404, "not_found");
    }
    client.get(&path).send().await.refused(401, "unauthenticated");
    // What is not paid is not sold.
    let pending = client.check_out(&stage.mallory, book).await;
    let path = format!("/api/v1/orders/{}/timeline", pending.order);
    client.get(&path).bearer(&ada.token).send().await.refused(404, "not_found");
    let items = timeline(client, &pending.order, &stage.mallory.token).await;
    let kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["order.placed", "payment.begun"]);
}

async fn a_mail_that_is_refused_for_good_is_told_to_its_creator(place: Place) {
    let shop = Shop::at(place.options()).await;
    let admin = shop.admin().await;
    let refusal = format!("550 5.1.1 <{}>: no such user", shop.bob.email);
    shop.relay.always(MailStage::Rcpt, Fault::Answer(refusal));
    let placed = shop.buy().await;
    let dead = shop.failed(&admin, "mail.purchase", "dead").await;
    let reason = "the mail server answered to the recipient: 550 5.1.1 <address> no such user";
    let mail = |items: Vec<Value>| {
        let mail = items.into_iter().find(|item| item["mail"] == "purchase");
        mail.expect("the mail is told of")
    };
    let told = mail(timeline(&shop.client, &placed.order, &shop.ada.token).await);
    assert_eq!((&told["result"], &told["reason"]), (&"failed".into(), &reason.into()));
    assert!(told["job_id"].is_null(), "{told}");
    let told = mail(timeline(&shop.client, &placed.order, &shop.bob.token).await);
    assert_eq!((&told["result"], &told["reason"]), (&"failed".into(), &Value::Null));
    let told = mail(timeline(&shop.client, &placed.order, &admin).await);
    assert_eq!((&told["reason"], &told["job_id"]), (&reason.into(), &dead["id"]));

    shop.relay.recover();
    let retry = format!("/api/v1/admin/jobs/{}/retry", dead["id"].as_str().unwrap());
    shop.client.post(&retry).bearer(&admin).send().await.expect(200);
    shop.mail_to(&shop.bob.email).await;
    wait_until("the mail is told of as sent", || async {
        let told = mail(timeline(&shop.client, &placed.order, &shop.ada.token).await);
        (told["result"] == "sent" && told["reason"].is_null()).then_some(())
    })
    .await;
}

async fn a_guest_reads_the_timeline_of_one_order(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let guest = client.check_out_as_guest("guest@mail.example", &stage.book).await;
    let other = client.check_out_as_guest("guest@mail.example", &stage.book).await;
    client.pay(&guest).await;
    client.first_link("guest@mail.example").await;
    wait_until("its mail is told of as sent", || async {
        let items = timeline(client, &guest.order, &guest.token).await;
        of_kind(&items, "mail").iter().any(|mail| mail["result"] == "sent").then_some(())
    })
    .await;
    let path = format!("/api/v1/orders/{}/timeline", guest.order);
    client.get(&path).bearer(&other.token).send().await.refused(404, "not_found");
    let head = client.ask("HEAD", &path).bearer(&guest.token).send().await;
    assert_eq!((head.status, head.header("cache-control")), (200, Some("no-store")));
    client.get(&format!("{path}?limit=5")).bearer(&guest.token).send().await.problem(422);
}
