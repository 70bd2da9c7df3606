//! What stands around a body: methods, paths, queries, types, sizes.

use super::routes::{API, Ids, PAGES, Row, Takes};
use crate::place::{Place, everywhere};
use crate::stage::Stage;
use bytes::Bytes;
use marketplace_tests::{Server, Upload, exchange, multipart};
use std::collections::BTreeSet;

everywhere! {
    other_methods_are_405_and_other_paths_404
    unknown_repeated_and_broken_parameters_are_422
    other_types_are_415
    forms_with_anything_but_one_file_are_refused
    bodies_beyond_their_limit_are_413_announced_or_not
    requests_that_are_no_http_do_not_disturb_others
}

/// The methods of a path, as `Allow` is to name them.
fn allowed(rows: &[Row], path: &str) -> BTreeSet<String> {
    let methods = rows.iter().filter(|row| row.path == path).map(|row| row.method);
    methods
        .flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] })
        .map(str::to_owned)
        .collect()
}

async fn other_methods_are_405_and_other_paths_404(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let ids = Ids::of(&stage).await;
    let all = API.iter().map(|row| (row.at(&ids), allowed(API, row.path)));
    let pages = PAGES.iter().map(|row| {
        (
            row.path.replace("{token}", "x").replace("{session}", "x").replace("{number}", "1"),
            allowed(PAGES, row.path),
        )
    });
    for (path, allowed) in all.chain(pages) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if allowed.contains(method) {
                continue;
            }
            let answer = client.ask(method, &path).bearer(&stage.bob.token).send().await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
            answer.refused(405, "method_not_allowed");
            let told = answer.header("allow").unwrap().split(", ").map(str::to_owned).collect();
            assert_eq!(allowed, told, "{method} {path}");
        }
        for wrong in [format!("{path}/"), format!("/{path}"), format!("{path}/one/two/three/four/five")] {
            let answer = client.get(&wrong).bearer(&stage.bob.token).send().await;
            assert_eq!(answer.status, 404, "{wrong}: {}", answer.text());
            answer.refused(404, "not_found");
        }
    }
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/products",
        "/API/v1/products",
        "/admin",
        "/.env",
        "/d",
        "/f/",
    ] {
        client.get(path).send().await.refused(404, "not_found");
    }
}

async fn unknown_repeated_and_broken_parameters_are_422(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    for row in API.iter().filter(|row| row.takes != Takes::Bytes && row.path != "/auth/logout") {
        let token = row.token(&stage, &admin);
        for query in ["x=1", "X=1", "Limit=1", "admin=true", "%00=1", "limit=1&limit=2&x", "_method=DELETE"] {
            let path = format!("{}?{query}", row.at(&ids));
            let answer = row.ask(&stage.client, &path).bearer_if(token).send().await;
            assert_eq!(answer.status, 422, "{} {path}: {}", row.method, answer.text());
            let problem = answer.refused(422, "invalid");
            assert!(problem["errors"][0]["field"].is_string(), "{path}");
        }
    }
    for (path, token) in [
        ("/products", None),
        ("/creator/products", Some(&stage.ada.token)),
        ("/creator/wallet/entries", Some(&stage.ada.token)),
        ("/orders", Some(&stage.bob.token)),
        ("/library", Some(&stage.bob.token)),
        ("/admin/jobs", Some(&admin)),
        ("/admin/payments", Some(&admin)),
    ] {
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=+1",
            "limit=1.0",
            "limit=",
            "limit=x",
            "limit=99999999999999999999",
            "cursor=",
            "cursor=x",
            "cursor=%27--",
            "limit=1&limit=1",
            "limit=%ff",
            "limit=%zz",
            "cursor=AAAA",
        ] {
            let path = format!("/api/v1{path}?{query}");
            let answer = stage.client.get(&path).bearer_if(token.map(String::as_str)).send().await;
            assert_eq!(answer.status, 422, "{path}: {}", answer.text());
            answer.refused(422, "invalid");
        }
        let path = format!("/api/v1{path}?limit=100");
        stage.client.get(&path).bearer_if(token.map(String::as_str)).send().await.expect(200);
    }
    for (path, token) in [
        ("/creator/wallet/entries?currency=naira", &stage.ada.token),
        ("/admin/jobs?state=odd", &admin),
        ("/admin/payments?status=odd", &admin),
    ] {
        stage.client.get(&format!("/api/v1{path}")).bearer(token).send().await.refused(422, "invalid");
    }
    // Text to search for is text, whatever it looks like.
    for text in ["%25", "_", "%5C", "%27%20OR%201%3D1--", "%3Cscript%3E", "%F0%9F%8E%81", "{{7*7}}"] {
        let found = stage.client.get(&format!("/api/v1/products?q={text}")).send().await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 0, "{text}");
    }
    let found = stage.client.get("/api/v1/products?q=book").send().await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

