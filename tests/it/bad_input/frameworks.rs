//! What the frameworks refuse before the contract sees it: what docs/embed.md says of it. None of it is an answer of
//! the contract, so the two differ; whoever updates a framework sees here what changed.

use crate::place::{ACTIX, AXUM, Place};
use marketplace_tests::{Server, exchange};

/// A request, and what it comes to on axum and on actix.
struct Case {
    what: &'static str,
    request: Vec<u8>,
    axum: u16,
    actix: u16,
}

fn case(what: &'static str, request: impl AsRef<[u8]>, axum: u16, actix: u16) -> Case {
    Case { what, request: request.as_ref().to_vec(), axum, actix }
}

/// A request whose head goes on with these lines.
fn live(lines: &str) -> String {
    format!("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n")
}

fn cases() -> Vec<Case> {
    let line = |name: usize| format!("x-{name}: 1\r\n");
    let order = "POST /api/v1/checkout HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    vec![
        case("served", live(""), 200, 200),
        case("no HTTP", "hello\r\n\r\n", 400, 400),
        case("two lengths", format!("{order}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"), 400, 400),
        case("bytes beyond ASCII", b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, 400),
        case("no Host", "GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n", 200, 400),
        case(
            "a length and chunks",
            format!("{order}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
            // An empty cart: the chunks were read.
            422,
            400,
        ),
        case(
            "a path of more than 64 KiB",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(70_000)),
            414,
            400,
        ),
        case("97 lines", live(&(0..95).map(line).collect::<String>()), 200, 431),
        case("101 lines", live(&(0..99).map(line).collect::<String>()), 431, 431),
        case("a line of 200 KB", live(&format!("x: {}\r\n", "a".repeat(200_000))), 200, 431),
        case("a line of 500 KB", live(&format!("x: {}\r\n", "a".repeat(500_000))), 431, 431),
    ]
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_the_framework_as_documented() {
    for (program, expected) in [(AXUM, (|case| case.axum) as fn(&Case) -> u16), (ACTIX, |case| case.actix)] {
        let server = Server::start(Place::embedded(program).await.options()).await;
        for case in cases() {
            let answer = exchange(server.base(), &case.request).await;
            let given = status(&answer);
            assert_eq!(given, Some(expected(&case)), "{program}: {}: {answer}", case.what);
        }
        assert_eq!(server.client().get("/health/ready").send().await.status, 200, "{program}");
    }
}

#[tokio::test]
async fn whoever_waits_to_be_asked_for_a_body_is_refused_without_it_on_axum() {
    let request = "POST /api/v1/creator/products HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}";
    for (program, first) in [(AXUM, 401), (ACTIX, 100)] {
        let server = Server::start(Place::embedded(program).await.options()).await;
        let answer = exchange(server.base(), request.as_bytes()).await;
        assert_eq!(status(&answer), Some(first), "{program}: {answer}");
        assert!(answer.contains("401 Unauthorized"), "{program}: {answer}");
    }
}
