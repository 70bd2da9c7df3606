//! Requests and answers of the contract pass unchanged.

use super::serve::{Glue, contract, handle, on_both_frameworks};
use crate::shop::Shop;
use marketplace_http::Response;

on_both_frameworks! {
    requests_and_answers_pass_unchanged
    bytes_stream_with_their_length
    nothing_is_decoded_or_left_out
    every_form_of_answer_is_framed
}

async fn requests_and_answers_pass_unchanged(glue: Glue) {
    let shop = Shop::open();
    let exchange = async |request: &[u8]| glue.exchange(contract(&shop.api), request).await;
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
    let answer = exchange(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("x-request-id: ") && answer.contains("\"token\":\""));
    let answer = exchange(b"OPTIONS /api/v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: GET, HEAD, PATCH"), "{answer}");
    let answer = exchange(b"GET /api/v1/products/?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("application/problem+json"), "{answer}");
}

async fn bytes_stream_with_their_length(glue: Glue) {
    let shop = Shop::open();
    let exchange = async |request: &[u8]| glue.exchange(contract(&shop.api), request).await;
    let session = shop.session(&vec![b'x'; 300_000]).await;
    let get =
        format!("GET {session} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nRange: bytes=1-200000\r\n\r\n");
    let answer = exchange(get.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 206 ") && head.contains("content-length: 200000"), "{head}");
    assert!(head.contains("content-range: bytes 1-200000/300000"));
    assert_eq!(body.len(), 200_000);
    let head = format!("HEAD {session} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = exchange(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("content-length: 300000"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"));
}

async fn nothing_is_decoded_or_left_out(glue: Glue) {
    let echo = handle(|request| async move {
        let seen = format!(
            "{} {}|{}|{:?}|{:?}",
            request.method.as_str(),
            request.path,
            request.query.unwrap_or_default(),
            request.headers.get_all("x-a").collect::<Vec<_>>(),
            request.peer,
        );
        Response::empty(200).with_body(seen)
    });
    for (line, seen) in [
        ("GET /a%2Fb%6f%zz%00//c/?q=%ff&q= HTTP/1.1", "GET /a%2Fb%6f%zz%00//c/|q=%ff&q="),
        ("GET / HTTP/1.1", "GET /|"),
        ("PURGE /x HTTP/1.1", "OTHER /x|"),
        // Below a prefix the contract sees its own paths, spelled as they came.
        ("GET /market/api/v1/pr%6fducts?x HTTP/1.1", "GET /api/v1/pr%6fducts|x"),
        ("DELETE /a/b/d/%41 HTTP/1.1", "DELETE /d/%41|"),
        ("GET /marketing HTTP/1.1", "GET /marketing|"),
    ] {
        let mut request = format!("{line}\r\nHost: h\r\nConnection: close\r\nX-A: 1\r\nx-a: ").into_bytes();
        request.extend_from_slice(b"\xff\r\n\r\n");
        let answer = glue.exchange(echo.clone(), &request).await;
        let expected = format!("{seen}|[\"1\", \"\u{fffd}\"]|Some(127.0.0.1)");
        assert_eq!(answer.split_once("\r\n\r\n").unwrap().1, expected, "{line}: {answer}");
    }
}

async fn every_form_of_answer_is_framed(glue: Glue) {
    let answers = handle(|request| async move {
        match request.path.as_str() {
            "/204" => Response::empty(204),
            "/304" => Response::empty(304).with_header("etag", "\"x\""),
            "/303" => Response::redirect(303, "/there"),
            "/twice" => Response::empty(200).with_header("set-cookie", "a").with_header("set-cookie", "b"),
            _ => Response::json_bytes(200, "{}"),
        }
    });
    for (path, wanted, unwanted) in [
        ("/204", &["HTTP/1.1 204"][..], &["content-length", "chunked"][..]),
        ("/304", &["HTTP/1.1 304", "etag: \"x\""], &["content-length", "chunked"]),
        ("/303", &["HTTP/1.1 303", "location: /there", "content-length: 0"], &["chunked"]),
        ("/twice", &["set-cookie: a\r\n", "set-cookie: b\r\n"], &["chunked"]),
        ("/", &["content-type: application/json", "content-length: 2"], &["chunked"]),
    ] {
        if path == "/304" {
            let request = b"HEAD /304 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            let answer = glue.exchange(answers.clone(), request).await;
            assert!(answer.starts_with("HTTP/1.1 304") && !answer.contains("content-length"), "{answer}");
        }
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        let answer = glue.exchange(answers.clone(), request.as_bytes()).await;
        for word in wanted {
            assert!(answer.contains(word), "{path}: {answer}");
        }
        for word in unwanted {
            assert!(!answer.contains(word), "{path}: {answer}");
        }
    }
}
