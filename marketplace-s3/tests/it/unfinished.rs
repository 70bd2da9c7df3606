//! Uploads that were begun and not completed are ended, sooner or later.

use crate::{
    TWO_PARTS, body, key,
    server::{Fate, Server},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use marketplace_core::file::{ByteStream, FileError, FileStore};
use std::{error::Error as _, time::Duration};

/// A body of more than a part that then waits for ever.
fn endless() -> ByteStream {
    Box::pin(body(&vec![7; TWO_PARTS]).chain(stream::pending()))
}

/// Begins an upload, and goes away when a part is there.
async fn leave(server: &Server, store: &impl FileStore) {
    let before = server.calls().iter().filter(|call| **call == "UploadPart").count();
    let key = key(1);
    let mut put = store.put(&key, endless(), 1 << 30);
    let sent = || {
        let parts = server.calls().iter().filter(|call| **call == "UploadPart").count();
        parts > before && server.unfinished().iter().any(|name| name.contains(".part-1"))
    };
    while !sent() {
        assert!((&mut put).now_or_never().is_none(), "it never ends");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_next_put_takes_with_it_what_was_left() {
    let server = Server::start().await;
    let store = server.store();
    leave(&server, &store).await;
    leave(&server, &store).await;
    assert!(!server.unfinished().is_empty());
    store.put(&key(2), body(b"another"), 9).await.unwrap();
    assert_eq!(server.calls().iter().filter(|call| **call == "AbortMultipartUpload").count(), 2);
    assert!(server.unfinished().is_empty(), "{:?}", server.unfinished());
    assert_eq!(store.head(&key(1)).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_aborted_now_is_aborted_later() {
    let server = Server::start().await;
    let store = server.store();
    leave(&server, &store).await;
    for _ in 0..2 {
        server.next("AbortMultipartUpload", Fate::Answer(503, "SlowDown"));
    }
    store.put(&key(2), body(b"another"), 9).await.unwrap();
    assert!(!server.unfinished().is_empty(), "the server was busy");
    store.delete(&key(2)).await.unwrap();
    assert!(server.unfinished().is_empty(), "{:?}", server.unfinished());
}

#[tokio::test]
async fn what_is_gone_already_is_not_tried_for_ever() {
    let server = Server::start().await;
    let store = server.store();
    for (status, code) in [(404, "NoSuchUpload"), (403, "AccessDenied")] {
        leave(&server, &store).await;
        server.next("AbortMultipartUpload", Fate::Answer(status, code));
        store.delete(&key(2)).await.unwrap();
        let aborts = || server.calls().iter().filter(|call| **call == "AbortMultipartUpload").count();
        let before = aborts();
        store.delete(&key(2)).await.unwrap();
        assert_eq!(aborts(), before, "{code}");
    }
}

/// The process was killed, or the answer with the upload's id was lost.
#[tokio::test]
async fn the_sweep_aborts_old_uploads_of_any_process() {
    const LIST: &str = "<?xml version=\"1.0\"?><ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\
        <Upload><Key>files/ver_1</Key><UploadId>00000000-0000-4000-8000-000000000001</UploadId>\
        <Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload>\
        <Upload><Key>files/ver_2</Key><UploadId>00000000-0000-4000-8000-000000000002</UploadId>\
        <Initiated>9000-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>";
    let server = Server::start().await;
    let store = server.store();
    server.next("ListMultipartUploads", Fate::Say(LIST));
    server.next("AbortMultipartUpload", Fate::Answer(204, ""));
    assert_eq!(store.abort_stale_uploads(Duration::from_hours(24)).await.unwrap(), 1);
    let seen = server.seen();
    assert_eq!(server.calls(), ["ListMultipartUploads", "AbortMultipartUpload"]);
    assert!(seen[0].query.contains("prefix=files%2F"), "{}", seen[0].query);
    assert!(seen[1].path.ends_with("files/ver_1") && seen[1].query.contains("000000000001"), "{:?}", seen[1]);
}

#[tokio::test]
async fn a_server_that_cannot_list_uploads_wants_a_lifecycle_rule() {
    let server = Server::start().await;
    server.next("ListMultipartUploads", Fate::Answer(501, "NotImplemented"));
    let refused = server.store().abort_stale_uploads(Duration::from_hours(24)).await.unwrap_err();
    assert!(matches!(refused, FileError::Defect(_)), "{refused:?}");
    let why = refused.source().unwrap().to_string();
    assert!(why.contains("AbortIncompleteMultipartUpload"), "{why}");
}
