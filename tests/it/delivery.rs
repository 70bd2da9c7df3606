//! Links, claims and bytes over the wire.

use crate::place::{Place, everywhere};
use crate::stage::Stage;
use futures_util::{StreamExt as _, future::join_all};
use marketplace_tests::{Answer, Client, Server, Upload, exchange, wait_until};
use serde_json::json;
use std::collections::BTreeMap;

everywhere! {
    ranges_and_validators_hold_over_the_wire
    a_broken_download_goes_on_where_it_broke
    an_expired_link_gives_a_fresh_one_by_mail
    a_token_opens_its_own_door_only
    a_guest_holds_one_order_by_its_token
    a_free_product_is_delivered_at_once
    file_names_of_any_script_arrive_whole
    a_buyer_comes_back_from_the_gateway
    an_upload_that_breaks_off_leaves_nothing
    a_link_survives_everything_that_looks_at_it_and_one_claim_of_many_wins
}

async fn a_link_survives_everything_that_looks_at_it_and_one_claim_of_many_wins(place: Place) {
    let Stage { server: _server, client, sold, book, .. } = Stage::at(&place).await;
    let link = &sold.link;
    for _ in 0..10 {
        let page = client.get(link).send().await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("book.pdf") && page.text().contains("<button"), "{}", page.text());
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let head = client.ask("HEAD", link).send().await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), Some(page.body.len().to_string().as_str()));
        for method in ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"] {
            client.ask(method, link).send().await.refused(405, "method_not_allowed");
        }
    }
    // A form on another site is no click of the buyer's.
    client.post(link).header("sec-fetch-site", "cross-site").send().await.refused(403, "cross_site");

    let claims = join_all((0..50).map(|_| client.post(link).send())).await;
    let mut by_status = BTreeMap::<u16, Vec<Answer>>::new();
    for claim in claims {
        by_status.entry(claim.status).or_default().push(claim);
    }
    let count: Vec<_> = by_status.iter().map(|(status, answers)| (*status, answers.len())).collect();
    assert_eq!(count, [(303, 1), (410, 49)]);
    let file = by_status[&303][0].header("location").unwrap();
    assert_eq!(client.get(file).send().await.body, book.upload.bytes);

    // Used, unknown and malformed: one page for all, by GET and by POST.
    let gone = client.get(link).send().await;
    assert_eq!(gone.status, 410);
    for path in [link.as_str(), "/d/unknown", &format!("/d/{}", "A".repeat(43)), "/d/%F0%9F%92%A3"] {
        for method in ["GET", "POST"] {
            let answer = client.ask(method, path).send().await;
            assert_eq!((answer.status, &answer.body), (410, &gone.body), "{method} {path}");
        }
    }
}

