//! Storing a stream.
//!
//! Guarantees: see the crate. What fits into one part is one request; whatever is longer goes in parts, each sent when the
//! first byte after it has come, so that the last one is never empty.
//!
//! Called by: `store`.

use crate::{
    error::failed,
    multipart::Multipart,
    part::{self, Part},
    store::{ATTACHMENT, OCTETS, S3Store},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::StreamExt as _;
use marketplace_core::file::{ByteStream, Digest, FileError, ObjectKey, ObjectMeta};
use sha2::{Digest as _, Sha256};

/// Stores a body under a key.
pub(crate) async fn put(
    store: &S3Store,
    key: &ObjectKey,
    body: ByteStream,
    limit: u64,
) -> Result<(ObjectMeta, Digest), FileError> {
    let mut upload = None;
    let mut part = Part::new(part::size(limit));
    let read = read(store, key, body, limit, &mut part, &mut upload).await;
    let (meta, digest) = match (read, upload.take()) {
        (Ok(read), None) => {
            let (bytes, sum) = part.take();
            send_whole(store, key, bytes, sum).await?;
            read
        }
        (Ok(read), Some(mut upload)) => {
            let (bytes, sum) = part.take();
            if let Err(error) = upload.send(bytes, sum).await {
                upload.abort().await;
                return Err(error);
            }
            upload.complete().await?;
            read
        }
        (Err(error), None) => return Err(error),
        (Err(error), Some(upload)) => {
            upload.abort().await;
            return Err(error);
        }
    };
    Ok((meta, digest))
}

/// Reads a body to its end, and sends every part but the last.
async fn read<'a>(
    store: &'a S3Store,
    key: &'a ObjectKey,
    mut body: ByteStream,
    limit: u64,
    part: &mut Part,
    upload: &mut Option<Multipart<'a>>,
) -> Result<(ObjectMeta, Digest), FileError> {
    let mut hasher = Sha256::new();
    let mut size = 0_u64;
    while let Some(piece) = body.next().await {
        let mut piece = piece?;
        size = u64::try_from(piece.len()).ok().and_then(|more| size.checked_add(more)).unwrap_or(u64::MAX);
        if size > limit {
            return Err(FileError::TooLarge);
        }
        hasher.update(&piece);
        while !piece.is_empty() {
            if part.is_full() {
                let (bytes, sum) = part.take();
                let under_way = match upload.as_mut() {
                    Some(under_way) => under_way,
                    None => upload.insert(Multipart::begin(store, key).await?),
                };
                under_way.send(bytes, sum).await?;
            }
            part.fill(&mut piece);
        }
    }
    Ok((ObjectMeta { size }, Digest::from_bytes(hasher.finalize().into())))
}

/// A body that is one request.
async fn send_whole(store: &S3Store, key: &ObjectKey, bytes: Bytes, sum: [u8; 32]) -> Result<(), FileError> {
    store
        .client
        .put_object()
        .bucket(&store.bucket)
        .key(key.as_str())
        .content_type(OCTETS)
        .content_disposition(ATTACHMENT)
        .content_length(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .metadata("sha256", hex::encode(sum))
        .set_checksum_sha256(store.checksum_headers.then(|| STANDARD.encode(sum)))
        .body(bytes.into())
        .send()
        .await
        .map_err(|error| failed("put an object", error))?;
    Ok(())
}
