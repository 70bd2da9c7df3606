//! Stopping while requests are under way.

use crate::{
    place::{Place, everywhere},
    stage::Stage,
};
use marketplace_tests::{Client, Server, Signal, Upload, poll};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

everywhere! {
    the_first_signal_lets_a_download_end
    the_second_signal_ends_at_once
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
    server.process().signal(Signal::Interrupt);
    let exit = server.ended().await;
    assert_eq!(exit.code, Some(130), "{exit:#?}");
    assert!(!exit.stdout.contains("stopped"), "{exit:#?}");
    drop(connection);
}
