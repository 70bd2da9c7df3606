//! The file store on a strict server of S3's protocol, in this process.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

mod contract;
mod direct;
mod failures;
mod requests;
mod revoked;
mod server;
mod unfinished;
mod uploads;

use bytes::Bytes;
use futures_util::stream;
use marketplace_core::{
    file::{ByteStream, ObjectKey},
    id::FileVersionId,
};

/// Above one part of eight MiB.
const TWO_PARTS: usize = 9 * 1024 * 1024;

fn key(number: u128) -> ObjectKey {
    let text = format!("ver_{number:032x}");
    ObjectKey::of(text.parse::<FileVersionId>().unwrap())
}

fn body(bytes: &[u8]) -> ByteStream {
    let pieces: Vec<_> = bytes.chunks(100_003).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Box::pin(stream::iter(pieces))
}
