//! The description of the API that a server gives is the one that its answers are held against.

use crate::place::{Place, everywhere};
use marketplace_tests::Server;

everywhere! { it_is_that_of_the_code }

async fn it_is_that_of_the_code(place: Place) {
    let server = Server::start(place.options()).await;
    let answer = server.client().get("/api/v1/openapi.json").send().await;
    answer.expect(200);
    // Not by `assert_eq`: nobody wants to read both.
    assert!(answer.text() == marketplace_http::openapi(), "another document than that of the code");
}
