//! Opening objects, and looking at them.
//!
//! Guarantees: a range that S3 has no words for, empty or beyond the end, gives no bytes and the right size; a body that
//! ends before its length breaks the stream.
//!
//! Called by: `store`.

use crate::{
    error::{failed, has_status, is_no_such_key, nonsense},
    store::S3Store,
};
use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream as Body};
use futures_util::stream;
use marketplace_core::file::{
    ByteRange, ByteStream, BytesError, FileError, ObjectKey, ObjectMeta, OpenObject,
};
use std::io;

/// Positions above are refused by servers that count in signed numbers, and no object has them.
const LAST: u64 = i64::MAX.unsigned_abs();

/// A `Range` header for bytes that an object may have; `None` if it cannot.
fn header(range: ByteRange) -> Option<String> {
    let ByteRange { start, end } = range;
    match end.checked_sub(1) {
        Some(last) if start <= last && start < LAST => {
            Some(if last < LAST { format!("bytes={start}-{last}") } else { format!("bytes={start}-") })
        }
        _ => None,
    }
}

/// Opens an object or a part of it.
pub(crate) async fn open(
    store: &S3Store,
    key: &ObjectKey,
    range: Option<ByteRange>,
) -> Result<Option<OpenObject>, FileError> {
    let asked = match range.map(header) {
        Some(None) => return nothing(store, key).await,
        Some(Some(asked)) => Some(asked),
        None => None,
    };
    let is_part = asked.is_some();
    let call = store.client.get_object().bucket(&store.bucket).key(key.as_str()).set_range(asked);
    match call.send().await {
        Ok(object) => opened(object, is_part).map(Some),
        Err(error) if is_no_such_key(&error) => Ok(None),
        // The range begins beyond the end.
        Err(error) if is_part && has_status(&error, 416) => nothing(store, key).await,
        Err(error) => Err(failed("open an object", error)),
    }
}

/// No bytes of an object that is there.
async fn nothing(store: &S3Store, key: &ObjectKey) -> Result<Option<OpenObject>, FileError> {
    let meta = head(store, key).await?;
    Ok(meta.map(|meta| OpenObject { size: meta.size, bytes: Box::pin(stream::empty()) }))
}

fn opened(object: GetObjectOutput, is_part: bool) -> Result<OpenObject, FileError> {
    const DOING: &str = "open an object";
    let length = object.content_length().and_then(|length| u64::try_from(length).ok());
    let length = length.ok_or_else(|| nonsense(DOING, "the answer has no length"))?;
    let size = match object.content_range() {
        Some(range) => total(range).ok_or_else(|| nonsense(DOING, "the answer's range cannot be read"))?,
        None if is_part => return Err(nonsense(DOING, "the server does not know ranges")),
        None => length,
    };
    Ok(OpenObject { size, bytes: counted(object.body, length) })
}

/// The size of the whole in `bytes 0-9/100`.
fn total(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.rsplit_once('/')?.1.parse().ok()
}

/// The next `left` bytes. A body that ends before them breaks the stream: to the reader a short answer must not look
/// complete.
fn counted(body: Body, left: u64) -> ByteStream {
    Box::pin(stream::try_unfold((body, left), |(mut body, left)| async move {
        match body.next().await {
            Some(Ok(bytes)) => {
                let left = left.checked_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
                let left = left.ok_or_else(|| broke(io::ErrorKind::InvalidData))?;
                Ok(Some((bytes, (body, left))))
            }
            // The error's own text may have an address in it, and so a signature.
            Some(Err(_)) => Err(broke(io::ErrorKind::ConnectionReset)),
            None if left > 0 => Err(broke(io::ErrorKind::UnexpectedEof)),
            None => Ok(None),
        }
    }))
}

fn broke(kind: io::ErrorKind) -> BytesError {
    BytesError::Broken(io::Error::from(kind).into())
}

/// Looks at an object.
pub(crate) async fn head(store: &S3Store, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
    const DOING: &str = "look at an object";
    match store.client.head_object().bucket(&store.bucket).key(key.as_str()).send().await {
        Ok(object) => {
            let size = object.content_length().and_then(|length| u64::try_from(length).ok());
            let size = size.ok_or_else(|| nonsense(DOING, "the answer has no length"))?;
            Ok(Some(ObjectMeta { size }))
        }
        // An answer to HEAD has no body, so it does not say whether it is the object or the bucket that is not there.
        Err(error) if has_status(&error, 404) => {
            let bucket = store.client.head_bucket().bucket(&store.bucket).send().await;
            match bucket {
                Err(error) if has_status(&error, 404) => {
                    let advice = "there is no such bucket; check its name, its region and the endpoint";
                    Err(nonsense(DOING, advice))
                }
                // Seeing objects and not the bucket is an odd key, but enough for our calls.
                Err(error) if !has_status(&error, 403) => Err(failed("look at the bucket", error)),
                _ => Ok(None),
            }
        }
        Err(error) => Err(failed(DOING, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_in_words_that_servers_know() {
        for (start, end, expected) in [
            (0, 1, Some("bytes=0-0")),
            (5, 10, Some("bytes=5-9")),
            (5, u64::MAX, Some("bytes=5-")),
            (5, LAST, Some("bytes=5-9223372036854775806")),
            (5, LAST + 1, Some("bytes=5-")),
            (0, 0, None),
            (5, 5, None),
            (5, 3, None),
            (LAST, u64::MAX, None),
        ] {
            assert_eq!(header(ByteRange { start, end }).as_deref(), expected, "{start}..{end}");
        }
    }

    #[test]
    fn the_whole_is_what_stands_behind_the_slash() {
        assert_eq!(total("bytes 0-9/100"), Some(100));
        for wrong in ["", "bytes 0-9", "bytes 0-9/*", "0-9/100", "bytes 0-9/-1"] {
            assert_eq!(total(wrong), None, "{wrong}");
        }
    }
}
