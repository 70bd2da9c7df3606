//! The axum glue over a real connection.
#![cfg(feature = "axum")]

use crate::shop::Shop;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Serves a shop and sends one request as raw bytes; returns the whole answer.
async fn exchange(shop: &Shop, request: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service =
        marketplace_http::axum::router(shop.api.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let client = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::select! {
        answer = client => answer,
        ended = axum::serve(listener, service) => panic!("the server ended: {ended:?}"),
    }
}

#[tokio::test]
async fn requests_and_answers_pass_unchanged() {
    let shop = Shop::open();
    let body =
        r#"{"email":"a@mail.example","password":"correct horse","display_name":"A","role":"customer"}"#;
    // Chunked, in two pieces.
    let (first, second) = body.split_at(20);
    let request = format!(
        "POST /api/v1/auth/register HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len(),
    );
    let answer = exchange(&shop, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("x-request-id: ") && answer.contains("\"token\":\""));
    let answer =
        exchange(&shop, b"OPTIONS /api/v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: GET, HEAD, PATCH"), "{answer}");
    let answer =
        exchange(&shop, b"GET /api/v1/products/?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test]
async fn bytes_stream_with_their_length() {
    let shop = Shop::open();
    let session = shop.session(&vec![b'x'; 300_000]).await;
    let get =
        format!("GET {session} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nRange: bytes=1-200000\r\n\r\n");
    let answer = exchange(&shop, get.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 206 ") && head.contains("content-length: 200000"), "{head}");
    assert!(head.contains("content-range: bytes 1-200000/300000"));
    assert_eq!(body.len(), 200_000);
    let head = format!("HEAD {session} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = exchange(&shop, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("content-length: 300000"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"));
}
