//! Uploads under way.

use super::{
    StoreHarness,
    stage::{Outcome, Stage, at_once, insert_file},
};
use marketplace_core::{
    catalog::{Announced, Product, Upload, UploadRefusal, UploadState},
    commit::{Change, Refusal},
    file::UploadTag,
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

async fn sweep(stage: &Stage, upload: &Upload) {
    stage.store.note_swept(upload.id).await.expect("a sweep is noted");
}

async fn read(stage: &Stage, upload: &Upload) -> Option<Upload> {
    stage.store.upload(upload.id).await.expect("uploads are read")
}

/// Another state, from the one that an upload has.
async fn advance(stage: &Stage, upload: &Upload, to: UploadState, refusal: Option<UploadRefusal>) -> Upload {
    let expires_at = stage.fixture.tick();
    let change = Change::AdvanceUpload { id: upload.id, seen: upload.state, to, refusal, expires_at };
    stage.apply(vec![change]).await;
    Upload { state: to, refusal, expires_at, ..upload.clone() }
}

/// What was announced is kept as it was, and found by id and token; what was not announced is absent.
pub async fn announced(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let plain = open(&stage, &product).await;
    let whole = stage.fixture.announced_upload(&product);
    let mut bare = stage.fixture.announced_upload(&product);
    let most = Announced {
        content_type: None,
        digest: None,
        size: u64::try_from(i64::MAX).expect("it is positive"),
        ..bare.announced.clone().expect("it is announced")
    };
    bare.announced = Some(most);
    for upload in [&whole, &bare] {
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    }
    for upload in [&plain, &whole, &bare] {
        assert_eq!(read(&stage, upload).await.as_ref(), Some(upload));
        let Some(announced) = &upload.announced else { continue };
        let by_token = stage.store.upload_by_token(&announced.token).await.expect("uploads are read");
        assert_eq!(by_token.as_ref(), Some(upload));
    }
    let unknown = stage.fixture.announced_upload(&product);
    assert_eq!(read(&stage, &unknown).await, None);
    let token = unknown.announced.expect("it is announced").token;
    assert_eq!(stage.store.upload_by_token(&token).await.expect("uploads are read"), None);
}

/// An announced upload gets its file store's name once, while it is open.
pub async fn tagged_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let tag = |upload: &Upload, text: &str| {
        let (store, id, tag) = (Arc::clone(&stage.store), upload.id, UploadTag::new(text));
        async move { store.tag_upload(id, &tag).await.expect("an upload is tagged") }
    };
    let upload = stage.fixture.announced_upload(&product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    assert!(tag(&upload, "first").await);
    assert!(!tag(&upload, "second").await, "it has a name");
    let kept = read(&stage, &upload).await.and_then(|upload| upload.announced?.tag);
    assert_eq!(kept, Some(UploadTag::new("first")));
    assert!(!tag(&open(&stage, &product).await, "x").await, "one that was not announced");
    assert!(!tag(&stage.fixture.announced_upload(&product), "x").await, "an unknown one");
    let over = stage.fixture.announced_upload(&product);
    stage.store.open_upload(over.clone()).await.expect("an upload is noted");
    assert!(close(&stage, &over).await);
    assert!(!tag(&over, "x").await, "one that is over");
}

/// Open uploads of a creator are counted, and a product knows whether one of its uploads is being checked.
pub async fn counted(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (shop, other) = (stage.shop().await, stage.shop().await);
    let count =
        async |now| stage.store.open_uploads_of(shop.creator.id, now).await.expect("uploads are counted");
    let checking = async || stage.store.is_checking(shop.product.id).await.expect("uploads are looked for");
    let uploads = [(); 3].map(|()| stage.fixture.announced_upload(&shop.product));
    let foreign = stage.fixture.announced_upload(&other.product);
    for upload in uploads.iter().chain([&foreign, &stage.fixture.upload(&shop.product)]) {
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    }
    assert_eq!(count(uploads[0].expires_at).await, 3, "its own, announced");
    let later = uploads[0].expires_at.saturating_add(Duration::from_micros(1));
    assert_eq!(count(later).await, 2, "that have not expired");
    assert!(close(&stage, &uploads[0]).await);
    advance(&stage, &foreign, UploadState::Checking, None).await;
    assert!(!checking().await, "another product's");
    let looked_at = advance(&stage, &uploads[1], UploadState::Checking, None).await;
    let soon = looked_at.expires_at.min(uploads[2].expires_at);
    assert_eq!((count(soon).await, checking().await), (2, true), "one open, one being checked");
    advance(&stage, &looked_at, UploadState::Refused, Some(UploadRefusal::TypeDiffers)).await;
    assert!(!checking().await, "it has been looked at");
}

/// An upload that is being checked is not given up, becomes a file or is refused; one that is refused becomes no file.
pub async fn checked(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    let mut checking = Vec::new();
    for _ in 0..2 {
        let upload = stage.fixture.announced_upload(&product);
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let upload = advance(&stage, &upload, UploadState::Checking, None).await;
        assert!(!close(&stage, &upload).await, "its bytes are wanted");
        sweep(&stage, &upload).await;
        checking.push(upload);
    }
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, checking, "one that is looked at for too long shows");
    let file = stage.fixture.file(&checking[0]);
    stage.apply(vec![insert_file(&file, &checking[0])]).await;
    let ready = read(&stage, &checking[0]).await.map(|upload| upload.state);
    assert_eq!(ready, Some(UploadState::Ready));
    let refused =
        advance(&stage, &checking[1], UploadState::Refused, Some(UploadRefusal::DigestDiffers)).await;
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, std::slice::from_ref(&refused), "until it is swept");
    let file = stage.fixture.file(&refused);
    stage.refuse(vec![insert_file(&file, &refused)], Refusal::Stale).await;
    sweep(&stage, &refused).await;
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, []);
}

/// When one refuses an upload while another makes a file of it, exactly one of them succeeds.
pub async fn refused_or_filed(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    for _ in 0..16 {
        let upload = stage.fixture.announced_upload(&product);
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let upload = advance(&stage, &upload, UploadState::Checking, None).await;
        let refusal = Change::AdvanceUpload {
            id: upload.id,
            seen: UploadState::Checking,
            to: UploadState::Refused,
            refusal: Some(UploadRefusal::NotChecked),
            expires_at: upload.expires_at,
        };
        let (refuse, take) = (
            stage.fixture.set(vec![refusal]),
            stage.fixture.set(vec![insert_file(&stage.fixture.file(&upload), &upload)]),
        );
        let both = tokio::join!(stage.send(&refuse), stage.send(&take));
        let state = read(&stage, &upload).await.map(|upload| upload.state);
        match both {
            (Outcome::Applied, Outcome::Refused(Refusal::Stale)) => {
                assert_eq!(state, Some(UploadState::Refused))
            }
            (Outcome::Refused(Refusal::Stale), Outcome::Applied) => {
                assert_eq!(state, Some(UploadState::Ready))
            }
            other => panic!("{upload:?} came to {other:?}"),
        }
    }
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
    let dropped = Upload { state: UploadState::Dropped, ..uploads[0].clone() };
    let listed = stale(&stage, Timestamp::MAX, 10).await;
    assert_eq!((&listed[0], &listed[1..]), (&dropped, &uploads[1..]), "until it is swept");
    sweep(&stage, &uploads[0]).await;
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, uploads[1..], "one that is swept is not listed");
    sweep(&stage, &uploads[1]).await;
    assert_eq!(stale(&stage, Timestamp::MAX, 10).await, uploads[1..], "one that may go on is not swept");
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
