//! The address of a part takes this part of this upload, for its time, from those who got it from us.

use super::{
    FilesHarness, Visit,
    addresses::another,
    part_stage::{AN_HOUR, PartStage, plan},
};
use bytes::Bytes;
use marketplace_core::file::{ObjectKey, PartAddress, UploadTag};
use std::time::Duration;

/// Nothing was taken.
async fn is_refused(stage: &PartStage, at: (&ObjectKey, &UploadTag), visit: &Visit, why: &str) {
    assert!(visit.status >= 400, "{why}: {}", visit.status);
    assert_eq!(stage.parts(at.0, at.1).await, [], "{why}");
}

async fn send(stage: &PartStage, address: &PartAddress, bytes: &'static [u8]) -> Visit {
    stage.addresses().send(address, Bytes::from_static(bytes)).await
}

/// Parts are sent to addresses or are not, of any upload.
pub async fn as_told(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::new(harness).await else { return };
    let has_addresses = PartStage::with_addresses(harness).await.is_some();
    let (key, tag) = stage.begin().await;
    for number in [1, 2] {
        let address = stage.direct.address(&key, &tag, plan(number, 1), AN_HOUR).await.expect("it answers");
        assert_eq!(address.is_some(), has_addresses);
    }
}

/// It is an address, with headers by their plain names.
pub async fn well_formed(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let address = stage.address(&key, &tag, plan(1, 3)).await;
    let url = &address.url;
    assert!(url.starts_with("https://") || url.starts_with("http://"), "{url}");
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    for (name, value) in &address.headers {
        assert!(
            !name.is_empty() && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()),
            "{name}"
        );
        assert!(value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{name}: {value}");
    }
    for secret in stage.stage.world().secrets().iter().filter(|secret| !secret.is_empty()) {
        assert!(!url.contains(secret.as_str()), "an address tells a key");
    }
    assert!(!format!("{address:?}").contains(url), "Debug shows an address");
}

/// It is over when its time is, and opens until then, again and again.
pub async fn expired(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let of = Duration::from_secs;
    for (ago, lasts, opens) in
        [(0, 60, true), (30, 60, true), (70, 60, false), (3_500, 3_600, true), (7_200, 3_600, false)]
    {
        let (key, tag) = stage.begin().await;
        let earlier = stage.addresses().behind_with_parts(of(ago));
        let address = earlier.address(&key, &tag, plan(1, 3), of(lasts)).await.expect("it signs");
        let address = address.expect("it has addresses");
        let why = format!("{lasts} seconds, {ago} seconds ago");
        for bytes in [b"one", b"two"] {
            let visit = send(&stage, &address, bytes).await;
            if opens {
                assert!(visit.status < 300, "{why}: {}", visit.status);
            } else {
                is_refused(&stage, (&key, &tag), &visit, &why).await;
            }
        }
    }
}

/// Nobody sends for longer than a day, whatever is asked.
pub async fn at_most_a_day(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let earlier = stage.addresses().behind_with_parts(Duration::from_hours(25));
    for lasts in [Duration::from_hours(48), Duration::from_hours(24 * 30), Duration::MAX] {
        let address = earlier.address(&key, &tag, plan(1, 3), lasts).await.expect("it signs");
        let visit = send(&stage, &address.expect("it has addresses"), b"one").await;
        is_refused(&stage, (&key, &tag), &visit, &format!("{lasts:?}, 25 hours ago")).await;
    }
}

/// An address in which anything was changed is none: the number of the part, the upload, the time.
pub async fn altered(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let address = stage.address(&key, &tag, plan(11, 3)).await;
    let (path, query) = address.url.split_once('?').expect("what it is signed with");
    let parameters: Vec<&str> = query.split('&').collect();
    assert!(parameters.len() > 2, "{query}");
    let with = |parameters: &[&str]| PartAddress {
        url: format!("{path}?{}", parameters.join("&")),
        headers: address.headers.clone(),
    };
    for (place, parameter) in parameters.iter().enumerate() {
        let mut without = parameters.clone();
        without.remove(place);
        let visit = send(&stage, &with(&without), b"one").await;
        is_refused(&stage, (&key, &tag), &visit, &format!("without {parameter}")).await;
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if let Some(other) = another(value) {
            let changed = format!("{name}={other}");
            let mut altered = parameters.clone();
            altered[place] = &changed;
            let visit = send(&stage, &with(&altered), b"one").await;
            is_refused(&stage, (&key, &tag), &visit, &format!("{parameter} as {changed}")).await;
        }
    }
    let bare = PartAddress { url: path.to_owned(), headers: address.headers.clone() };
    is_refused(&stage, (&key, &tag), &send(&stage, &bare, b"one").await, "without anything").await;
    assert!(send(&stage, &address, b"one").await.status < 300, "it opens as it is");
}

