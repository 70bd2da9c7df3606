//! What is asked of the server, and in which order.

use crate::{
    TWO_PARTS, body, key,
    server::{BUCKET, Fate, Seen, Server},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::stream;
use marketplace_core::{
    file::{ByteStream, FileStore, PresignRequest},
    time::SystemClock,
};
use marketplace_s3::{S3Config, S3Store};
use sha2::{Digest as _, Sha256};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The digest of a request's bytes stands in its signature and in its checksum, and nothing comes in chunks of the SDK's
/// own, which many servers do not know.
fn carries(seen: &Seen, bytes: &[u8]) {
    assert_eq!(seen.header("content-length"), Some(bytes.len().to_string().as_str()));
    assert_eq!(seen.header("x-amz-content-sha256"), Some(hex::encode(digest(bytes)).as_str()));
    assert_eq!(seen.header("x-amz-checksum-sha256"), Some(STANDARD.encode(digest(bytes)).as_str()));
    for other in ["x-amz-trailer", "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm", "content-encoding"]
    {
        assert_eq!(seen.header(other), None, "{other}");
    }
}

#[tokio::test]
async fn a_small_body_is_one_request_with_its_digest_sent_and_stored() {
    let server = Server::start().await;
    let bytes = vec![7; 100_000];
    server.store().put(&key(1), body(&bytes), u64::MAX).await.unwrap();
    assert_eq!(server.calls(), ["PutObject"]);
    carries(&server.seen()[0], &bytes);
    let kept = server.attributes().concat();
    assert!(kept.contains(&hex::encode(digest(&bytes))), "as metadata: {kept}");
    assert!(kept.contains(&STANDARD.encode(digest(&bytes))), "as checksum: {kept}");
    assert!(kept.contains("\"content_disposition\":\"attachment\""), "{kept}");
    assert!(kept.contains("\"content_type\":\"application/octet-stream\""), "{kept}");
}

#[tokio::test]
async fn a_body_of_exactly_a_part_is_one_request() {
    let server = Server::start().await;
    server.store().put(&key(1), body(&vec![7; 8 * 1024 * 1024]), 1 << 30).await.unwrap();
    assert_eq!(server.calls(), ["PutObject"]);
}

#[tokio::test]
async fn a_large_body_goes_in_parts_each_with_its_digest() {
    let server = Server::start().await;
    let bytes: Vec<u8> = (0..TWO_PARTS).map(|place| u8::try_from(place % 251).unwrap()).collect();
    server.store().put(&key(1), body(&bytes), 1 << 30).await.unwrap();
    assert_eq!(
        server.calls(),
        ["CreateMultipartUpload", "UploadPart", "UploadPart", "CompleteMultipartUpload"]
    );
    let seen = server.seen();
    assert_eq!(seen[0].header("x-amz-checksum-algorithm"), Some("SHA256"));
    let (first, second) = bytes.split_at(8 * 1024 * 1024);
    carries(&seen[1], first);
    carries(&seen[2], second);
    assert!(std::fs::read(server.object(&key(1))).unwrap() == bytes);
    let kept = server.attributes().concat();
    assert!(kept.contains("\"content_disposition\":\"attachment\""), "{kept}");
}

#[tokio::test]
async fn checksum_headers_can_be_left_out() {
    let server = Server::start().await;
    let store = server.store_with(|config| config.with_checksum_headers(false));
    store.put(&key(1), body(b"one"), 9).await.unwrap();
    store.put(&key(2), body(&vec![7; TWO_PARTS]), 1 << 30).await.unwrap();
    for seen in server.seen() {
        let names: Vec<&str> = seen.headers.keys().map(hyper::header::HeaderName::as_str).collect();
        assert!(!names.iter().any(|name| name.contains("checksum")), "{names:?}");
    }
    assert_eq!(server.seen()[0].header("x-amz-content-sha256"), Some(hex::encode(digest(b"one")).as_str()));
}

/// A body of many parts is read no further than what the server has taken and one part more.
#[tokio::test]
async fn memory_does_not_grow_with_the_body() {
    const PIECE: usize = 1024 * 1024;
    let server = Server::start().await;
    let read = Arc::new(AtomicUsize::new(0));
    let (count, watched) = (Arc::clone(&read), Arc::clone(&server));
    let pieces = (0..40).map(move |_| {
        let so_far = count.fetch_add(1, Ordering::SeqCst);
        let sent = watched.calls().iter().filter(|call| **call == "UploadPart").count();
        assert!(so_far <= sent * 8 + 8, "{so_far} MiB were read, {sent} parts sent");
        Ok(Bytes::from(vec![7; PIECE]))
    });
    let body: ByteStream = Box::pin(stream::iter(pieces));
    let (meta, _) = server.store().put(&key(1), body, 1 << 30).await.unwrap();
    assert_eq!((meta.size, read.load(Ordering::SeqCst)), (40 * 1024 * 1024, 40));
}

#[tokio::test]
async fn what_fails_once_is_tried_again() {
    let server = Server::start().await;
    let store = server.store();
    let bytes = vec![7; TWO_PARTS];
    for call in ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "PutObject"] {
        for fate in [Fate::Cut, Fate::Answer(503, "SlowDown"), Fate::Answer(500, "InternalError")] {
            server.next(call, fate);
            let size = if call == "PutObject" { 3 } else { TWO_PARTS };
            store.put(&key(1), body(&bytes[..size]), 1 << 30).await.unwrap();
            assert_eq!(store.head(&key(1)).await.unwrap().unwrap().size, size as u64);
        }
    }
    for call in ["HeadObject", "GetObject", "DeleteObject"] {
        server.next(call, Fate::Cut);
    }
    store.head(&key(1)).await.unwrap().unwrap();
    store.open(&key(1), None).await.unwrap().unwrap();
    store.delete(&key(1)).await.unwrap();
    assert!(server.unfinished().len() <= 3, "an upload may begin twice: {:?}", server.unfinished());
}

