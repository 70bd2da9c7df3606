//! Clients that hang up.

use super::serve::{Glue, contract, handle, on_both_frameworks};
use crate::shop::Shop;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use marketplace_core::file::BytesError;
use marketplace_http::{Response, ResponseBody};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc},
};

on_both_frameworks! {
    half_a_body_never_looks_whole
    half_an_upload_leaves_nothing
    an_answer_that_nobody_reads_is_dropped
}

async fn half_a_body_never_looks_whole(glue: Glue) {
    for framing in ["Content-Length: 1000\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let (sender, mut heard) = mpsc::unbounded_channel();
        let (begun, mut reading) = mpsc::unbounded_channel();
        let read = handle(move |request| {
            let (sender, begun) = (sender.clone(), begun.clone());
            async move {
                let mut body = request.body.into_stream();
                // Some frameworks drop a handler whose client has left: then nothing is heard, which is fine, too.
                while let Some(piece) = body.next().await {
                    if let Err(error) = piece {
                        sender.send(Some(error)).unwrap();
                        return Response::empty(422);
                    }
                    begun.send(()).unwrap();
                }
                sender.send(None).unwrap();
                Response::empty(200)
            }
        });
        glue.serve(read, async |address| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection
                .write_all(format!("POST / HTTP/1.1\r\nHost: h\r\n{framing}").as_bytes())
                .await
                .unwrap();
            reading.recv().await.unwrap();
            drop(connection);
            match glue {
                Glue::Axum => {}
                // Heard before the server goes: actix goes on with the handler.
                Glue::Actix => assert!(matches!(heard.recv().await, Some(Some(BytesError::Broken(_))))),
            }
        })
        .await;
        if glue == Glue::Axum {
            assert!(!matches!(heard.recv().await, Some(None)), "half a body looked whole");
        }
    }
}

async fn half_an_upload_leaves_nothing(glue: Glue) {
    let shop = Shop::open();
    let seller = shop.join("seller", "creator").await;
    let body = json!({ "title": "t", "description": "", "price": { "amount": "100.00", "currency": "NGN" } });
    let product = shop.post_as(&seller, "/api/v1/creator/products", body).await.expect(201);
    let path = format!("/api/v1/creator/products/{}", product["id"].as_str().unwrap());
    // Tells when the request is over, by an answer or by being dropped.
    let ended = Arc::new(Notify::new());
    let api = shop.api.clone();
    let slot = Mutex::new(Some(Ended(Arc::clone(&ended))));
    let upload = handle(move |request| {
        let (api, ended) = (api.clone(), slot.lock().unwrap().take());
        async move {
            let response = api.handle(request).await;
            drop(ended);
            response
        }
    });
    glue.serve(upload, async |address| {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path}/files HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {seller}\r\n\
             Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: 10000\r\n\r\n\
             --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf of it"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        drop(connection);
        ended.notified().await;
    })
    .await;
    assert!(shop.files.keys().is_empty());
    assert_eq!(shop.get_as(&seller, &path).await.expect(200)["files"], json!([]));
}

/// Notifies when it goes.
struct Ended(Arc<Notify>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

async fn an_answer_that_nobody_reads_is_dropped(glue: Glue) {
    for length in [None, Some(1_u64 << 40)] {
        let ended = Arc::new(Notify::new());
        let guard = Mutex::new(Some(Ended(Arc::clone(&ended))));
        let endless = handle(move |_| {
            let guard = guard.lock().unwrap().take();
            async move {
                let pieces = stream::repeat_with(move || {
                    let _held = &guard;
                    Ok(Bytes::from_static(&[7; 8_192]))
                });
                let mut response = Response::empty(200);
                response.body = ResponseBody::Stream(pieces.boxed(), length);
                response
            }
        });
        glue.serve(endless, async |address| {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
            let mut some = vec![0; 100_000];
            connection.read_exact(&mut some).await.unwrap();
            drop(connection);
            ended.notified().await;
        })
        .await;
    }
    // And the contract goes on answering others.
    let shop = Shop::open();
    let live = b"GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert!(glue.exchange(contract(&shop.api), live).await.starts_with("HTTP/1.1 200"));
}
