//! Noting what comes to links and downloads.
//!
//! Guarantees: noting decides nothing. It happens after the answer is decided, it cannot fail it, and it holds it up for
//! a quarter of a second at the most: a store that takes longer ends the write by itself, or does not. Only so many
//! are noted at a time; what comes beyond that in a flood is answered and not counted, so that a link that is hammered
//! does not take the store away from sales.
//!
//! Does not: know who asks. No address and no name of a client comes here; only its class does.
//!
//! Called by: the routes of links and downloads, through [`Delivery::note`].

use super::{AgentClass, Delivery, DeliveryError, NewVisit, Redemption, VisitKind, VisitResult, Visits};
use crate::{
    id::{LinkId, Token},
    time::{Clock, Timer},
};
use futures_util::future::{Either, select};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// How long an answer waits for its note.
const PATIENCE: Duration = Duration::from_millis(250);
/// How many are noted at once.
const MOST: usize = 32;

/// Notes visits, by the rules above.
#[derive(Debug, Clone)]
pub struct Witness {
    visits: Arc<dyn Visits>,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    under_way: Arc<AtomicUsize>,
}

/// A place among those that are noted; free again when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(under_way: &'a AtomicUsize) -> Option<Self> {
        let place = Self(under_way);
        let others = under_way.fetch_add(1, Ordering::AcqRel);
        (others < MOST).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Witness {
    /// Notes in these rows.
    pub fn new(visits: Arc<dyn Visits>, clock: Arc<dyn Clock>, timer: Arc<dyn Timer>) -> Self {
        Self { visits, clock, timer, under_way: Arc::default() }
    }

    async fn note(&self, link: LinkId, kind: VisitKind, agent: AgentClass, result: VisitResult) {
        let visit = NewVisit { link, kind, agent, result, at: self.clock.now() };
        tracing::info!(link.id = %link, visit.kind = %kind, visit.agent = %agent, visit.result = %result, "a link was visited");
        let Some(_place) = Place::take(&self.under_way) else {
            // Not a warning: a flood would fill the log with them.
            tracing::debug!(link.id = %link, "a visit is not counted: too many come at once");
            return;
        };
        let noted = pin!(self.visits.note_visit(visit));
        let patience = pin!(self.timer.sleep(PATIENCE));
        match select(noted, patience).await {
            Either::Left((Ok(()), _)) => {}
            Either::Left((Err(error), _)) => {
                tracing::warn!(link.id = %link, error = %error, cause = ?std::error::Error::source(&error), "a visit is not counted");
            }
            Either::Right(_) => {
                tracing::warn!(link.id = %link, "a visit may not be counted: the store takes long");
            }
        }
    }
}

impl Delivery {
    /// Notes what came to a link or to its download, and what it was answered. Best effort: see [`Witness`].
    pub async fn note(&self, link: LinkId, kind: VisitKind, agent: AgentClass, result: VisitResult) {
        self.witness.note(link, kind, agent, result).await;
    }

    /// The link of this token, and why it opens nothing; `None` if there never was such a link. For the timeline of its
    /// order only: whoever comes with a link is never told which of the reasons it is.
    pub async fn refusal(&self, token: &Token) -> Result<Option<(LinkId, VisitResult)>, DeliveryError> {
        let Some(Redemption { link, entitlement, .. }) = self.links.redemption(&token.hash()).await? else {
            return Ok(None);
        };
        let result = if entitlement.revoked_at.is_some() {
            VisitResult::Revoked
        } else if link.claimed_at.is_some() {
            VisitResult::Used
        } else {
            VisitResult::Expired
        };
        Ok(Some((link.id, result)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delivery::MockVisits,
        error::StoreError,
        time::{ManualClock, MockTimer, Timestamp},
    };
    use futures_util::{FutureExt as _, future::join_all};
    use std::sync::Mutex;

    fn witness(visits: MockVisits, timer: MockTimer) -> Witness {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(7)));
        Witness::new(Arc::new(visits), clock, Arc::new(timer))
    }

    /// A timer whose time never comes, or is over at once.
    #[derive(Debug)]
    struct Sleeps(bool);

    #[async_trait::async_trait]
    impl Timer for Sleeps {
        async fn sleep(&self, _: Duration) {
            if !self.0 {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Rows that never answer.
    #[derive(Debug, Default)]
    struct Stuck(Mutex<usize>);

    #[async_trait::async_trait]
    impl Visits for Stuck {
        async fn note_visit(&self, _: NewVisit) -> Result<(), StoreError> {
            *self.0.lock().unwrap() += 1;
            std::future::pending().await
        }
        async fn visits_of(&self, _: &[LinkId]) -> Result<Vec<super::super::Visit>, StoreError> {
            std::future::pending().await
        }
    }

    fn some_link() -> LinkId {
        LinkId::from_uuid(uuid::Uuid::from_u128(1))
    }

    #[tokio::test]
    async fn a_store_that_refuses_is_no_failure() {
        let mut visits = MockVisits::new();
        visits.expect_note_visit().once().returning(|_| Err(StoreError::defect("it is full")));
        let mut timer = MockTimer::new();
        timer.expect_sleep().returning(|_| ());
        witness(visits, timer)
            .note(some_link(), VisitKind::Look, AgentClass::Browser, VisitResult::Shown)
            .await;
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_holds_nothing_up_for_long() {
        let rows = Arc::new(Stuck::default());
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(7)));
        let over = Witness::new(rows.clone(), clock, Arc::new(Sleeps(true)));
        let note = || over.note(some_link(), VisitKind::Claim, AgentClass::Bot, VisitResult::Used);
        join_all((0..100).map(|_| note())).await;
        assert_eq!(over.under_way.load(Ordering::SeqCst), 0, "every place is free again");
    }

    #[tokio::test]
    async fn only_so_many_are_noted_at_once() {
        let rows = Arc::new(Stuck::default());
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(7)));
        let waiting = Witness::new(rows.clone(), clock, Arc::new(Sleeps(false)));
        let note = || waiting.note(some_link(), VisitKind::Claim, AgentClass::Bot, VisitResult::Used).boxed();
        let mut notes: Vec<_> = (0..MOST + 10).map(|_| note()).collect();
        let answered: Vec<bool> = notes.iter_mut().map(|note| note.now_or_never().is_some()).collect();
        assert_eq!(answered.iter().filter(|answered| **answered).count(), 10, "those beyond go on at once");
        assert_eq!(*rows.0.lock().unwrap(), MOST);
        drop(notes);
        assert_eq!(waiting.under_way.load(Ordering::SeqCst), 0, "a caller that goes away frees its place");
    }
}
