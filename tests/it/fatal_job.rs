//! A job that kills its process each time: it is tried again with growing pauses, and in the end it is given up and put
//! before the operator with its reason. Everything else goes on.

use crate::{
    place::{Place, everywhere},
    stage::Stage,
};
use marketplace_tests::{Client, Server, wait_until};
use serde_json::Value;
use std::cell::Cell;

everywhere! { is_given_up_in_the_end }

/// Reached by every job that sends a mail.
const POINT: &str = "mail.after-accept";
/// Seconds: longer than any pause between two tries, and than a lease.
const PAUSE: u64 = 7 * 3600;
/// After how many deaths the worker gives a job up.
const MOST_DEATHS: u64 = 24;

/// The jobs of mails in a state, as the operator sees them.
async fn mails_in(client: &Client, admin: &str, state: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/jobs?limit=100&state={state}");
    let answer = client.get(&path).bearer(admin).send().await.expect(200);
    let mut jobs = answer["items"].as_array().expect("a list").clone();
    jobs.retain(|job| job["kind"].as_str().is_some_and(|kind| kind.starts_with("mail.")));
    jobs
}

/// Whether a server lives until both mails' jobs are tried: then it is to die of them. If not, both are given up.
/// `pauses`: whether they wait for the end of a pause.
async fn dies_of_it(server: &Server, client: &Client, admin: &str, pauses: bool) -> bool {
    let reached = format!("\"failpoint\":\"{POINT}\"");
    let moved = Cell::new(!pauses);
    wait_until("the mails are tried, or given up", || async {
        // Both, so that each death is a failure of each.
        if server.process().stderr().matches(&reached).count() == 2 {
            return Some(true);
        }
        // The death before is counted once nothing is held by the dead any more.
        if !mails_in(client, admin, "running").await.is_empty() {
            return None;
        }
        if mails_in(client, admin, "dead").await.len() == 2 {
            return Some(false);
        }
        // Not while one of them may begin, whose lease would be over at once.
        if !moved.replace(true) {
            client.advance(PAUSE).await;
        }
        None
    })
    .await
}

async fn is_given_up_in_the_end(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let Stage { server, client, mallory, book, .. } = stage;
    let placed = client.check_out(&mallory, &book).await;
    let mut stopped = server.kill().await.with_variable("FAILPOINTS", format!("{POINT}=return"));
    let mut deaths = 0;
    let server = loop {
        let server = stopped.start().await;
        // The clock begins anew with each life; leases and pauses go on.
        client.advance(2 * PAUSE * deaths + PAUSE).await;
        if deaths == 0 {
            client.hand_over_the_money(&placed).await;
        }
        // Neither the first try nor the one after the first death is waited for.
        if !dies_of_it(&server, &client, &admin, deaths > 1).await {
            break server;
        }
        stopped = server.kill().await;
        deaths += 1;
        assert!(deaths <= MOST_DEATHS, "they kill for ever");
    };
    assert_eq!(deaths, MOST_DEATHS);
    let dead = mails_in(&client, &admin, "dead").await;
    assert_eq!(dead.len(), 2, "the buyer's mail and the creator's: {dead:?}");
    for job in &dead {
        assert!(job["last_error"].as_str().is_some_and(|why| why.contains("worker died")), "{job}");
    }
    let all = client.get("/api/v1/admin/jobs?state=dead").bearer(&admin).send().await.expect(200);
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2), "nothing else died with it: {all}");
    client.wait_for_order(&placed, "paid").await;

    let server = server.kill().await.without_variable("FAILPOINTS").start().await;
    client.advance(2 * PAUSE * (deaths + 1)).await;
    for job in &dead {
        let path = format!("/api/v1/admin/jobs/{}/retry", job["id"].as_str().expect("an id"));
        client.post(&path).bearer(&admin).send().await.expect(200);
    }
    // It was sent each time, as one mail.
    let mails = client.wait_for_mails(&mallory.email, 1).await;
    assert!(mails.iter().all(|mail| mail.message_id == mails[0].message_id), "{mails:?}");
    wait_until("the jobs are done", || async {
        (mails_in(&client, &admin, "done").await.len() >= 4).then_some(())
    })
    .await;
    drop(server);
}