async fn other_types_are_415(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    for row in API.iter().filter(|row| row.path != "/auth/logout") {
        let token = row.token(&stage, &admin);
        let ask = || stage.client.ask(row.method, &row.at(&ids)).bearer_if(token);
        let good = row.body(&stage.book.id).to_string();
        match row.takes {
            Takes::Nothing | Takes::Bytes => {}
            Takes::Json(_) | Takes::Empty => {
                let body = if row.takes == Takes::Empty { "{}".to_owned() } else { good };
                for kind in [
                    "text/plain",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data; boundary=b",
                    "application/xml",
                    "text/json",
                    "application/json; charset=utf-16",
                    "application/json; charset=latin1",
                    "application/jsonp",
                    "application/merge-patch+json",
                    "json",
                    "",
                    "*/*",
                    "application/json, text/plain",
                ] {
                    let answer = ask().typed(kind, body.clone()).send().await;
                    assert_eq!(answer.status, 415, "{} {kind}: {}", row.path, answer.text());
                    answer.refused(415, "unsupported_media_type");
                }
                ask().body(body.clone()).send().await.refused(415, "unsupported_media_type");
                for coding in ["gzip", "br", "deflate", "gzip, identity"] {
                    let ask =
                        ask().header("content-encoding", coding).typed("application/json", body.clone());
                    ask.send().await.refused(415, "unsupported_media_type");
                }
            }
            Takes::Form => {
                for kind in [
                    "application/json",
                    "multipart/form-data",
                    "multipart/mixed; boundary=b",
                    "application/pdf",
                    "",
                ] {
                    let answer = ask().typed(kind, "--b--\r\n").send().await;
                    assert_eq!(answer.status, 415, "{kind}: {}", answer.text());
                    answer.refused(415, "unsupported_media_type");
                }
            }
        }
    }
}

async fn forms_with_anything_but_one_file_are_refused(place: Place) {
    let stage = Stage::at(&place).await;
    let path = format!("/api/v1/creator/products/{}/files", stage.book.id);
    let upload = Upload::pdf("a.pdf", 100);
    let (kind, good) = multipart("file", &upload);
    let text = String::from_utf8_lossy(&good).into_owned();
    let boundary = kind.split('=').nth(1).unwrap();
    let closing = format!("--{boundary}--\r\n");
    let (_, misnamed) = multipart("upload", &upload);
    let (_, nameless) = multipart("file", &Upload { name: String::new(), ..upload.clone() });
    let (_, tricky) = multipart("file", &Upload { name: "../..".to_owned(), ..upload.clone() });
    let (_, empty) = multipart("file", &Upload { bytes: Bytes::new(), ..upload.clone() });
    let twice = [&good[..good.len() - closing.len()], &good].concat();
    let cases: Vec<(&str, Bytes, &[u16])> = vec![
        ("no part", closing.clone().into(), &[422]),
        ("nothing at all", Bytes::new(), &[400]),
        ("no form", Bytes::from_static(b"%PDF-1.4"), &[400]),
        ("another name", misnamed, &[422]),
        ("no file name", nameless, &[422]),
        ("a name that is no name", tricky, &[422]),
        ("no bytes", empty, &[422]),
        ("two files", twice.into(), &[422]),
        ("broken off", good.slice(..good.len() - closing.len() - 3), &[400, 422]),
        ("headers without end", format!("--{boundary}\r\nx: {}", "y".repeat(200_000)).into(), &[400]),
    ];
    for (case, body, statuses) in cases {
        let answer = stage.client.post(&path).bearer(&stage.ada.token).typed(&kind, body).send().await;
        assert!(statuses.contains(&answer.status), "{case}: {} {}", answer.status, answer.text());
        answer.problem(answer.status);
    }
    assert!(text.contains("a.pdf"));
    let shown = stage.client.get(&format!("/api/v1/products/{}", stage.book.id)).send().await.expect(200);
    assert_eq!(shown["files"].as_array().unwrap().len(), 1, "nothing was added");
    stage.client.post(&path).bearer(&stage.ada.token).typed(&kind, good).send().await.expect(201);
}

