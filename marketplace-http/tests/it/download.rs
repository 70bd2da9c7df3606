//! Links and bytes.

use crate::shop::{Fitting, Shop};
use futures_util::future::join_all;
use marketplace_http::{HttpOptions, Method, Request};
use marketplace_testing::fake::{FileFault, MemoryFiles};
use std::{sync::Arc, time::Duration};

fn content() -> Vec<u8> {
    (0..100_000_u32).flat_map(u32::to_be_bytes).collect()
}

#[tokio::test]
async fn ranges_are_exact_and_downloads_go_on() {
    let shop = Shop::open();
    let bytes = content();
    let session = shop.session(&bytes).await;
    let size = bytes.len();
    let ask = |lines: &[(&str, &str)]| {
        let mut request = Request::new(Method::Get, session.clone());
        for (name, value) in lines {
            request = request.with_header(name, *value);
        }
        shop.send(request)
    };
    let whole = ask(&[]).await;
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
    assert!(whole.header("content-disposition").unwrap().starts_with("attachment; filename=\"book.pdf\""));
    assert!(whole.header("content-security-policy").unwrap().contains("sandbox"));
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(tag.len(), 66);

    let head = shop.send(Request::new(Method::Head, session.clone()).with_header("range", "bytes=0-1")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    assert_eq!(head.header("etag"), Some(tag.as_str()));

    let head =
        shop.send(Request::new(Method::Head, session.clone()).with_header("range", "bytes=9999999-")).await;
    assert_eq!(head.status, 200);

    // A download that broke after 123,457 bytes goes on where it was.
    let part = ask(&[("range", "bytes=123457-"), ("if-range", &tag)]).await;
    assert_eq!(part.status, 206);
    assert_eq!(part.header("content-range"), Some(format!("bytes 123457-{}/{size}", size - 1).as_str()));
    assert!(part.body == bytes[123_457..]);
    let tail = ask(&[("range", "bytes=-5")]).await;
    assert_eq!((tail.status, &tail.body[..]), (206, &bytes[size - 5..]));

    let other = ask(&[("range", "bytes=1-2"), ("if-range", "\"another\"")]).await;
    assert_eq!((other.status, other.body.len()), (200, size));
    let several = ask(&[("range", "bytes=0-1,4-5")]).await;
    assert_eq!((several.status, several.body.len()), (200, size));
    let beyond = ask(&[("range", &format!("bytes={size}-"))]).await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some(format!("bytes */{size}").as_str()))
    );
    let known = ask(&[("if-none-match", &tag)]).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(tag.as_str())));

    shop.clock.advance(Duration::from_hours(1));
    assert_eq!(ask(&[]).await.status, 410);
}

#[tokio::test]
async fn parallel_ranges_make_the_whole() {
    let shop = Shop::open();
    let bytes = content();
    let session = shop.session(&bytes).await;
    let parts = join_all((0..10_usize).map(|part| {
        let range = format!("bytes={}-{}", part * 40_000, part * 40_000 + 39_999);
        shop.send(Request::new(Method::Get, session.clone()).with_header("range", range))
    }));
    let joined: Vec<u8> = parts.await.into_iter().flat_map(|part| part.body).collect();
    assert!(joined == bytes);
}

#[tokio::test]
async fn a_store_with_addresses_is_redirected_to() {
    let shop = Shop::fitted(Fitting {
        files: MemoryFiles::with_presigning(),
        options: HttpOptions::default().with_file_origin("https://files.example"),
        ..Fitting::default()
    });
    let session = shop.session(b"book").await;
    let answer = shop.get(&session).await;
    assert_eq!(answer.status, 307);
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with("https://files.example/files/ver_") && location.ends_with("expires=60"),
        "{location}"
    );
    let head = shop.send(Request::new(Method::Head, session)).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("4")),
        "the server answers HEAD itself"
    );
}

#[tokio::test]
async fn of_many_claims_one_succeeds() {
    let shop = Arc::new(Shop::open());
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    let claims = (0..50).map(|_| {
        let (shop, link) = (shop.clone(), link.clone());
        tokio::spawn(async move { shop.send(Request::new(Method::Post, link)).await })
    });
    let mut statuses: Vec<u16> =
        join_all(claims).await.into_iter().map(|answer| answer.unwrap().status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses.iter().filter(|status| **status == 410).count()), (303, 49));
}

#[tokio::test]
async fn a_link_that_is_over_looks_the_same_whatever_the_reason() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let token = order["order_token"].as_str().unwrap();
    let used = shop.link(token).await;
    let claimed = shop.send(Request::new(Method::Post, used.clone())).await;
    assert_eq!(claimed.status, 303);
    let expired = shop.link(token).await;
    shop.clock.advance(Duration::from_hours(1));
    let cut = &expired[..expired.len() - 1];
    let unknown = format!("/d/{}", "A".repeat(43));
    let mut pages = Vec::new();
    for path in [used.as_str(), expired.as_str(), unknown.as_str(), cut, "/d/nonsense"] {
        for method in [Method::Get, Method::Post] {
            let answer = shop.send(Request::new(method, path)).await;
            assert_eq!(answer.status, 410, "{path}");
            pages.push(answer.body);
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    assert_eq!(shop.get(claimed.header("location").unwrap()).await.status, 410, "an hour for a small file");
    assert_eq!(shop.get(&format!("/o/{}", "A".repeat(43))).await.status, 410);
}

#[tokio::test]
async fn a_fresh_link_comes_by_mail_and_nothing_is_said() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    shop.send(Request::new(Method::Post, link.clone())).await;
    shop.api.market().worker().run_due().await.unwrap();
    let before = shop.mailer.accepted().len();

    let known = shop.send(Request::new(Method::Post, format!("{link}/fresh"))).await;
    let unknown = shop.send(Request::new(Method::Post, format!("/d/{}/fresh", "A".repeat(43)))).await;
    let nonsense = shop.send(Request::new(Method::Post, "/d/x/fresh")).await;
    assert_eq!((known.status, &known.body), (202, &unknown.body));
    assert_eq!((unknown.status, nonsense.status), (202, 202));
    shop.api.market().worker().run_due().await.unwrap();
    let mails = shop.mailer.accepted();
    assert_eq!(mails.len(), before + 1);
    assert_eq!(mails.last().unwrap().to.as_str(), "guest@mail.example");

    // The button of the page that is over does the same.
    let button = shop.send(Request::new(Method::Post, format!("{link}?fresh"))).await;
    assert_eq!(button.status, 202);
}

#[tokio::test]
async fn another_site_cannot_claim() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    let claim = |site: &str| Request::new(Method::Post, link.clone()).with_header("Sec-Fetch-Site", site);
    let refused = shop.send(claim("cross-site")).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "cross_site"));
    assert_eq!(shop.send(claim("same-origin")).await.status, 303);
}

#[tokio::test]
async fn a_missing_object_does_not_use_the_link_up() {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let order = shop.bought(&shop.product(&seller, "2500.00", b"book").await).await;
    let link = shop.link(order["order_token"].as_str().unwrap()).await;
    shop.files.fail_next(FileFault::Unavailable);
    let down = shop.send(Request::new(Method::Post, link.clone())).await;
    assert_eq!((down.status, down.code().as_str()), (503, "file_unavailable"));
    assert_eq!(shop.send(Request::new(Method::Post, link)).await.status, 303);
}
