//! Uploads beside each other, and on parts that fail.

use super::{Desk, honest, pdf};
use crate::services::at_once;
use marketplace_core::{
    catalog::{CatalogError, UploadState, UploadStatus},
    file::FileError,
    job::JobState,
    page::Page,
};
use marketplace_testing::{fake::FileFault, fault::Fault};
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn completions_at_once_make_one_file() {
    for _ in 0..10 {
        let desk = Arc::new(Desk::new().await);
        let bytes = pdf(100);
        let begun = desk.begun(&bytes).await;
        let parts = desk.send_all(&begun, &bytes).await;
        let calls = (0..8).map(|_| {
            let (desk, parts, id) = (Arc::clone(&desk), parts.clone(), begun.id);
            async move { desk.complete(id, &parts).await }
        });
        for completed in at_once(calls.collect()).await {
            completed.expect("each hears of the same");
        }
        let jobs = desk.shop.market().jobs().jobs_in(JobState::Ready, Page::first(Page::MAX)).await;
        let checks =
            jobs.expect("jobs are listed").iter().filter(|job| job.new.kind == "uploads.check").count();
        assert_eq!(checks, 1);
        desk.shop.run_jobs().await;
        assert_eq!(desk.files().await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_beside_the_sweep_is_whole_or_gone() {
    for _ in 0..20 {
        let desk = Arc::new(Desk::new().await);
        let bytes = pdf(100);
        let begun = desk.begun(&bytes).await;
        let parts = desk.send_all(&begun, &bytes).await;
        let id = begun.id;
        let (one, other) = (Arc::clone(&desk), Arc::clone(&desk));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { other.shop.market().catalog().cancel_upload(&other.creator, id).await });
        let completed = one.complete(id, &parts).await;
        tasks
            .join_all()
            .await
            .into_iter()
            .for_each(|given_up| given_up.expect("giving up is always possible"));
        desk.shop.run_jobs().await;
        match desk.row(id).await.state {
            UploadState::Ready => {
                completed.expect("it was told");
                assert_eq!(desk.files().await.len(), 1);
            }
            UploadState::Dropped => {
                // Either it came too late, or it was given up while it waited to be looked at.
                assert!(matches!(completed, Ok(_) | Err(CatalogError::UploadGone)), "{completed:?}");
                assert_eq!(desk.files().await, []);
                // An object that was joined between is found by the sweep or deleted with the upload.
                desk.shop.clock().advance(Duration::from_hours(25));
                desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on");
                assert!(desk.is_empty());
            }
            other => panic!("neither: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_store_that_fails_for_a_while_costs_nothing() {
    let desk = Desk::new().await;
    let bytes = pdf(100);
    desk.shop.files().fail_next(FileFault::Unavailable);
    assert!(matches!(desk.begin(honest(&bytes)).await, Err(CatalogError::File(FileError::Unavailable(_)))));
    let begun = desk.begun(&bytes).await;
    desk.shop.files().fail_next(FileFault::Unavailable);
    let put = desk.put(&begun.parts[0], &bytes).await;
    assert!(matches!(put, Err(CatalogError::File(FileError::Unavailable(_)))), "{put:?}");
    let parts = desk.send_all(&begun, &bytes).await;
    desk.shop.files().fail_next(FileFault::Unavailable);
    let completed = desk.complete(begun.id, &parts).await;
    assert!(matches!(completed, Err(CatalogError::File(FileError::Unavailable(_)))), "{completed:?}");
    desk.shop.files().fail_next(FileFault::AnswerLost);
    let completed = desk.complete(begun.id, &parts).await;
    assert!(matches!(completed, Err(CatalogError::File(FileError::Unavailable(_)))), "{completed:?}");
    desk.complete(begun.id, &parts).await.expect("it was done");
    for fault in [FileFault::Unavailable, FileFault::BreaksOff] {
        desk.shop.files().fail_next(fault);
        desk.shop.run_jobs().await;
        assert_eq!(desk.files().await, [], "{fault:?}: it could not be read");
        desk.shop.clock().advance(Duration::from_hours(1));
    }
    desk.shop.run_jobs().await;
    assert_eq!(desk.files().await.len(), 1);
}

/// Every call of the store fails once, in every way; whoever repeats what was refused gets one file.
#[tokio::test]
async fn a_store_that_fails_at_any_call_is_asked_again_and_there_is_one_file() {
    for fault in [Fault::UnavailableBefore, Fault::UnknownBefore, Fault::UnknownAfter] {
        for at in 0..12 {
            for commits in [false, true] {
                let desk = Desk::new().await;
                let bytes = pdf(100);
                let begun = desk.begun(&bytes).await;
                let parts = desk.send_all(&begun, &bytes).await;
                for _ in 0..at {
                    if commits {
                        desk.shop.faults().on_commit(None)
                    } else {
                        desk.shop.faults().on_call(None)
                    }
                }
                if commits {
                    desk.shop.faults().on_commit(fault)
                } else {
                    desk.shop.faults().on_call(fault)
                }
                if desk.complete(begun.id, &parts).await.is_err() {
                    desk.complete(begun.id, &parts).await.expect("the second time it works");
                }
                // A worker that could not ask, or a job that failed, comes again.
                for _ in 0..3 {
                    let _ = desk.shop.market().worker().run_due().await;
                    desk.shop.clock().advance(Duration::from_hours(1));
                }
                let told = desk.status(begun.id).await;
                assert!(matches!(told, Ok(UploadStatus::Ready(_))), "{fault:?} at {at}: {told:?}");
                assert_eq!(desk.files().await.len(), 1, "{fault:?} at {at}");
                assert_eq!(desk.shop.files().keys().len(), 1);
            }
        }
    }
}
