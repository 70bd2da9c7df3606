//! Stopping while requests are under way.

use crate::{
    place::{Place, everywhere, on_both_servers},
    stage::Stage,
};
use futures_util::future::{join, join_all};
use marketplace_tests::{Account, Answer, Client, Product, Server, Signal, Upload, poll};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

everywhere! {
    the_first_signal_lets_a_download_end
    the_second_signal_ends_at_once
    two_signals_in_a_row_end_at_once
    what_was_accepted_under_load_is_done_and_nothing_twice
}

on_both_servers! {
    who_never_reads_keeps_nobody_waiting
}

/// More than lies between a server and a client that does not read.
const SIZE: usize = 40_000_000;

/// A download that has begun: its connection, of which nothing but the first bytes are read.
async fn begun(place: &Place) -> (Server, Client, Upload, TcpStream, Vec<u8>) {
    let Stage { server, client, ada, bob, .. } = Stage::at(place).await;
    let film = client.sell(&ada, "100.00", Upload::pdf("film.pdf", SIZE)).await;
    let bought = client.buy(&bob, &film).await;
    let session = client.claim(&bought.link).await;
    let path = session.strip_prefix(server.base()).unwrap_or(&session);
    let mut connection = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut first = vec![0; 10_000];
    connection.read_exact(&mut first).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    (server, client, film.upload, connection, first)
}

/// Sends the first signal, and waits until it is heard and nobody new is let in.
async fn told_to_stop(server: &Server) {
    server.process().signal(Signal::Terminate);
    let address = server.base().strip_prefix("http://").unwrap();
    poll("the signal is heard", || {
        let refused = std::net::TcpStream::connect(address).is_err();
        (refused && server.process().stderr().contains("stopping")).then_some(())
    })
    .await;
}

async fn the_first_signal_lets_a_download_end(place: Place) {
    let (server, _, upload, mut connection, mut got) = begun(&place).await;
    told_to_stop(&server).await;
    connection.read_to_end(&mut got).await.unwrap();
    let start = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert!(got[start..] == upload.bytes, "{} of {} bytes", got.len() - start, upload.bytes.len());
    let exit = server.ended().await;
    assert_eq!((exit.code, exit.stdout.lines().last()), (Some(0), Some("stopped")), "{exit:#?}");
}

async fn the_second_signal_ends_at_once(place: Place) {
    let (server, _client, _, connection, _) = begun(&place).await;
    told_to_stop(&server).await;
    server.process().signal(Signal::Terminate);
    let exit = server.ended().await;
    assert_eq!(exit.code, Some(130), "{exit:#?}");
    assert!(!exit.stdout.contains("stopped"), "{exit:#?}");
    drop(connection);
}

async fn two_signals_in_a_row_end_at_once(place: Place) {
    let (server, _client, _, connection, _) = begun(&place).await;
    // Of two kinds: of one kind, the system may keep one where two were sent.
    server.process().signal(Signal::Terminate);
    server.process().signal(Signal::Interrupt);
    let exit = server.ended().await;
    assert_eq!(exit.code, Some(130), "{exit:#?}");
    drop(connection);
}

/// Takes the twenty seconds that a request under way has.
async fn who_never_reads_keeps_nobody_waiting(place: Place) {
    let (server, _client, _, connection, _) = begun(&place).await;
    told_to_stop(&server).await;
    // What a test waits for at the most is what is promised: thirty seconds.
    let exit = server.ended().await;
    assert_eq!((exit.code, exit.stdout.lines().last()), (Some(0), Some("stopped")), "{exit:#?}");
    assert!(exit.stderr.contains("some requests were cut off"), "{exit:#?}");
    drop(connection);
}

/// So many buy at once, one order after the other.
const BUYERS: usize = 24;

/// So many orders are answered before the signal.
const BEFORE: usize = 150;

/// One of them: a key, what was bought with it, and what was answered, if anything was.
struct Call<'a> {
    key: String,
    product: &'a Product,
    answer: Option<Answer>,
}

/// Places an order.
async fn order(client: &Client, buyer: &Account, key: &str, product: &Product) -> Option<Answer> {
    let cart = json!({ "items": [{ "product_id": product.id }] });
    client.post("/api/v1/checkout").bearer(&buyer.token).key(key).json(&cart).try_send().await
}

async fn what_was_accepted_under_load_is_done_and_nothing_twice(place: Place) {
    let Stage { server, client, ada, bob, book, .. } = Stage::at(&place).await;
    // What costs nothing is sold at once, so there are jobs under way, too.
    let gift = client.sell(&ada, "0.00", Upload::pdf("gift.pdf", 1_000)).await;
    let answered = AtomicUsize::new(0);
    let buying = async |number: usize| {
        let mut calls = Vec::new();
        loop {
            let product = if calls.len() % 2 == 0 { &gift } else { &book };
            let key = format!("{number}-{}", calls.len());
            let answer = order(&client, &bob, &key, product).await;
            let over = answer.is_none();
            if answer.as_ref().is_some_and(|answer| answer.status == 201) {
                answered.fetch_add(1, Ordering::Relaxed);
            }
            calls.push(Call { key, product, answer });
            if over {
                return calls;
            }
        }
    };
    let stopping = async {
        poll("the shop is busy", || (answered.load(Ordering::Relaxed) >= BEFORE).then_some(())).await;
        // Checks how it ends.
        server.stop(Signal::Terminate).await
    };
    let (calls, stopped) = join(join_all((0..BUYERS).map(buying)), stopping).await;
    let calls: Vec<Call<'_>> = calls.into_iter().flatten().collect();
    let data = stopped.data_dir();
    let held = place.count(&data, "SELECT count(*) FROM mkt_jobs WHERE state = 'running'").await;
    assert_eq!(held, 0, "every lease was given back: {:#?}", stopped.exit);
    assert!(!stopped.exit.stderr.contains("cut off"), "{:#?}", stopped.exit);
    // Whatever was begun was also answered. Bob's first order was there before.
    let of_status = |status: u16| {
        calls.iter().filter(|call| call.answer.as_ref().is_some_and(|answer| answer.status == status)).count()
    };
    let placed = usize::try_from(place.count(&data, "SELECT count(*) FROM mkt_orders").await).unwrap() - 1;
    let (done, unavailable) = (of_status(201), of_status(503));
    assert!(
        (done..=done + unavailable).contains(&placed),
        "{placed} orders, {done} and {unavailable} answered"
    );

    let server = stopped.start().await;
    let mut orders = BTreeSet::new();
    for call in &calls {
        let again = order(&client, &bob, &call.key, call.product).await.expect("it serves");
        let id = again.expect(201)["order"]["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/orders/{id}");
        client.get(&path).bearer(&bob.token).send().await.expect(200);
        match &call.answer {
            Some(answer) if answer.status == 201 => {
                assert_eq!(answer.body, again.body, "what was answered is true");
                assert_eq!(again.header("idempotent-replay"), Some("true"));
            }
            // The twin is in the server's own process, and hears nothing new there either.
            Some(answer) => {
                assert_eq!((answer.status, &call.product.id), (503, &book.id), "{}", answer.text())
            }
            None => {}
        }
        assert!(orders.insert(id), "each key has an order of its own");
    }
    let placed = place.count(&data, "SELECT count(*) FROM mkt_orders").await;
    assert_eq!(i64::try_from(orders.len() + 1), Ok(placed), "one order for each key, and Bob's first");
    server.stop(Signal::Terminate).await;
}
