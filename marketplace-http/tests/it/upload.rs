//! Uploads: one part, streamed, or nothing.

use crate::shop::{Fill, Shop, file_form};
use bytes::Bytes;
use futures_util::StreamExt;
use marketplace_core::file::BytesError;
use marketplace_http::{Body, Method, Request};
use serde_json::json;

async fn draft(shop: &Shop) -> (String, String) {
    let seller = shop.join("seller", "creator").await;
    let body = json!({ "title": "t", "description": "", "price": { "amount": "100.00", "currency": "NGN" } });
    let product = shop.post_as(&seller, "/api/v1/creator/products", body).await.expect(201);
    (seller, product["id"].as_str().unwrap().to_owned())
}

fn form(seller: &str, product: &str, body: impl Into<Body>) -> Request {
    Request::new(Method::Post, format!("/api/v1/creator/products/{product}/files"))
        .bearer(seller)
        .with_header("content-type", "multipart/form-data; boundary=XX")
        .with_body(body)
}

fn part(head: &str, content: &str) -> String {
    format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

const FILE: &str = "name=\"file\"; filename=\"a.txt\"";

#[tokio::test]
async fn a_file_is_stored_with_its_hash() {
    let shop = Shop::open();
    let (seller, product) = draft(&shop).await;
    let stored =
        shop.send(file_form(&seller, &product, "../b\u{202e}ook.pdf", b"%PDF-1.7 pages")).await.expect(201);
    assert_eq!(stored["name"], "book.pdf");
    assert_eq!(stored["size"], 14);
    assert_eq!(stored["content_type"], "application/pdf", "the bytes decide");
    assert_eq!(stored["sha256"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn anything_but_one_file_leaves_nothing() {
    let shop = Shop::open();
    let (seller, product) = draft(&shop).await;
    let file = part(FILE, "content");
    let end = "--XX--\r\n";
    for (body, status, code) in [
        (format!("{file}{file}{end}"), 422, "invalid"),
        (format!("{file}{}{end}", part("name=\"note\"", "x")), 422, "invalid"),
        (format!("{}{file}{end}", part("name=\"note\"", "x")), 422, "invalid"),
        (format!("{}{end}", part("name=\"file\"", "no file name")), 422, "invalid"),
        (format!("{}{end}", part("name=\"file\"; filename=\"...\"", "x")), 422, "invalid"),
        (format!("{}{end}", part("name=\"upload\"; filename=\"a\"", "x")), 422, "invalid"),
        (end.to_owned(), 422, "invalid"),
        (format!("{}{end}", part(FILE, "")), 422, "empty_file"),
        (file.clone(), 422, "upload_broken_off"),
        ("--XX\r\nContent-Disposition: form-data; name=\"file\"".to_owned(), 400, "malformed_multipart"),
        ("nothing of a form".to_owned(), 400, "malformed_multipart"),
        (String::new(), 400, "malformed_multipart"),
    ] {
        let answer = shop.send(form(&seller, &product, body.clone())).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
        assert!(shop.files.keys().is_empty(), "{body}");
    }
    for kind in [
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=XX",
    ] {
        let request = Request::new(Method::Post, format!("/api/v1/creator/products/{product}/files"))
            .bearer(&seller)
            .with_header("content-type", kind)
            .with_body(format!("{file}{end}"));
        assert_eq!(shop.send(request).await.status, 415, "{kind}");
    }
}

#[tokio::test]
async fn a_broken_stream_leaves_nothing() {
    let shop = Shop::open();
    let (seller, product) = draft(&shop).await;
    let begun = Bytes::from(format!("--XX\r\nContent-Disposition: form-data; {FILE}\r\n\r\nhalf"));
    let broken = [Ok(begun), Err(BytesError::Broken("the client went away".into()))];
    let body = Body::from_stream(futures_util::stream::iter(broken).boxed());
    let answer = shop.send(form(&seller, &product, body)).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "upload_broken_off"));
    assert!(shop.files.keys().is_empty());
}

#[tokio::test]
async fn headers_without_end_are_cut() {
    let shop = Shop::open();
    let (seller, product) = draft(&shop).await;
    let head = futures_util::stream::once(async { Ok(Bytes::from_static(b"--XX\r\nX: ")) });
    let endless = head.chain(futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 4096]))));
    let answer = shop.send(form(&seller, &product, Body::from_stream(endless.boxed()))).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn too_large_is_413() {
    use marketplace_core::market::Rules;
    let shop = Shop::fitted(crate::shop::Fitting {
        rules: Rules::default().with_max_file_bytes(1000),
        ..crate::shop::Fitting::default()
    });
    let (seller, product) = draft(&shop).await;
    shop.send(file_form(&seller, &product, "a", &[1; 1000])).await.expect(201);
    let answer = shop.send(file_form(&seller, &product, "a", &[1; 1001])).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "payload_too_large"));
    assert_eq!(shop.files.keys().len(), 1);
}

#[tokio::test]
async fn a_fast_sender_is_not_buffered() {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    let shop = Shop::fitted(crate::shop::Fitting {
        rules: marketplace_core::market::Rules::default().with_max_file_bytes(1_000_000),
        ..crate::shop::Fitting::default()
    });
    let (seller, product) = draft(&shop).await;
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let head = Bytes::from(format!("--XX\r\nContent-Disposition: form-data; {FILE}\r\n\r\n"));
    // Always ready, and far more than is allowed: only as much as is taken in may be asked for.
    let endless = futures_util::stream::repeat_with(move || {
        counter.fetch_add(8_192, Ordering::Relaxed);
        Ok(Bytes::from_static(&[7; 8_192]))
    });
    let body = futures_util::stream::once(async { Ok(head) }).chain(endless.take(100_000));
    let answer = shop.send(form(&seller, &product, Body::from_stream(body.boxed()))).await;
    assert_eq!(answer.status, 413);
    assert!(sent.load(Ordering::Relaxed) < 1_500_000, "{}", sent.load(Ordering::Relaxed));
}
