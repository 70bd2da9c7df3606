//! Uploads under way.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, at_once, insert_file},
};
use marketplace_core::{
    catalog::{Product, Upload},
    commit::Refusal,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

async fn open(stage: &Stage, product: &Product) -> Upload {
    let upload = stage.fixture.upload(product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    upload
}

async fn stale(stage: &Stage, now: Timestamp, limit: u32) -> Vec<Upload> {
    stage.store.stale_uploads(now, limit).await.expect("uploads are listed")
}

async fn close(stage: &Stage, upload: &Upload) -> bool {
    stage.store.close_upload(upload.id).await.expect("an upload is closed")
}

/// An upload is noted once, as it was given.
pub async fn opened_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let upload = open(&stage, &stage.shop().await.product).await;
    stage.store.open_upload(upload.clone()).await.expect("the same upload again is no error");
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, std::slice::from_ref(&upload), "there is one");
    assert!(close(&stage, &upload).await);
    stage.store.open_upload(upload.clone()).await.expect("the same upload again is no error");
    assert!(!close(&stage, &upload).await, "it stays closed");
    let file = stage.fixture.file(&upload);
    stage.refuse(vec![insert_file(&file, &upload)], Refusal::Stale).await;
}

/// Uploads are stale after their time, oldest first, as many as asked for.
pub async fn stale_in_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let uploads: Vec<Upload> = (0..5).map(|_| stage.fixture.upload(&product)).collect();
    for index in [3, 0, 4, 1, 2] {
        stage.store.open_upload(uploads[index].clone()).await.expect("an upload is noted");
    }
    let third = uploads[2].expires_at;
    assert_eq!(stale(&stage, third, 10).await, uploads[..2], "the third one may still go on at its end");
    let after = third.saturating_add(Duration::from_micros(1));
    assert_eq!(stale(&stage, after, 10).await, uploads[..3], "and is stale after it");
    assert_eq!(stale(&stage, Timestamp::MAX, 2).await, uploads[..2], "the oldest first");
    assert_eq!(stale(&stage, Timestamp::MAX, 0).await, [], "none, if none is asked for");
    assert!(close(&stage, &uploads[0]).await);
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, uploads[1..], "a closed one is not listed");
}

/// An upload is closed once, and then never becomes a file.
pub async fn closed_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let upload = open(&stage, &product).await;
    let calls = (0..16).map(|_| {
        let (store, id) = (Arc::clone(&stage.store), upload.id);
        async move { store.close_upload(id).await.expect("an upload is closed") }
    });
    let closed = at_once(calls).await.into_iter().filter(|closed| *closed).count();
    assert_eq!(closed, 1, "of 16 that close it at once");
    assert!(!close(&stage, &upload).await, "it is closed");
    assert!(!close(&stage, &stage.fixture.upload(&product)).await, "an unknown one was not there");
    let file = stage.fixture.file(&upload);
    stage.refuse(vec![insert_file(&file, &upload)], Refusal::Stale).await;
    assert_eq!(stage.store.file(file.file.id).await.expect("files are read"), None);
}

/// An upload that became a file is not stale, cannot be closed, and does not become a second file.
pub async fn became_a_file(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let upload = open(&stage, &product).await;
    let file = stage.fixture.file(&upload);
    stage.apply(vec![insert_file(&file, &upload)]).await;
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, []);
    assert!(!close(&stage, &upload).await, "its object belongs to a file");
    let mut second = stage.fixture.file(&stage.fixture.upload(&product));
    second.version.object = stage.fixture.upload(&product).object;
    stage.refuse(vec![insert_file(&second, &upload)], Refusal::Stale).await;
    assert_eq!(stage.store.file(file.file.id).await.expect("files are read"), Some(file));
}

/// When one closes an upload while another makes a file of it, exactly one of them succeeds.
pub async fn closed_or_filed(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    for _ in 0..16 {
        let upload = open(&stage, &product).await;
        let file = stage.fixture.file(&upload);
        let set = stage.fixture.set(vec![insert_file(&file, &upload)]);
        let (closing, filing) = tokio::join!(close(&stage, &upload), stage.send(&set));
        let there = stage.store.file(file.file.id).await.expect("files are read").is_some();
        match filing {
            Outcome::Applied => assert!(!closing && there, "closed as well: {upload:?}"),
            Outcome::Refused(Refusal::Stale) => assert!(closing && !there, "neither: {upload:?}"),
            other => panic!("making a file of {upload:?} gave {other:?}"),
        }
    }
}