async fn ranges_and_validators_hold_over_the_wire(place: Place) {
    let Stage { server: _server, client, sold, book, .. } = Stage::at(&place).await;
    let bytes = &book.upload.bytes;
    let size = bytes.len();
    let file = client.claim(&sold.link).await;
    let whole = client.get(&file).send().await;
    assert_eq!((whole.status, &whole.body), (200, bytes));
    assert_eq!(whole.header("content-length"), Some(size.to_string().as_str()));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-type"), Some("application/pdf"));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        whole.header("content-disposition"),
        Some("attachment; filename=\"book.pdf\"; filename*=UTF-8''book.pdf")
    );
    let etag = whole.header("etag").unwrap().to_owned();

    let last = size - 1;
    for (range, start, end) in [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=0-99".to_owned(), 0, 100),
        ("bytes=100-".to_owned(), 100, size),
        ("bytes=-1".to_owned(), last, size),
        ("bytes=-500".to_owned(), size - 500, size),
        (format!("bytes=-{}", size * 2), 0, size),
        (format!("bytes={last}-{last}"), last, size),
        (format!("bytes=10-{}", size * 2), 10, size),
    ] {
        let answer = client.get(&file).header("range", &range).send().await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.body, bytes.slice(start..end), "{range}");
        let told = format!("bytes {start}-{}/{size}", end - 1);
        assert_eq!(answer.header("content-range"), Some(told.as_str()), "{range}");
        assert_eq!(answer.header("content-length"), Some((end - start).to_string().as_str()), "{range}");
    }
    for range in ["bytes=0-1,4-5", "bytes=5-4", "items=0-1", "bytes=x-y", "bytes"] {
        let answer = client.get(&file).header("range", range).send().await;
        assert_eq!((answer.status, &answer.body), (200, bytes), "{range}");
    }
    for range in [format!("bytes={size}-"), format!("bytes={size}-{}", size + 9), "bytes=-0".to_owned()] {
        let answer = client.get(&file).header("range", &range).send().await;
        answer.refused(416, "range_not_satisfiable");
        assert_eq!(answer.header("content-range"), Some(format!("bytes */{size}").as_str()), "{range}");
    }
    let ranged =
        |validator: &str| client.get(&file).header("range", "bytes=1-4").header("if-range", validator);
    let same = ranged(&etag).send().await;
    assert_eq!((same.status, same.body), (206, bytes.slice(1..5)));
    for other in ["\"another\"", "Sun, 06 Nov 1994 08:49:37 GMT", &format!("W/{etag}")] {
        let answer = ranged(other).send().await;
        assert_eq!((answer.status, answer.body.len()), (200, size), "{other}");
    }
    for known in [etag.as_str(), "*", &format!("\"x\", {etag}")] {
        let answer = client.get(&file).header("if-none-match", known).send().await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), Some(etag.as_str()));
    }
    let head = client.ask("HEAD", &file).header("range", "bytes=0-4").send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    client.post(&file).send().await.refused(405, "method_not_allowed");
    // Parallel parts, as download programs ask for them.
    let parts = (0..10).map(|part| {
        let (start, end) = (part * size / 10, (part + 1) * size / 10 - 1);
        client.get(&file).header("range", &format!("bytes={start}-{end}")).send()
    });
    let parts: Vec<u8> = join_all(parts).await.into_iter().flat_map(|answer| answer.body).collect();
    assert!(parts == *bytes, "the parts are the whole");
}

async fn a_broken_download_goes_on_where_it_broke(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    // More than any buffer on the way holds, so that the break is in the middle.
    let book = client.sell(&ada, "0.00", Upload::pdf("large.pdf", 24 << 20)).await;
    client.check_out(&bob, &book).await;
    let file = client.claim(&client.first_link(&bob.email).await).await;

    let half = book.upload.bytes.len() / 2;
    let answer = client.get(&file).open().await;
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let mut stream = answer.bytes_stream();
    let mut got = Vec::new();
    while got.len() < half {
        got.extend_from_slice(&stream.next().await.unwrap().unwrap());
    }
    // Hangs up.
    drop(stream);
    let ask = client.get(&file).header("range", &format!("bytes={}-", got.len())).header("if-range", &etag);
    let rest = ask.send().await;
    assert_eq!(rest.status, 206);
    got.extend_from_slice(&rest.body);
    assert!(got == book.upload.bytes, "the two parts are the whole");
}

async fn an_expired_link_gives_a_fresh_one_by_mail(place: Place) {
    let Stage { server: _server, client, sold, bob, .. } = Stage::at(&place).await;
    client.advance(3601).await;
    for method in ["GET", "POST"] {
        assert_eq!(client.ask(method, &sold.link).send().await.status, 410, "{method}");
    }
    // Known or not, the answer is the same; only the purchase's own address hears of it.
    let asked = client.post(&format!("{}/fresh", sold.link)).send().await;
    let unknown = client.post("/d/unknown/fresh").send().await;
    assert_eq!((asked.status, unknown.status), (202, 202));
    assert_eq!(asked.body, unknown.body);
    let mails = client.wait_for_mails(&bob.email, 2).await;
    let link = mails[0].links().remove(0);
    assert_ne!(link, sold.link);
    assert_eq!(client.get(&link).send().await.status, 200);
    let file = client.claim(&link).await;
    assert_eq!(client.get(&file).send().await.status, 200);
    // The button on the page of a link that is over leads to the same.
    assert_eq!(client.post(&format!("{link}?fresh")).send().await.status, 202);
    client.wait_for_mails(&bob.email, 3).await;

    // A download session ends, too.
    client.advance(3601).await;
    for method in ["GET", "HEAD"] {
        assert_eq!(client.ask(method, &file).send().await.status, 410, "{method}");
    }
}

