//! A store that takes parts, on which a case plays.

use super::{
    FilesHarness, PartAddressWorld, Visit,
    stage::{Stage, body, noise},
};
use bytes::Bytes;
use marketplace_core::file::{
    DirectUpload, ObjectKey, PartAddress, PartPlan, PartsError, StoredPart, UploadTag,
};
use std::{sync::Arc, time::Duration};

/// How long addresses of parts usually open.
pub(super) const AN_HOUR: Duration = Duration::from_hours(1);

/// A stage with a store that takes parts.
pub(super) struct PartStage {
    pub(super) stage: Stage,
    pub(super) direct: Arc<dyn DirectUpload>,
    addresses: Option<Arc<dyn PartAddressWorld>>,
}

impl PartStage {
    /// `None` if the store takes no parts.
    pub(super) async fn new(harness: &dyn FilesHarness) -> Option<Self> {
        let stage = Stage::new(harness).await;
        let parts = stage.fresh.parts.clone()?;
        Some(Self { stage, direct: parts.direct, addresses: parts.addresses })
    }

    /// The stage, if parts are sent to addresses.
    pub(super) async fn with_addresses(harness: &dyn FilesHarness) -> Option<Self> {
        let stage = Self::new(harness).await?;
        stage.addresses.is_some().then_some(stage)
    }

    /// The stage, if the server takes the parts.
    pub(super) async fn through_the_server(harness: &dyn FilesHarness) -> Option<Self> {
        let stage = Self::new(harness).await?;
        stage.addresses.is_none().then_some(stage)
    }

    /// The store as one that takes parts at addresses.
    pub(super) fn addresses(&self) -> &dyn PartAddressWorld {
        self.addresses.as_deref().expect("parts are sent to addresses")
    }

    /// A new key and an upload under it.
    pub(super) async fn begin(&self) -> (ObjectKey, UploadTag) {
        let key = self.stage.key();
        let tag = self.direct.begin(&key).await.expect("it begins");
        (key, tag)
    }

    /// A part of the smallest size and a few bytes, which depend on the serial.
    pub(super) fn bytes(&self, serial: u64) -> Vec<u8> {
        let smallest = usize::try_from(self.direct.part_limits().smallest).expect("it is in memory");
        noise(smallest.max(70_001) + usize::try_from(serial % 1_000).expect("it is small"), serial)
    }

    pub(super) async fn address(&self, key: &ObjectKey, tag: &UploadTag, part: PartPlan) -> PartAddress {
        let address = self.direct.address(key, tag, part, AN_HOUR).await.expect("it answers");
        address.expect("it has addresses")
    }

    /// Sends a part that was announced with this size on the way on which the store takes parts. `Err(None)`: the address
    /// does not take it.
    pub(super) async fn try_send(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        part: PartPlan,
        bytes: &[u8],
    ) -> Result<StoredPart, Option<PartsError>> {
        match self.direct.address(key, tag, part, AN_HOUR).await.expect("it answers") {
            None => self.direct.put_part(key, tag, part, body(bytes)).await.map_err(Some),
            Some(address) => {
                let visit = self.addresses().send(&address, Bytes::copy_from_slice(bytes)).await;
                if visit.status >= 400 { Err(None) } else { Ok(taken(part, &visit)) }
            }
        }
    }

    /// Sends a part as it was announced.
    pub(super) async fn send(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        number: u16,
        bytes: &[u8],
    ) -> StoredPart {
        let sent = self.try_send(key, tag, plan(number, bytes.len()), bytes).await;
        sent.unwrap_or_else(|why| panic!("part {number} was not taken: {why:?}"))
    }

    /// An upload with these parts, in this order.
    pub(super) async fn sent(&self, bodies: &[&[u8]]) -> (ObjectKey, UploadTag, Vec<StoredPart>) {
        let (key, tag) = self.begin().await;
        let mut parts = Vec::new();
        for (number, bytes) in (1..).zip(bodies) {
            parts.push(self.send(&key, &tag, number, bytes).await);
        }
        (key, tag, parts)
    }

    pub(super) async fn parts(&self, key: &ObjectKey, tag: &UploadTag) -> Vec<StoredPart> {
        self.direct.parts(key, tag).await.expect("the store answers")
    }

    pub(super) async fn join(&self, key: &ObjectKey, tag: &UploadTag, parts: &[StoredPart]) {
        self.direct.join(key, tag, parts).await.expect("it is joined");
    }

    /// The join is refused because these are not the parts, and nothing happened.
    pub(super) async fn is_mismatch(
        &self,
        key: &ObjectKey,
        tag: &UploadTag,
        parts: &[StoredPart],
        why: &str,
    ) {
        let before = self.parts(key, tag).await;
        let joined = self.direct.join(key, tag, parts).await;
        assert!(matches!(joined, Err(PartsError::Mismatch)), "{why}: {joined:?}");
        self.stage.is_absent(key).await;
        assert_eq!(self.parts(key, tag).await, before, "{why}: the upload is another one");
    }

    pub(super) async fn abort(&self, key: &ObjectKey, tag: &UploadTag) {
        self.direct.abort(key, Some(tag.clone())).await.expect("it is dropped");
    }

    /// The upload is over, and left nothing but what was joined.
    pub(super) async fn is_over(&self, key: &ObjectKey, tag: &UploadTag) {
        assert_eq!(self.parts(key, tag).await, [], "parts are left");
        self.stage.nothing_remains().await;
    }

    /// The object is there, whole.
    pub(super) async fn is_object(&self, key: &ObjectKey, bodies: &[&[u8]]) {
        let bytes = bodies.concat();
        assert_eq!(self.stage.head(key).await.map(|object| object.size), Some(bytes.len() as u64));
        assert!(self.stage.read(key, None).await.expect("it is there") == bytes, "the bytes are others");
    }
}

pub(super) fn plan(number: u16, size: usize) -> PartPlan {
    PartPlan { number, size: size as u64 }
}

/// What the answer of an address says of the part.
pub(super) fn taken(part: PartPlan, visit: &Visit) -> StoredPart {
    let etag = visit.header("etag").expect("an address answers with an ETag");
    StoredPart { number: part.number, size: part.size, etag: etag.trim_matches('"').to_owned() }
}
