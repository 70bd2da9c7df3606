//! Both servers on both stores answer alike, byte for byte: as it is recorded.
//!
//! After a change of what is answered: `UPDATE_GOLDEN=1 cargo test -p marketplace-tests --test it
//! same_answers::axum_embedded`, then look at what has changed.

use crate::place::{ACTIX, AXUM, Place, everywhere};
use marketplace_testing::contract::http::{RECORDED, compare, play};
use marketplace_tests::{Server, Transcript, repository};

everywhere! { every_server_on_every_store_answers_alike }

async fn every_server_on_every_store_answers_alike(place: Place) {
    let server = Server::start(place.options()).await;
    let given = play(server.client(), server.base()).await.to_string();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = repository().join("marketplace-testing/src/contract/http/recorded.txt");
        std::fs::write(&path, &given).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    if let Err(difference) = compare(RECORDED, &given) {
        panic!("{difference}");
    }
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