/// The address with another text in it, which is there.
fn replaced(address: &PartAddress, from: &str, to: &str) -> PartAddress {
    assert!(address.url.contains(from), "{} has no {from}", address.url);
    PartAddress { url: address.url.replace(from, to), headers: address.headers.clone() }
}

/// The address under one key takes nothing under another.
pub async fn of_another_object(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (mine, mine_tag) = stage.begin().await;
    let (other, other_tag) = stage.begin().await;
    let id = |key: &ObjectKey| key.as_str().trim_start_matches("files/").to_owned();
    let address = stage.address(&mine, &mine_tag, plan(1, 3)).await;
    let moved = replaced(&address, &id(&mine), &id(&other));
    let visit = send(&stage, &moved, b"one").await;
    is_refused(&stage, (&other, &other_tag), &visit, "the key of another object").await;
    is_refused(&stage, (&mine, &mine_tag), &visit, "the key of another object").await;
    // Tags may be written in another way in an address.
    if moved.url.contains(mine_tag.as_str()) {
        let visit = send(&stage, &replaced(&moved, mine_tag.as_str(), other_tag.as_str()), b"one").await;
        is_refused(&stage, (&other, &other_tag), &visit, "key and upload of another object").await;
    }
}

/// The address of one upload takes nothing for another under the same key.
pub async fn of_another_upload(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let other = stage.direct.begin(&key).await.expect("it begins");
    let address = stage.address(&key, &tag, plan(1, 3)).await;
    if address.url.contains(tag.as_str()) {
        let visit = send(&stage, &replaced(&address, tag.as_str(), other.as_str()), b"one").await;
        is_refused(&stage, (&key, &other), &visit, "another upload").await;
    }
    assert!(send(&stage, &address, b"one").await.status < 300, "it opens as it is");
    assert_eq!(stage.parts(&key, &other).await, []);
}

/// Whoever signs with another key sends nothing.
pub async fn foreign(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let stranger = stage.addresses().stranger_to_parts();
    let address = stranger.address(&key, &tag, plan(1, 3), AN_HOUR).await.expect("it signs");
    let visit = send(&stage, &address.expect("it has addresses"), b"one").await;
    is_refused(&stage, (&key, &tag), &visit, "signed by a stranger").await;
}

/// It takes a part, and does nothing else.
pub async fn for_sending_only(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (key, tag) = stage.begin().await;
    let address = stage.address(&key, &tag, plan(1, 3)).await;
    assert!(send(&stage, &address, b"one").await.status < 300);
    let parts = stage.parts(&key, &tag).await;
    for method in ["GET", "POST", "DELETE"] {
        let visit = stage.addresses().visit(method, &address.url, None).await;
        assert!(visit.status >= 400 && visit.body != "one", "{method}: {}", visit.status);
        assert_eq!(stage.parts(&key, &tag).await, parts, "after {method}");
    }
}

/// After the upload is over nothing is taken any more, and the object stays as it is.
pub async fn of_an_upload_that_is_over(harness: &dyn FilesHarness) {
    let Some(stage) = PartStage::with_addresses(harness).await else { return };
    let (joined, joined_tag, parts) = stage.sent(&[b"one"]).await;
    let (dropped, dropped_tag, _) = stage.sent(&[b"one"]).await;
    let addresses = [
        stage.address(&joined, &joined_tag, plan(1, 3)).await,
        stage.address(&dropped, &dropped_tag, plan(1, 3)).await,
    ];
    stage.join(&joined, &joined_tag, &parts).await;
    stage.abort(&dropped, &dropped_tag).await;
    for address in &addresses {
        let visit = send(&stage, address, b"two").await;
        is_refused(&stage, (&joined, &joined_tag), &visit, "it is over").await;
        assert_eq!(stage.parts(&dropped, &dropped_tag).await, []);
    }
    stage.is_object(&joined, &[b"one"]).await;
    stage.stage.is_absent(&dropped).await;
    stage.stage.nothing_remains().await;
}
