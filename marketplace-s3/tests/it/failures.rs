//! What fails is told as what it means, and in words that help.

use crate::{
    body, key,
    server::{Fate, Server},
};
use marketplace_core::{
    file::{FileError, FileStore},
    time::SystemClock,
};
use marketplace_s3::{S3Config, S3Store};
use std::{error::Error as _, sync::Arc, time::Duration};

/// The words of an error and of its causes.
fn words(error: &FileError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

fn heals(error: &FileError, says: &str) {
    assert!(matches!(error, FileError::Unavailable(_)) && words(error).contains(says), "{}", words(error));
}

fn must_be_mended(error: &FileError, says: &str) {
    assert!(matches!(error, FileError::Defect(_)) && words(error).contains(says), "{}", words(error));
}

#[tokio::test]
async fn refusals_say_what_to_look_at() {
    let server = Server::start().await;
    let store = server.store();
    for (status, code, says) in [
        (403, "AccessDenied", "s3:ListBucket"),
        (403, "InvalidAccessKeyId", "its id"),
        (403, "RequestTimeTooSkewed", "clock"),
        (301, "PermanentRedirect", "region"),
        (404, "NoSuchBucket", "bucket"),
    ] {
        server.next("GetObject", Fate::Answer(status, code));
        must_be_mended(&store.open(&key(1), None).await.unwrap_err(), says);
        server.next("PutObject", Fate::Answer(status, code));
        must_be_mended(&store.put(&key(1), body(b"one"), 9).await.unwrap_err(), says);
        server.next("DeleteObject", Fate::Answer(status, code));
        must_be_mended(&store.delete(&key(1)).await.unwrap_err(), says);
    }
    // An answer to HEAD has no code. Without the right to list, AWS says so of every absent object.
    server.next("HeadObject", Fate::Answer(403, ""));
    must_be_mended(&store.head(&key(1)).await.unwrap_err(), "s3:ListBucket");
}

#[tokio::test]
async fn a_wrong_key_must_be_mended() {
    let server = Server::start().await;
    let wrong = S3Store::new(server.config("another-secret"), Arc::new(SystemClock)).unwrap();
    must_be_mended(&wrong.open(&key(1), None).await.unwrap_err(), "check the key's secret");
    must_be_mended(&wrong.head(&key(1)).await.unwrap_err(), "access is denied");
    must_be_mended(&wrong.put(&key(1), body(b"one"), 9).await.unwrap_err(), "check the key's secret");
}

/// A missing bucket does not look like a healthy one without the object.
#[tokio::test]
async fn a_missing_bucket_is_no_missing_object() {
    let server = Server::start().await;
    let store = server.store();
    assert_eq!(store.head(&key(1)).await.unwrap(), None);
    server.remove_the_bucket();
    must_be_mended(&store.head(&key(1)).await.unwrap_err(), "no such bucket");
    must_be_mended(&store.delete(&key(1)).await.unwrap_err(), "no such bucket");
}

/// Keys that see objects and not the bucket are enough for our calls.
#[tokio::test]
async fn a_bucket_that_may_not_be_looked_at_is_believed() {
    let server = Server::start().await;
    let store = server.store();
    server.next("HeadBucket", Fate::Answer(403, ""));
    assert_eq!(store.head(&key(1)).await.unwrap(), None);
    for _ in 0..2 {
        server.next("HeadBucket", Fate::Answer(503, ""));
    }
    heals(&store.head(&key(1)).await.unwrap_err(), "too busy");
}

#[tokio::test]
async fn a_silent_server_is_waited_for_as_long_as_told() {
    let server = Server::start().await;
    let soon = Duration::from_millis(50);
    let store = server.store_with(|config| config.with_timeouts(soon, soon, soon * 4));
    for _ in 0..2 {
        server.next("HeadObject", Fate::Silence);
        server.next("PutObject", Fate::Silence);
    }
    heals(&store.head(&key(1)).await.unwrap_err(), "does not answer in time");
    heals(&store.put(&key(1), body(b"one"), 9).await.unwrap_err(), "does not answer in time");
    assert_eq!(server.calls().len(), 4, "each was tried twice");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = S3Config::new("shop-files", "us-east-1", "AKIA", "secret".into())
        .with_endpoint(format!("http://{nobody}"))
        .with_tries(1, Duration::from_millis(1));
    let store = S3Store::new(config, Arc::new(SystemClock)).unwrap();
    heals(&store.head(&key(1)).await.unwrap_err(), "no connection to the server");
}

/// An object that another program put, or a server of another kind, is no reason to trust what cannot be read.
#[tokio::test]
async fn a_server_of_another_kind_is_a_defect() {
    let server = Server::start().await;
    let store = server.store();
    server.next("GetObject", Fate::Answer(404, ""));
    must_be_mended(&store.open(&key(1), None).await.unwrap_err(), "check the bucket and the endpoint");
    server.next("GetObject", Fate::Answer(418, ""));
    must_be_mended(&store.open(&key(1), None).await.unwrap_err(), "refuses");
}
