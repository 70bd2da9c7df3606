//! A file store on which a case plays.

use super::{AddressWorld, FilesHarness, FilesWorld, FreshFiles, Visit};
use crate::build::Fixture;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use marketplace_core::{
    file::{ByteRange, ByteStream, BytesError, FileStore, ObjectKey, ObjectMeta, OpenObject, PresignRequest},
    id::FileVersionId,
};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// More than any body here that is meant to fit.
pub(super) const AMPLE: u64 = 1 << 30;

/// Above what an adapter may send in one piece to a server: a body of so many bytes goes in parts, if any does.
pub(super) const IN_PARTS: usize = 17 * 1024 * 1024 + 3;

/// How long a store may take to clean up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The adapter, its store and new keys.
pub(super) struct Stage {
    pub(super) fresh: FreshFiles,
    fixture: Fixture,
}

impl Stage {
    pub(super) async fn new(harness: &dyn FilesHarness) -> Self {
        Self { fresh: harness.fresh().await, fixture: Fixture::new(1) }
    }

    pub(super) fn files(&self) -> &dyn FileStore {
        &*self.fresh.files
    }

    pub(super) fn world(&self) -> &dyn FilesWorld {
        &*self.fresh.world
    }

    /// The store as one that delivers by addresses.
    pub(super) fn addresses(&self) -> &dyn AddressWorld {
        self.fresh.addresses.as_deref().expect("the store gives out addresses")
    }

    /// A key that was not used before.
    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::of(FileVersionId::from_uuid(self.fixture.uuid()))
    }

    /// A new object with these bytes.
    pub(super) async fn put(&self, bytes: &[u8]) -> ObjectKey {
        let key = self.key();
        self.files().put(&key, body(bytes), AMPLE).await.expect("an object is put");
        key
    }

    pub(super) async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Option<OpenObject> {
        self.files().open(key, range).await.expect("the store answers")
    }

    /// The bytes of an object, or of a part of it.
    pub(super) async fn read(&self, key: &ObjectKey, range: Option<ByteRange>) -> Option<Vec<u8>> {
        Some(drain(self.open(key, range).await?).await.expect("the stream is whole"))
    }

    pub(super) async fn head(&self, key: &ObjectKey) -> Option<ObjectMeta> {
        self.files().head(key).await.expect("the store answers")
    }

    /// There is no object, whichever way one looks.
    pub(super) async fn is_absent(&self, key: &ObjectKey) {
        assert_eq!(self.head(key).await, None, "{key} has a size");
        assert!(self.open(key, None).await.is_none(), "{key} can be opened");
    }

    /// Waits until the store has cleaned up. What was begun may end behind the back of whoever dropped it.
    pub(super) async fn nothing_remains(&self) {
        let gone = async {
            while self.world().remains().await > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, gone).await.is_ok();
        assert!(in_time, "{} remains of what was not finished", self.world().remains().await);
    }

    /// An address of an object.
    pub(super) async fn address(&self, key: &ObjectKey, request: PresignRequest) -> String {
        self.files().presign(key, request).await.expect("the store signs").expect("it gives out addresses")
    }

    pub(super) async fn get(&self, address: &str) -> Visit {
        self.addresses().visit("GET", address, None).await
    }
}

/// Reads to the end.
pub(super) async fn drain(object: OpenObject) -> Result<Vec<u8>, BytesError> {
    let pieces: Vec<Bytes> = object.bytes.try_collect().await?;
    Ok(pieces.concat())
}

/// How an address is usually asked for.
pub(super) fn request() -> PresignRequest {
    PresignRequest {
        expires_in: Duration::from_mins(1),
        name: "book.pdf".parse().expect("a name"),
        content_type: "application/pdf".parse().expect("a type"),
    }
}

/// A body in pieces of odd sizes, which lets others work between them.
pub(super) fn body(bytes: &[u8]) -> ByteStream {
    let pieces: Vec<_> = bytes.chunks(70_001).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces)
        .then(|piece| async {
            tokio::task::yield_now().await;
            Ok(piece)
        })
        .boxed()
}

/// A body that sends some bytes and then this.
pub(super) fn body_then(bytes: &[u8], end: BytesError) -> ByteStream {
    body(bytes).chain(stream::iter([Err(end)])).boxed()
}

/// A body that is fed by hand. It ends when its feeder is dropped.
pub(super) fn fed() -> (mpsc::Sender<Bytes>, ByteStream) {
    let (feeder, pieces) = mpsc::channel(1);
    let body = stream::unfold(pieces, |mut pieces| async move {
        let piece: Bytes = pieces.recv().await?;
        Some((Ok(piece), pieces))
    });
    (feeder, body.boxed())
}

/// A body that sends some bytes, tells that it is asked for more, and never answers.
pub(super) fn body_that_hangs(bytes: &[u8]) -> (oneshot::Receiver<()>, ByteStream) {
    let (tell, told) = oneshot::channel();
    let rest = stream::once(async move {
        tell.send(()).ok();
        std::future::pending().await
    });
    (told, body(bytes).chain(rest).boxed())
}

/// Bytes without a short period; another serial gives others.
pub(super) fn noise(length: usize, serial: u64) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
