//! Whether the parts of a marketplace work.
//!
//! Guarantees: an answer within [`PATIENCE`], whatever the parts do: one that says nothing until then counts as
//! unavailable. All parts are asked at once.
//!
//! Does not: ask the gateway or the mail server. Without them what was sold is still delivered, and their work waits
//! as jobs.
//!
//! Called by: [`Marketplace::health`](super::Marketplace::health).

use crate::{
    error::StoreError,
    file::{FileError, FileStore, ObjectKey, ObjectMeta},
    id::FileVersionId,
    store::Health,
    time::Timer,
};
use futures_util::future::{Either, join, select};
use std::{future::Future, pin::pin, time::Duration};
use uuid::Uuid;

/// How long a part may take: what asks for health, a balancer or a supervisor, waits about as long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which parts work.
#[derive(Debug)]
pub struct HealthReport {
    /// The store's answer.
    pub store: Result<(), StoreError>,
    /// The file store's answer, when asked for an object that is not there.
    pub files: Result<(), FileError>,
}

impl HealthReport {
    /// Whether all parts work.
    pub const fn is_ready(&self) -> bool {
        self.store.is_ok() && self.files.is_ok()
    }

    pub(super) async fn ask(store: &dyn Health, files: &dyn FileStore, timer: &dyn Timer) -> Self {
        let nothing = ObjectKey::of(FileVersionId::from_uuid(Uuid::nil()));
        Self::of(store.check(), files.head(&nothing), timer).await
    }

    async fn of(
        store: impl Future<Output = Result<(), StoreError>>,
        files: impl Future<Output = Result<Option<ObjectMeta>, FileError>>,
        timer: &dyn Timer,
    ) -> Self {
        let (store, files) = join(in_time(store, timer), in_time(files, timer)).await;
        let late = || format!("no answer within {} s", PATIENCE.as_secs()).into();
        Self {
            store: store.unwrap_or_else(|| Err(StoreError::Unavailable(late()))),
            files: files.unwrap_or_else(|| Err(FileError::Unavailable(late()))).map(|_| ()),
        }
    }
}

async fn in_time<T>(asked: impl Future<Output = T>, timer: &dyn Timer) -> Option<T> {
    match select(pin!(asked), timer.sleep(PATIENCE)).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MockTimer;
    use futures_util::future::{Either, pending, ready};

    /// Answers at once, or never.
    fn part<T>(answer: Option<T>) -> impl Future<Output = T> {
        answer.map_or_else(|| Either::Right(pending()), |answer| Either::Left(ready(answer)))
    }

    async fn report(store_answers: bool, files_answer: bool) -> HealthReport {
        // Time is over as soon as it is looked at; what has answered by then is in time.
        let mut timer = MockTimer::new();
        timer.expect_sleep().return_const(());
        let (store, files) = (part(store_answers.then_some(Ok(()))), part(files_answer.then_some(Ok(None))));
        HealthReport::of(store, files, &timer).await
    }

    #[tokio::test]
    async fn parts_that_answer_are_ready() {
        assert!(report(true, true).await.is_ready());
    }

    #[tokio::test]
    async fn a_part_that_says_nothing_is_unavailable_and_holds_nobody() {
        for (store_answers, files_answer) in [(true, false), (false, true), (false, false)] {
            let report = report(store_answers, files_answer).await;
            assert!(!report.is_ready());
            assert_eq!(matches!(report.store, Err(StoreError::Unavailable(_))), !store_answers, "{report:?}");
            assert_eq!(matches!(report.files, Err(FileError::Unavailable(_))), !files_answer, "{report:?}");
        }
    }
}