#[tokio::test]
async fn a_lost_answer_changes_nothing() {
    let server = Server::start().await;
    let store = server.store();
    for call in ["PutObject", "DeleteObject"] {
        server.next(call, Fate::AnswerLost);
    }
    store.put(&key(1), body(b"one"), 9).await.unwrap();
    assert_eq!(store.head(&key(1)).await.unwrap().unwrap().size, 3);
    store.delete(&key(1)).await.unwrap();
    assert_eq!(store.head(&key(1)).await.unwrap(), None);
}

/// AWS says `NoSuchUpload` when an upload is completed twice. The object tells that the first time was good.
#[tokio::test]
async fn a_lost_completion_is_found_out() {
    let server = Server::start().await;
    let store = server.store();
    server.next("CompleteMultipartUpload", Fate::AnswerLost);
    server.next("CompleteMultipartUpload", Fate::Answer(404, "NoSuchUpload"));
    store.put(&key(1), body(&vec![7; TWO_PARTS]), 1 << 30).await.unwrap();
    assert_eq!(store.head(&key(1)).await.unwrap().unwrap().size, TWO_PARTS as u64);
    // If it was not, that is no success.
    server.next("CompleteMultipartUpload", Fate::Answer(404, "NoSuchUpload"));
    store.put(&key(2), body(&vec![7; TWO_PARTS]), 1 << 30).await.unwrap_err();
    assert_eq!(store.head(&key(2)).await.unwrap(), None);
    store.put(&key(2), body(b"an object of another time"), 99).await.unwrap();
    server.next("CompleteMultipartUpload", Fate::Answer(404, "NoSuchUpload"));
    store.put(&key(2), body(&vec![7; TWO_PARTS]), 1 << 30).await.unwrap_err();
}

#[tokio::test]
async fn addresses_are_signed_without_a_call_and_lead_to_the_origin() {
    let server = Server::start().await;
    let store = server.store();
    let request = PresignRequest {
        expires_in: Duration::from_mins(1),
        name: "book.pdf".parse().unwrap(),
        content_type: "application/pdf".parse().unwrap(),
    };
    let address = store.presign(&key(1), request.clone()).await.unwrap().unwrap();
    assert!(address.starts_with(&format!("{}/{BUCKET}/files/ver_", server.endpoint())), "{address}");
    assert!(address.contains("X-Amz-Expires=60&"), "{address}");
    assert_eq!(store.origin().await.unwrap(), server.endpoint());
    assert!(server.calls().is_empty());

    let on_aws = S3Config::new("shop-files", "eu-west-1", "AKIA", "secret".into());
    let on_aws = S3Store::new(on_aws, Arc::new(SystemClock)).unwrap();
    assert_eq!(on_aws.origin().await.unwrap(), "https://shop-files.s3.eu-west-1.amazonaws.com");
    for (seconds, told) in [(0, 1), (1, 1), (59, 59), (60, 60), (61, 60), (u64::MAX, 60)] {
        let request = PresignRequest { expires_in: Duration::from_secs(seconds), ..request.clone() };
        let address = on_aws.presign(&key(1), request).await.unwrap().unwrap();
        assert!(address.contains(&format!("X-Amz-Expires={told}&")), "{seconds}: {address}");
    }
}
