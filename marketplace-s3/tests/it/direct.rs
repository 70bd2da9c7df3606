//! Objects in parts that clients send: what is asked of the server, and what its answers mean.

use crate::{
    key,
    server::{Fate, Server},
};
use marketplace_core::file::{
    DirectUpload, FileError, FileStore, PartPlan, PartsError, StoredPart, UploadTag,
};
use marketplace_s3::S3Store;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const PART: PartPlan = PartPlan { number: 1, size: 3 };

/// An upload under the first key with one part.
async fn sent(store: &S3Store) -> (UploadTag, Vec<StoredPart>) {
    let tag = store.begin(&key(1)).await.unwrap();
    let address = store.address(&key(1), &tag, PART, HOUR).await.unwrap().unwrap();
    let status = crate::server::send(&address, "one").await.status;
    assert_eq!(status, 200);
    let parts = store.parts(&key(1), &tag).await.unwrap();
    assert_eq!(parts.len(), 1);
    (tag, parts)
}

#[tokio::test]
async fn the_calls_are_few_and_the_object_an_attachment() {
    let server = Server::start().await;
    let store = server.store();
    let (tag, parts) = sent(&store).await;
    store.join(&key(1), &tag, &parts).await.unwrap();
    let calls = ["CreateMultipartUpload", "UploadPart", "ListParts", "ListParts", "CompleteMultipartUpload"];
    assert_eq!(server.calls(), calls);
    let begun = &server.seen()[0];
    assert_eq!(begun.header("x-amz-checksum-algorithm"), None, "parts come without checksums");
    let kept = server.attributes().concat();
    assert!(kept.contains("\"content_disposition\":\"attachment\""), "{kept}");
    assert!(kept.contains("\"content_type\":\"application/octet-stream\""), "{kept}");
}

#[tokio::test]
async fn an_address_is_signed_here_with_its_length() {
    let server = Server::start().await;
    let store = server.store();
    for (asked, told) in
        [(HOUR, 3_600), (Duration::ZERO, 1), (Duration::from_hours(24), 86_400), (Duration::MAX, 86_400)]
    {
        let address = store.address(&key(1), &UploadTag::new("a/b+c"), PART, asked).await.unwrap().unwrap();
        let url = &address.url;
        assert!(url.contains(&format!("X-Amz-Expires={told}&")), "{url}");
        assert!(url.contains("X-Amz-SignedHeaders=content-length%3Bhost"), "{url}");
        assert!(url.contains("uploadId=a%2Fb%2Bc") && url.contains("partNumber=1"), "{url}");
        assert_eq!(address.headers, [("content-length".to_owned(), "3".to_owned())]);
    }
    assert!(server.calls().is_empty(), "{:?}", server.calls());
}

/// An error in an answer that says 200: nothing happened, and the upload can be joined still.
#[tokio::test]
async fn an_error_that_says_200_is_an_error() {
    const ERROR: &str = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>";
    let server = Server::start().await;
    let store = server.store();
    let (tag, parts) = sent(&store).await;
    for _ in 0..2 {
        server.next("CompleteMultipartUpload", Fate::Say(ERROR));
    }
    let joined = store.join(&key(1), &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::File(FileError::Unavailable(_)))), "{joined:?}");
    assert_eq!(store.head(&key(1)).await.unwrap(), None);
    store.join(&key(1), &tag, &parts).await.unwrap();
    assert_eq!(store.head(&key(1)).await.unwrap().unwrap().size, 3);
}

/// The object tells: whatever the second try is answered.
#[tokio::test]
async fn done_and_its_answer_lost_is_done() {
    for then in [
        None,
        Some(Fate::Cut),
        Some(Fate::Answer(500, "InternalError")),
        Some(Fate::Answer(503, "SlowDown")),
        Some(Fate::Answer(403, "AccessDenied")),
    ] {
        let server = Server::start().await;
        let store = server.store();
        let (tag, parts) = sent(&store).await;
        server.next("CompleteMultipartUpload", Fate::AnswerLost);
        if let Some(then) = &then {
            server.next("CompleteMultipartUpload", then.clone());
        }
        let joined = store.join(&key(1), &tag, &parts).await;
        assert!(joined.is_ok(), "{then:?}: {joined:?}");
        assert_eq!(server.calls().iter().filter(|call| **call == "HeadObject").count(), 1);
    }
}

#[tokio::test]
async fn what_the_server_says_of_parts_is_a_mismatch() {
    let server = Server::start().await;
    let store = server.store();
    let (tag, parts) = sent(&store).await;
    for code in ["InvalidPart", "InvalidPartOrder", "EntityTooSmall"] {
        server.next("CompleteMultipartUpload", Fate::Answer(400, code));
        let joined = store.join(&key(1), &tag, &parts).await;
        assert!(matches!(joined, Err(PartsError::Mismatch)), "{code}: {joined:?}");
    }
    server.next("CompleteMultipartUpload", Fate::Answer(403, "AccessDenied"));
    let joined = store.join(&key(1), &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::File(FileError::Defect(_)))), "{joined:?}");
    store.join(&key(1), &tag, &parts).await.unwrap();
}

/// An object under the key that was not made of these parts is no success.
#[tokio::test]
async fn another_object_is_not_these_parts() {
    let server = Server::start().await;
    let store = server.store();
    let (tag, parts) = sent(&store).await;
    store.abort(&key(1), Some(tag.clone())).await.unwrap();
    store.put(&key(1), crate::body(b"two"), 9).await.unwrap();
    let joined = store.join(&key(1), &tag, &parts).await;
    assert!(matches!(joined, Err(PartsError::Gone)), "as long, but put in one piece: {joined:?}");
}

#[tokio::test]
async fn a_server_without_a_list_of_uploads_is_believed() {
    let server = Server::start().await;
    server.next("ListMultipartUploads", Fate::Answer(501, "NotImplemented"));
    server.store().abort(&key(1), None).await.unwrap();
    assert_eq!(server.calls(), ["ListMultipartUploads"]);
}

/// Keys that begin alike are other keys.
#[tokio::test]
async fn only_the_exact_key_is_aborted() {
    const LIST: &str = "<?xml version=\"1.0\"?><ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\
        <Upload><Key>files/ver_00000000000000000000000000000001</Key><UploadId>one</UploadId></Upload>\
        <Upload><Key>files/ver_00000000000000000000000000000001.tmp</Key><UploadId>two</UploadId></Upload>\
        </ListMultipartUploadsResult>";
    let server = Server::start().await;
    server.next("ListMultipartUploads", Fate::Say(LIST));
    server.store().abort(&key(1), None).await.unwrap();
    assert_eq!(server.calls(), ["ListMultipartUploads", "AbortMultipartUpload"]);
    assert!(server.seen()[1].query.contains("uploadId=one"), "{:?}", server.seen()[1]);
}

#[tokio::test]
async fn what_is_refused_is_no_empty_upload() {
    let server = Server::start().await;
    let store = server.store();
    let (tag, _) = sent(&store).await;
    for (status, code) in [(403, "AccessDenied"), (404, "NoSuchBucket")] {
        server.next("ListParts", Fate::Answer(status, code));
        let listed = store.parts(&key(1), &tag).await;
        assert!(matches!(listed, Err(FileError::Defect(_))), "{code}: {listed:?}");
        server.next("AbortMultipartUpload", Fate::Answer(status, code));
        let aborted = store.abort(&key(1), Some(tag.clone())).await;
        assert!(matches!(aborted, Err(FileError::Defect(_))), "{code}: {aborted:?}");
    }
}
