//! Callers that go away while a transaction begins. Those of a commit are a matter of the contract.

use crate::support::{Place, abandon, accept};
use marketplace_core::commit::Change;
use marketplace_testing::build::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_begin_frees_the_writer() {
    let place = Place::new();
    let fixture = Fixture::new(31);
    let store = place.store().await;
    for round in 0..30 {
        let begun = abandon(store.begin(), round % 5).await;
        drop(begun);
        accept(&store, fixture.set(vec![Change::InsertUser(fixture.user())])).await;
    }
    store.close().await;
}
