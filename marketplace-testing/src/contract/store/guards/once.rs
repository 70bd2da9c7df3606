//! What happens once: a second time it is stale, and so it is for a row that is not there.

use crate::contract::store::{
    StoreHarness,
    stage::{Stage, insert_file},
    variant::Variant,
};
use marketplace_core::{
    catalog::UploadState,
    commit::{Change, Refusal},
    delivery::DownloadSession,
    id::{FileId, HoldId, LinkId, ReviewId, SessionId, UploadId},
    payment::{NoticeOutcome, ReviewDecision},
};

/// `unknown` is stale before and after; `first` passes; `second` is stale then and changes nothing.
async fn once(stage: &Stage, first: Change, second: Change, unknown: Change) {
    stage.refuse(vec![unknown.clone()], Refusal::Stale).await;
    stage.apply(vec![first.clone()]).await;
    for late in [second, first.clone(), unknown] {
        stage.refuse(vec![late], Refusal::Stale).await;
        stage.expect_whole(&first, "after it was tried again").await;
    }
}

/// A file is taken off sale once; the first time counts.
pub async fn removes_a_file_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = Variant::RemoveFile.prepare(&stage).await;
    let Change::RemoveFile { id, .. } = first else { panic!("prepared another change") };
    let at = stage.fixture.tick();
    let unknown = Change::RemoveFile { id: FileId::from_uuid(stage.fixture.uuid()), at };
    once(&stage, first, Change::RemoveFile { id, at }, unknown).await;
}

/// An upload is moved on once from where it stood.
pub async fn moves_an_upload_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = Variant::AdvanceUpload.prepare(&stage).await;
    let Change::AdvanceUpload { id, seen, .. } = first else { panic!("prepared another change") };
    let late = |id| Change::AdvanceUpload {
        id,
        seen,
        to: UploadState::Checking,
        refusal: None,
        expires_at: stage.fixture.tick(),
    };
    let unknown = late(UploadId::from_uuid(stage.fixture.uuid()));
    once(&stage, first, late(id), unknown).await;
}

/// A hold is released once; the first time counts.
pub async fn releases_a_hold_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = Variant::ReleaseHold.prepare(&stage).await;
    let Change::ReleaseHold { id, .. } = first else { panic!("prepared another change") };
    let at = stage.fixture.tick();
    let unknown = Change::ReleaseHold { id: HoldId::from_uuid(stage.fixture.uuid()), at };
    once(&stage, first, Change::ReleaseHold { id, at }, unknown).await;
}

/// A link is used once, and a second claim opens no download.
pub async fn claims_a_link_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let first = Variant::ClaimLink.prepare(&stage).await;
    let Change::ClaimLink { id, ref session, .. } = first else { panic!("prepared another change") };
    let again = || DownloadSession {
        id: SessionId::from_uuid(fixture.uuid()),
        token: fixture.token(),
        ..session.clone()
    };
    let second = Change::ClaimLink { id, at: fixture.tick(), session: again() };
    let nobody = LinkId::from_uuid(fixture.uuid());
    let of_nobody = DownloadSession { link: nobody, ..again() };
    let unknown = Change::ClaimLink { id: nobody, at: fixture.tick(), session: of_nobody };
    for late in [&second, &unknown] {
        let Change::ClaimLink { session, .. } = late else { continue };
        assert_eq!(stage.store.download_session(&session.token).await.expect("downloads are read"), None);
    }
    once(&stage, first, second.clone(), unknown.clone()).await;
    for late in [second, unknown] {
        let Change::ClaimLink { session, .. } = late else { continue };
        let opened = stage.store.download_session(&session.token).await.expect("downloads are read");
        assert_eq!(opened, None, "a claim that was refused opens nothing");
    }
}

/// What became of a notice is noted once; the first outcome counts.
pub async fn closes_a_notice_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = Variant::CloseNotice.prepare(&stage).await;
    let Change::CloseNotice { ref key, .. } = first else { panic!("prepared another change") };
    let (outcome, at) = (NoticeOutcome::Review, stage.fixture.tick());
    let second = Change::CloseNotice { key: key.clone(), outcome, at };
    let unknown = Change::CloseNotice { key: stage.fixture.word("nothing"), outcome, at };
    once(&stage, first, second, unknown).await;
}

/// What an operator decided is noted once; the first decision counts.
pub async fn closes_a_review_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let first = Variant::CloseReview.prepare(&stage).await;
    let Change::CloseReview { id, .. } = first else { panic!("prepared another change") };
    let closing = || stage.fixture.closing(ReviewDecision::Accept);
    let second = Change::CloseReview { id, closing: closing() };
    let unknown = Change::CloseReview { id: ReviewId::from_uuid(stage.fixture.uuid()), closing: closing() };
    once(&stage, first, second, unknown).await;
}

/// An upload becomes one file, and one that was never noted becomes none.
pub async fn makes_a_file_of_an_upload_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let upload = fixture.upload(&stage.shop().await.product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    let (first, second) = (fixture.file(&upload), fixture.upload(&stage.shop().await.product));
    let other = fixture.file(&second);
    let from = |upload: UploadId| Change::InsertFile {
        file: other.file.clone(),
        version: other.version.clone(),
        upload,
    };
    once(&stage, insert_file(&first, &upload), from(upload.id), from(second.id)).await;
    stage.expect_nothing(&from(upload.id), "of an upload that was over").await;
}

/// An upload that was closed becomes no file.
pub async fn takes_no_closed_upload(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let upload = stage.fixture.upload(&stage.shop().await.product);
    stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    assert!(stage.store.close_upload(upload.id).await.expect("an upload is closed"), "it was there");
    let late = insert_file(&stage.fixture.file(&upload), &upload);
    stage.refuse(vec![late.clone()], Refusal::Stale).await;
    stage.expect_nothing(&late, "of a closed upload").await;
    stage.store.open_upload(upload).await.expect("the same upload again is no error");
    stage.refuse(vec![late.clone()], Refusal::Stale).await;
    stage.expect_nothing(&late, "of an upload that was closed and noted again").await;
}