async fn a_token_opens_its_own_door_only(place: Place) {
    let Stage { server: _server, client, ada, bob, mallory, sold, book, .. } = Stage::at(&place).await;
    let token = sold.link.rsplit('/').next().unwrap();
    let session = client.claim(&sold.link).await;
    let session = session.strip_prefix("/f/").unwrap();
    for (door, key) in [
        ("/f/", token),
        ("/f/", &bob.token),
        ("/d/", session),
        ("/d/", &bob.token),
        ("/o/", token),
        ("/o/", &bob.token),
    ] {
        assert_eq!(client.get(&format!("{door}{key}")).send().await.status, 410, "{door}");
    }
    for key in [token, session] {
        client.get("/api/v1/me").bearer(key).send().await.refused(401, "unauthenticated");
    }
    let changed = format!("/f/{}{}", &session[..42], if session.ends_with('A') { 'E' } else { 'A' });
    let folded = format!("/f/{}", session.to_ascii_lowercase());
    for door in [changed, folded, format!("/f/{}", &session[..42]), format!("/f/{session}A")] {
        assert_eq!(client.get(&door).send().await.status, 410, "{door}");
    }

    // Nor does a sign-in open somebody else's library.
    let right = client.library(&bob.token).await[0]["entitlement_id"].as_str().unwrap().to_owned();
    let links = format!("/api/v1/library/{right}/files/{}/links", book.file_id);
    for other in [&mallory, &ada] {
        client.post(&links).bearer(&other.token).send().await.refused(404, "not_found");
        assert!(client.library(&other.token).await.is_empty());
    }
    let issued = client.post(&links).bearer(&bob.token).send().await.expect(201);
    client.claim(issued["url"].as_str().unwrap()).await;
}

async fn a_guest_holds_one_order_by_its_token(place: Place) {
    let Stage { server: _server, client, ada, bob, book, sold, .. } = Stage::at(&place).await;
    let guest = client.check_out_as_guest("guest@mail.example", &book).await;
    let other = client.check_out_as_guest("guest@mail.example", &book).await;
    assert_ne!(guest.token, other.token);
    client.pay(&guest).await;
    let link = client.first_link("guest@mail.example").await;
    assert_eq!(client.get(&client.claim(&link).await).send().await.body, book.upload.bytes);

    let library = client.library(&guest.token).await;
    assert_eq!(library.len(), 1);
    assert_eq!(library[0]["order_id"], guest.order.as_str());
    let right = library[0]["entitlement_id"].as_str().unwrap();
    let links = format!("/api/v1/library/{right}/files/{}/links", book.file_id);
    let issued = client.post(&links).bearer(&guest.token).send().await.expect(201);
    assert_eq!(client.get(issued["url"].as_str().unwrap()).send().await.status, 200);
    let page = client.mails("guest@mail.example").await[0].page();
    assert_eq!(client.get(&page).send().await.status, 200);
    // The page's address shows the order and signs nobody in.
    let bearer = page.rsplit('/').next().unwrap();
    for bearer in [bearer, &bearer[32..]] {
        assert_eq!(
            client.get(&format!("/api/v1/orders/{}", guest.order)).bearer(bearer).send().await.status,
            401
        );
    }

    // For that order alone, and on no route of a person.
    for path in [format!("/api/v1/orders/{}", other.order), format!("/api/v1/orders/{}", sold.placed.order)] {
        client.get(&path).bearer(&guest.token).send().await.refused(404, "not_found");
    }
    client.post(&links).bearer(&other.token).send().await.refused(404, "not_found");
    client.post(&links).bearer(&bob.token).send().await.refused(404, "not_found");
    assert!(client.library(&other.token).await.is_empty());
    for path in ["/api/v1/orders", "/api/v1/me", "/api/v1/creator/wallet"] {
        client.get(path).bearer(&guest.token).send().await.refused(401, "unauthenticated");
    }
    let verify = format!("/api/v1/payments/{}/verify", guest.reference);
    client.post(&verify).bearer(&guest.token).send().await.expect(200);
    client.post(&verify).bearer(&other.token).send().await.refused(404, "not_found");
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "4500.00");
}

async fn a_free_product_is_delivered_at_once(place: Place) {
    let Stage { server, client, ada, bob, .. } = Stage::at(&place).await;
    let free = client.sell(&ada, "0.00", Upload::pdf("free.pdf", 1000)).await;
    let before = server.twin().facts("initialized").len();
    let placed = client.check_out(&bob, &free).await;
    assert_eq!(placed.answer["order"]["status"], "paid");
    assert_eq!((&placed.answer["payment"], &placed.answer["order"]["payment"]), (&json!(null), &json!(null)));
    assert_eq!(client.library(&bob.token).await.len(), 2);
    let mails = client.wait_for_mails(&bob.email, 2).await;
    let file = client.claim(&mails[0].links()[0]).await;
    assert_eq!(client.get(&file).send().await.body, free.upload.bytes);
    assert_eq!(server.twin().facts("initialized").len(), before, "the gateway has nothing to do with it");
    let again = format!("/api/v1/orders/{}/payments", placed.order);
    client.post(&again).bearer(&bob.token).send().await.refused(409, "order_already_paid");
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["lifetime"], "2250.00");
}

