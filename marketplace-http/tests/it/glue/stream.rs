//! Bodies come as they are asked for, whole, and only as far as they are wanted.

use super::serve::{Glue, contract, handle, on_both_frameworks, read_whole};
use crate::shop::{Shop, file_form};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use marketplace_core::file::BytesError;
use marketplace_http::{Request, Response, ResponseBody};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

on_both_frameworks! {
    an_upload_comes_whole
    a_body_that_nobody_wants_is_not_waited_for
    a_body_is_read_no_faster_than_it_is_taken_in
    an_answer_of_unknown_length_is_chunked
}

async fn an_upload_comes_whole(glue: Glue) {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let body = json!({ "title": "t", "description": "", "price": { "amount": "100.00", "currency": "NGN" } });
    let product = shop.post_as(&seller, "/api/v1/creator/products", body).await.expect(201);
    let content: Vec<u8> = (0..250_000_u32).flat_map(u32::to_be_bytes).collect();
    let answer = glue
        .serve(contract(&shop.api), async |address| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST /api/v1/creator/products/{}/files HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
                 Authorization: Bearer {seller}\r\nContent-Type: multipart/form-data; boundary=XX\r\n\
                 Transfer-Encoding: chunked\r\n\r\n",
                product["id"].as_str().unwrap()
            );
            connection.write_all(head.as_bytes()).await.unwrap();
            let part = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
            let pieces =
                [part.as_bytes()].into_iter().chain(content.chunks(7_001)).chain([&b"\r\n--XX--\r\n"[..]]);
            for piece in pieces {
                connection.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.unwrap();
                connection.write_all(piece).await.unwrap();
                connection.write_all(b"\r\n").await.unwrap();
            }
            connection.write_all(b"0\r\n\r\n").await.unwrap();
            read_whole(&mut connection).await
        })
        .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
    let stored: Value = serde_json::from_str(body).unwrap();
    let direct =
        shop.send(file_form(&seller, product["id"].as_str().unwrap(), "b.bin", &content)).await.expect(201);
    assert_eq!((&stored["size"], &stored["sha256"]), (&direct["size"], &direct["sha256"]));
}

async fn a_body_that_nobody_wants_is_not_waited_for(glue: Glue) {
    let refuse = handle(|_| async { Response::empty(413).with_body("no") });
    // Far more is announced than ever comes, and the connection stays open.
    let answer = glue
        .serve(refuse, async |address| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000000\r\n\r\nbegun";
            connection.write_all(head.as_bytes()).await.unwrap();
            read_whole(&mut connection).await
        })
        .await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.ends_with("\r\n\r\nno"), "{answer}");
}

/// A hundred thousand pieces, always ready, and how many were asked for.
fn fast() -> (Arc<AtomicUsize>, impl Stream<Item = Bytes> + Send + 'static) {
    let given = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&given);
    let pieces = stream::repeat_with(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Bytes::from_static(&[7; 8_192])
    });
    (given, pieces.take(100_000))
}

/// Takes three pieces in, and gives other tasks time to go ahead of it in between.
async fn take_three(request: Request) -> Response {
    let mut body = request.body.into_stream();
    for _ in 0..3 {
        body.next().await.unwrap().unwrap();
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    Response::empty(200)
}

#[expect(clippy::future_not_send, reason = "a payload of actix belongs to one thread")]
async fn a_body_is_read_no_faster_than_it_is_taken_in(glue: Glue) {
    let (given, pieces) = fast();
    match glue {
        Glue::Axum => {
            let body = axum::body::Body::from_stream(pieces.map(Ok::<_, std::io::Error>));
            take_three(marketplace_http::axum::translate(axum::http::Request::new(body))).await;
        }
        Glue::Actix => {
            use actix_web::{FromRequest as _, dev, test::TestRequest, web};
            let (request, _) = TestRequest::post().to_http_parts();
            let mut payload = dev::Payload::Stream { payload: pieces.map(Ok).boxed_local() };
            let body = web::Payload::from_request(&request, &mut payload).await.unwrap();
            let answer = marketplace_http::actix::answer(request, body, take_three).await;
            assert_eq!(answer.status().as_u16(), 200);
        }
    }
    let given = given.load(Ordering::SeqCst);
    assert!((3..=5).contains(&given), "{given} pieces were read ahead");
}

async fn an_answer_of_unknown_length_is_chunked(glue: Glue) {
    let endless = handle(|_| async {
        let mut response = Response::empty(200);
        let pieces = stream::iter(["one ", "two"])
            .map(|piece| Ok::<_, BytesError>(Bytes::from_static(piece.as_bytes())));
        response.body = ResponseBody::Stream(pieces.boxed(), None);
        response
    });
    let answer = glue.exchange(endless, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(
        answer.contains("transfer-encoding: chunked")
            && answer.ends_with("4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"),
        "{answer}"
    );
}