async fn bodies_beyond_their_limit_are_413_announced_or_not(place: Place) {
    let stage =
        Stage::on(Server::start(place.options().with_variable("MARKETPLACE_MAX_FILE_BYTES", "150000")).await)
            .await;
    let admin = stage.admin().await;
    let draft = stage.client.draft(&stage.ada, "To be archived", "100.00").await;
    let ids = Ids { product: draft, ..Ids::of(&stage).await };
    for row in API.iter().filter(|row| row.path != "/auth/logout") {
        let limit = match row.takes {
            Takes::Nothing | Takes::Form => continue,
            Takes::Empty => 4096,
            Takes::Json(kibibytes) => kibibytes * 1024,
            Takes::Bytes => 1 << 20,
        };
        let ask = || {
            let ask = stage.client.ask(row.method, &row.at(&ids)).bearer_if(row.token(&stage, &admin));
            ask.header("content-type", "application/json")
        };
        // Blanks around JSON are JSON, so only the size is wrong.
        let mut body = row.body(&stage.book.id).to_string().into_bytes();
        if row.takes == Takes::Empty {
            body = b"{}".to_vec();
        }
        body.resize(limit + 1, b' ');
        let body = Bytes::from(body);
        ask().body(body.clone()).send().await.refused(413, "payload_too_large");
        let chunks = body.chunks(1000).map(Bytes::copy_from_slice).collect();
        ask().chunked(chunks).send().await.refused(413, "payload_too_large");
        if row.takes != Takes::Bytes {
            let fits = ask().body(body.slice(..limit)).send().await;
            assert_ne!(fits.status, 413, "{}", row.path);
        }
        // Far beyond: refused by the announcement alone, and the connection is not kept for the rest.
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: Bearer {}\r\ncontent-length: 10000000000\r\n\r\n{{",
            row.method,
            row.at(&ids),
            row.token(&stage, &admin).unwrap_or("none"),
        );
        let head = if row.token(&stage, &admin).is_none() {
            head.replace("authorization: Bearer none\r\n", "")
        } else {
            head
        };
        let answer = exchange(stage.server.base(), head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{}: {answer}", row.path);
    }
    // A file: streamed, cut at its own limit, and nothing left behind.
    let path = format!("/api/v1/creator/products/{}/files", stage.book.id);
    let (kind, body) = multipart("file", &Upload::pdf("large.pdf", 150_000));
    let chunks: Vec<Bytes> = body.chunks(10_000).map(Bytes::copy_from_slice).collect();
    let ask = || stage.client.post(&path).bearer(&stage.ada.token).header("content-type", &kind);
    ask().chunked(chunks).send().await.refused(413, "payload_too_large");
    ask().body(body).send().await.refused(413, "payload_too_large");
    let (kind, body) = multipart("file", &Upload::pdf("fits.pdf", 149_000));
    stage.client.post(&path).bearer(&stage.ada.token).typed(&kind, body).send().await.expect(201);
}

async fn requests_that_are_no_http_do_not_disturb_others(place: Place) {
    let server = Server::start(place.options()).await;
    let target = "/api/v1/auth/login";
    let json = "content-type: application/json\r\n";
    for (case, request) in [
        ("nonsense", "hello\r\n\r\n".to_owned()),
        (
            "two lengths",
            format!(
                "POST {target} HTTP/1.1\r\nhost: x\r\n{json}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"
            ),
        ),
        (
            "length and chunks",
            format!(
                "POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{json}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
            ),
        ),
        (
            "a negative length",
            format!("POST {target} HTTP/1.1\r\nhost: x\r\n{json}content-length: -1\r\n\r\n"),
        ),
        (
            "a wrong chunk",
            format!(
                "POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{json}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n"
            ),
        ),
        (
            "too many headers",
            format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(10_000)),
        ),
        ("a folded header", "GET /health/live HTTP/1.1\r\nhost: x\r\nx-a: b\r\n c\r\n\r\n".to_owned()),
        ("an endless path", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20))),
    ] {
        let answer = exchange(server.base(), request.as_bytes()).await;
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.is_empty() || line.starts_with("HTTP/1.1 4"), "{case}: {answer}");
    }
    server.client().get("/health/ready").send().await.expect(200);
    assert!(!server.process().stderr().contains("panicked"));
}