async fn file_names_of_any_script_arrive_whole(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    for (number, (name, plain, encoded)) in [
        ("Ọ̀rọ̀ – 本 🎁.pdf", None, Some("%E1%BB%8C")),
        ("plain name.pdf", Some("plain name.pdf"), None),
        ("../../etc/passwd.pdf", Some("passwd.pdf"), None),
        ("txt.\u{202e}fdp.exe", Some("txt.fdp.exe"), None),
    ]
    .into_iter()
    .enumerate()
    {
        let book = client.sell(&ada, "0.00", Upload::pdf(name, 100)).await;
        client.check_out(&bob, &book).await;
        let mails = client.wait_for_mails(&bob.email, number + 1).await;
        let file = client.claim(&mails[0].links()[0]).await;
        let head = client.ask("HEAD", &file).send().await;
        let disposition = head.header("content-disposition").unwrap();
        assert!(
            disposition.starts_with("attachment; filename=\"") && disposition.is_ascii(),
            "{disposition}"
        );
        if let Some(plain) = plain {
            assert!(disposition.contains(&format!("filename=\"{plain}\"")), "{disposition}");
        }
        if let Some(encoded) = encoded {
            assert!(disposition.contains("filename*=UTF-8''"), "{disposition}");
            assert!(disposition.contains(encoded), "{disposition}");
            let shown = client.get("/api/v1/library").bearer(&bob.token).send().await.text();
            assert!(shown.contains(name), "{shown}");
        }
    }
}

async fn a_buyer_comes_back_from_the_gateway(place: Place) {
    let Stage { server: _server, client, mallory, book, .. } = Stage::at(&place).await;
    let body = json!({ "items": [{ "product_id": book.id }] });
    let answer = client.post("/api/v1/checkout").bearer(&mallory.token).json(&body).send().await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let proof = cookie.split(';').next().unwrap();
    let placed = marketplace_tests::Placed::read(&answer.expect(201), Some(&mallory.token));
    let back = &client.hand_over_the_money(&placed).await;
    assert!(back.contains("/pay/return?") && back.contains(&placed.reference), "{back}");
    let known = client.get(back).header("cookie", proof).send().await;
    assert_eq!(known.status, 303);
    let page = client.get(known.header("location").unwrap()).send().await;
    assert!(page.text().contains("paid"), "{}", page.text());
    let stranger = client.get(back).send().await;
    assert_eq!(stranger.status, 200);
    for told in [&placed.order, &mallory.email, &placed.token, "The book"] {
        assert!(!stranger.text().contains(told), "{}", stranger.text());
    }
    assert_eq!(client.get("/pay/return?reference=mkt-nothing-at-all").send().await.status, 404);
    assert_eq!(client.get("/pay/return").send().await.status, 404);
}

/// What `exchange` is for here: a client that hangs up in the middle of its own upload leaves nothing.
async fn an_upload_that_breaks_off_leaves_nothing(place: Place) {
    let Stage { server, client, ada, book, .. } = Stage::at(&place).await;
    let objects = || files(&server.data_dir().join("files"));
    let before = objects();
    let path = format!("/api/v1/creator/products/{}/files", book.id);
    let part =
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4 half";
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n",
        ada.token
    );
    // The body ends in good order, the form in it does not.
    let request = format!("{head}{:x}\r\n{part}\r\n0\r\n\r\n", part.len());
    let answer = exchange(server.base(), request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    files_are(&client, &ada.token, &book.id, 1).await;
    wait_until("nothing is left of the upload", || async { (objects() == before).then_some(()) }).await;
}

async fn files_are(client: &Client, token: &str, product: &str, count: usize) {
    let path = format!("/api/v1/creator/products/{product}");
    let product = client.get(&path).bearer(token).send().await.expect(200);
    assert_eq!(product["files"].as_array().unwrap().len(), count);
}

/// Every file below a folder.
pub(crate) fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
