//! What an adapter's tests give to the suite.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use marketplace_core::file::{DirectUpload, FileStore, ObjectKey, PartAddress};
use std::{any::Any, fmt, sync::Arc, time::Duration};

/// What happens to a store until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It does nothing, and says so or nothing at all.
    Down,
    /// It reads and deletes, and has no room for anything new.
    Full,
    /// What is opened breaks off after its first bytes.
    BreaksOff,
    /// It does what it is asked, and its answers are lost. Only asked for with uploads in parts.
    LosesAnswers,
}

/// What somebody gets who opens an address.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The status.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Visit {
    /// The header of that name, which occurs once at the most.
    ///
    /// # Panics
    /// If it occurs twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let first = values.next()?;
        assert!(values.next().is_none(), "{name} occurs twice");
        Some(first)
    }
}

/// The place behind an adapter, as its owner sees it. Everything takes effect before it returns.
#[async_trait]
pub trait FilesWorld: fmt::Debug + Send + Sync {
    /// The store is in this trouble until it is healed. `false` if this place cannot be brought into it, which leaves
    /// the case to the adapter's own tests.
    async fn trouble(&self, trouble: Trouble) -> bool;

    /// All trouble is over.
    async fn heal(&self);

    /// An object loses its end behind the adapter's back: only so many bytes stay.
    async fn cut(&self, key: &ObjectKey, size: u64);

    /// An object vanishes behind the adapter's back.
    async fn lose(&self, key: &ObjectKey);

    /// How many things lie in the store that are no whole objects: the remains of what was not finished. The adapter has
    /// had its chance to clean up, whatever that is.
    async fn remains(&self) -> usize;

    /// What must not be found in `Debug` or errors: keys.
    fn secrets(&self) -> Vec<String>;
}

/// A place that delivers objects by addresses.
#[async_trait]
pub trait AddressWorld: fmt::Debug + Send + Sync {
    /// What somebody gets who opens an address. `range` is the value of a header `Range`.
    async fn visit(&self, method: &str, address: &str, range: Option<&str>) -> Visit;

    /// The same store through an adapter with a key that it does not know.
    fn stranger(&self) -> Arc<dyn FileStore>;

    /// The same store through an adapter whose clock is behind.
    fn behind(&self, by: Duration) -> Arc<dyn FileStore>;
}

/// A place that takes parts at addresses, too.
#[async_trait]
pub trait PartAddressWorld: AddressWorld {
    /// What somebody gets who sends a body by `PUT` to the address of a part, with its headers.
    async fn send(&self, address: &PartAddress, body: Bytes) -> Visit;

    /// [`stranger`](AddressWorld::stranger), as one that takes parts.
    fn stranger_to_parts(&self) -> Arc<dyn DirectUpload>;

    /// [`behind`](AddressWorld::behind), as one that takes parts.
    fn behind_with_parts(&self, by: Duration) -> Arc<dyn DirectUpload>;
}

/// An adapter in front of an empty store that nobody else uses.
pub struct FreshFiles {
    /// The adapter.
    pub files: Arc<dyn FileStore>,
    /// The store.
    pub world: Arc<dyn FilesWorld>,
    /// The store, if the adapter gives out addresses. Without it the cases of addresses ask for nothing.
    pub addresses: Option<Arc<dyn AddressWorld>>,
    /// Objects in parts, if the adapter takes them. Without it the cases of parts ask for nothing.
    pub parts: Option<FreshParts>,
    /// Dropped after the case: whatever must live as long as the store, such as its folder.
    pub guard: Box<dyn Any + Send + Sync>,
}

/// An adapter that takes objects in parts.
#[derive(Debug, Clone)]
pub struct FreshParts {
    /// The adapter.
    pub direct: Arc<dyn DirectUpload>,
    /// The store, if parts are sent to addresses; else they are given to the adapter.
    pub addresses: Option<Arc<dyn PartAddressWorld>>,
}

impl fmt::Debug for FreshFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshFiles").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Makes the stores that the cases run on.
#[async_trait]
pub trait FilesHarness: Send + Sync {
    /// A new adapter in front of a new, empty store, isolated from all others. Panics when that is impossible.
    async fn fresh(&self) -> FreshFiles;
}

/// A case of the suite: panics with a clear message when the adapter breaks the contract.
pub type CaseFn = for<'a> fn(&'a dyn FilesHarness) -> BoxFuture<'a, ()>;
