//! What every case stands on: an empty store, a fixture, and words for what is done to the store.

use super::{FreshStore, StoreHarness};
use crate::build::Fixture;
use marketplace_core::{
    Store,
    catalog::{Product, StoredFile},
    commit::{Change, ChangeSet, Commit, CommitError, Committed, Refusal},
    delivery::{Entitlement, Link},
    id::{FileId, UserId},
    identity::User,
    order::Order,
    refund::Refund,
};
use std::{any::Any, sync::Arc};
use tokio::{sync::Barrier, task::JoinSet};

/// What became of a set, comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Applied,
    Replayed,
    Refused(Refusal),
    Failed(String),
}

impl Outcome {
    fn of(result: Result<Committed, CommitError>) -> Self {
        match result {
            Ok(Committed::Applied) => Self::Applied,
            Ok(Committed::Replayed) => Self::Replayed,
            Err(CommitError::Refused(refusal)) => Self::Refused(refusal),
            Err(error) => Self::Failed(format!("{error:?}")),
        }
    }
}

/// Sends a set once.
pub(crate) async fn send(port: &(impl Commit + ?Sized), set: &ChangeSet) -> Outcome {
    Outcome::of(port.commit(set.clone()).await)
}

/// A creator with a product.
pub(crate) struct Shop {
    pub(crate) creator: User,
    pub(crate) product: Product,
}

/// A shop, a buyer, and a pending order of the product.
pub(crate) struct Ordered {
    pub(crate) creator: User,
    pub(crate) buyer: User,
    pub(crate) product: Product,
    pub(crate) order: Order,
}

/// An order whose buyer may download.
pub(crate) struct Granted {
    pub(crate) ordered: Ordered,
    pub(crate) file: StoredFile,
    pub(crate) entitlement: Entitlement,
}

/// A store with its fixture.
pub(crate) struct Stage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) fixture: Fixture,
    _guard: Box<dyn Any + Send + Sync>,
}

impl Stage {
    /// An empty store.
    pub(crate) async fn new(harness: &dyn StoreHarness) -> Self {
        let FreshStore { store, guard } = harness.fresh().await;
        Self { store, fixture: Fixture::new(1), _guard: guard }
    }

    /// Sends a set once.
    pub(crate) async fn send(&self, set: &ChangeSet) -> Outcome {
        send(&*self.store, set).await
    }

    /// Sends changes under a new key.
    pub(crate) async fn try_apply(&self, changes: Vec<Change>) -> Outcome {
        self.send(&self.fixture.set(changes)).await
    }

    /// Sends changes that must be applied.
    #[track_caller]
    pub(crate) fn apply(&self, changes: Vec<Change>) -> impl Future<Output = ()> + Send {
        let caller = std::panic::Location::caller();
        let set = self.fixture.set(changes);
        async move {
            let outcome = self.send(&set).await;
            assert_eq!(outcome, Outcome::Applied, "a valid set was not applied, at {caller}: {set:?}");
        }
    }

    /// Sends changes that must be refused in this way.
    #[track_caller]
    pub(crate) fn refuse(&self, changes: Vec<Change>, with: Refusal) -> impl Future<Output = ()> + Send {
        let caller = std::panic::Location::caller();
        let set = self.fixture.set(changes);
        async move {
            let outcome = self.send(&set).await;
            assert_eq!(outcome, Outcome::Refused(with), "a guard did not hold, at {caller}: {set:?}");
        }
    }

    /// Sends sets at the same moment, each from a task of its own, and gives their outcomes in that order.
    pub(crate) async fn race(&self, sets: Vec<ChangeSet>) -> Vec<Outcome> {
        let calls = sets.into_iter().map(|set| {
            let store = Arc::clone(&self.store);
            async move { send(&*store, &set).await }
        });
        at_once(calls).await
    }

    /// A change that is always refused as stale.
    pub(crate) fn stale(&self) -> Change {
        Change::RemoveFile { id: FileId::from_uuid(self.fixture.uuid()), at: self.fixture.tick() }
    }

    /// A stored creator.
    pub(crate) async fn creator(&self) -> User {
        let creator = self.fixture.creator();
        self.apply(vec![Change::InsertUser(creator.clone())]).await;
        creator
    }

    /// A stored customer.
    pub(crate) async fn customer(&self) -> User {
        let user = self.fixture.user();
        self.apply(vec![Change::InsertUser(user.clone())]).await;
        user
    }

    /// A stored user as it is.
    pub(crate) async fn user(&self, id: UserId) -> User {
        self.store.user(id).await.expect("a user is read").expect("the user is stored")
    }

    /// A stored creator with a stored product.
    pub(crate) async fn shop(&self) -> Shop {
        let creator = self.fixture.creator();
        let product = self.fixture.product(&creator);
        self.apply(vec![Change::InsertUser(creator.clone()), Change::InsertProduct(product.clone())]).await;
        Shop { creator, product }
    }

    /// A refund, not stored yet, of a stored attempt.
    pub(crate) async fn refund(&self) -> Refund {
        let attempt = self.fixture.attempt(&self.ordered().await.order);
        self.apply(vec![Change::InsertAttempt(attempt.clone())]).await;
        self.fixture.refund(&attempt)
    }

    /// Adds a file to a stored product.
    pub(crate) async fn file(&self, product: &Product) -> StoredFile {
        let upload = self.fixture.upload(product);
        self.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let stored = self.fixture.file(&upload);
        self.apply(vec![insert_file(&stored, &upload)]).await;
        stored
    }

    /// A stored order.
    pub(crate) async fn ordered(&self) -> Ordered {
        let Shop { creator, product } = self.shop().await;
        let buyer = self.fixture.user();
        let order = self.fixture.order(Some(&buyer), &[&product]);
        self.apply(vec![Change::InsertUser(buyer.clone()), Change::InsertOrder(order.clone())]).await;
        Ordered { creator, buyer, product, order }
    }

    /// A stored order with an entitlement to a stored file.
    pub(crate) async fn granted(&self) -> Granted {
        let ordered = self.ordered().await;
        let file = self.file(&ordered.product).await;
        let entitlement = self.fixture.entitlement(&ordered.order, &ordered.order.lines[0]);
        self.apply(vec![Change::Grant(entitlement.clone())]).await;
        Granted { ordered, file, entitlement }
    }

    /// A stored link.
    pub(crate) async fn linked(&self) -> (Granted, Link) {
        let granted = self.granted().await;
        let link = self.fixture.link(&granted.entitlement, &granted.file);
        self.apply(vec![Change::IssueLink(link.clone())]).await;
        (granted, link)
    }
}

/// The change that makes a file of an upload.
pub(crate) fn insert_file(stored: &StoredFile, upload: &marketplace_core::catalog::Upload) -> Change {
    Change::InsertFile { file: stored.file.clone(), version: stored.version.clone(), upload: upload.id }
}

/// Runs calls in tasks of their own that begin at the same moment; gives their results in the order of the
/// calls.
pub(crate) async fn at_once<F>(calls: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let calls: Vec<F> = calls.into_iter().collect();
    let start = Arc::new(Barrier::new(calls.len()));
    let mut tasks = JoinSet::new();
    for (index, call) in calls.into_iter().enumerate() {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            (index, call.await)
        });
    }
    let mut results = tasks.join_all().await;
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How many of the outcomes are this one.
pub(crate) fn count(outcomes: &[Outcome], wanted: &Outcome) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}
