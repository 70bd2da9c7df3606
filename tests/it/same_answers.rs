//! Both servers on both stores answer alike, byte for byte: as it is recorded.
//!
//! After a change of what is answered: `UPDATE_GOLDEN=1 cargo test -p marketplace-tests --test it
//! same_answers::axum_embedded`, then look at what has changed.

use crate::place::{ACTIX, AXUM, Place, everywhere};
use marketplace_http::route::ROUTES;
use marketplace_testing::contract::http::{Keys, Played, answers_alike, play};
use marketplace_tests::{Server, Transcript, repository};

everywhere! { every_server_on_every_store_answers_alike }

/// What the script cannot be granted, and why.
const NEVER_GRANTED: [&str; 1] = [
    // No job of a sound server dies; `smtp` and `fatal_job` let some die, and revive them.
    "POST /api/v1/admin/jobs/{id}/retry",
];

/// What the suite needs of a server.
pub(crate) async fn keys(server: &Server) -> Keys {
    let (email, password) = ("operator@mail.example", "correct horse operator");
    let made = server.command(&["admin", "create", email, "--password-stdin"], Some(password)).await;
    assert_eq!(made.code, Some(0), "{made:#?}");
    Keys { operator: server.client().sign_in(email, password).await, gateway: server.twin().key() }
}

async fn every_server_on_every_store_answers_alike(place: Place) {
    let server = Server::start(place.options()).await;
    let keys = keys(&server).await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let played = play(server.client(), &keys).await;
        let path = repository().join("marketplace-testing/src/contract/http/recorded.txt");
        std::fs::write(&path, played.transcript.to_string())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(not_granted(&played), NEVER_GRANTED);
        return;
    }
    let played = answers_alike(server.client(), &keys).await;
    assert_eq!(not_granted(&played), NEVER_GRANTED);
}

/// The routes that the script asked for in vain, or not at all.
fn not_granted(played: &Played) -> Vec<String> {
    let routes = ROUTES.iter().filter(|route| {
        let granted = |(method, path): &(String, String)| {
            let method = if method == "HEAD" { "GET" } else { method };
            method == route.method.as_str() && is_at(path, route.pattern)
        };
        !played.granted.iter().any(granted)
    });
    routes.map(|route| format!("{} {}", route.method.as_str(), route.pattern)).collect()
}

/// Whether a path that was granted is one of a route's.
fn is_at(path: &str, pattern: &str) -> bool {
    let (path, pattern): (Vec<_>, Vec<_>) = (path.split('/').collect(), pattern.split('/').collect());
    let alike = |(given, expected): (&&str, &&str)| given == expected || expected.starts_with('{');
    path.len() == pattern.len() && path.iter().zip(&pattern).all(alike)
}

/// What the example servers add of their own, one route of which answers with an operation of the contract.
#[tokio::test]
async fn routes_of_the_hosts_own_answer_alike() {
    let mut answers = Vec::new();
    for binary in [AXUM, ACTIX] {
        let server = Server::start(Place::embedded(binary).await.options()).await;
        let mut transcript = Transcript::of(server.base());
        for path in ["/hello", "/newest"] {
            for method in ["GET", "HEAD"] {
                let answer = server.client().ask(method, path).send().await;
                assert_eq!(answer.status, 200, "{method} {path}");
                transcript.record(&format!("{method} {path}"), &answer);
            }
        }
        answers.push(transcript.to_string());
    }
    assert_eq!(answers[0], answers[1]);
}
