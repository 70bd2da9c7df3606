//! Amazon S3, and everything that speaks its protocol, as the marketplace's file store: DigitalOcean Spaces, Cloudflare
//! R2, MinIO, Garage, Ceph.
//!
//! ```no_run
//! use marketplace_core::time::SystemClock;
//! use marketplace_s3::{S3Config, S3Store, SecretString};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), marketplace_s3::ConfigError> {
//! let secret = SecretString::from("the key's secret");
//! let config = S3Config::new("my-shop-files", "eu-west-1", "AKIAEXAMPLE", secret);
//! let files = S3Store::new(config, Arc::new(SystemClock))?;
//! # let _ = files;
//! # Ok(())
//! # }
//! ```
//!
//! `docs/storage.md` tells how to go live, service by service, and what the bucket and its key need.
//!
//! # Guarantees
//!
//! - An object is there whole or not at all. A body of up to eight MiB is one request; a longer one is a multipart upload
//!   in parts of eight MiB, invisible until it is completed, and aborted when the body breaks off, is too large, or its
//!   future is dropped: at once, or with the next `put` or `delete` of this store.
//! - Memory use does not grow with the size of a file: two parts per `put`. Parts are larger than eight MiB only if the
//!   limit is above 78 GiB, since ten thousand of them must hold it.
//! - Size and SHA-256 are computed here, on the way. Every request carries the SHA-256 of its own bytes twice, in its
//!   signature and as `x-amz-checksum-sha256`, so a server refuses what was altered on the way. An object that went in
//!   one request has the digest as its metadata `sha256`, too; one that went in parts has S3's checksum of checksums,
//!   because metadata are written before the first part, and the digest is known after the last.
//! - Addresses open one object for reading, for sixty seconds at the most, as an attachment under its name. They are
//!   signed here, without a call.
//! - Clients can send an object in parts by themselves, each to an address that is signed for this part of this upload and
//!   for its length, for a day at the most. Nobody sees the object before it is joined; of a join whose answer was lost the
//!   object tells what became of it.
//! - What the server could not do is `Unavailable`; what a person must mend is a `Defect` that says what. An absent object
//!   is told apart from an absent bucket.
//! - No key in `Debug`, errors or logs of this crate, and nothing of the server's own texts in errors but its code.
//! - TLS comes from rustls with the ring provider, passed explicitly: the process-wide default is neither read nor set.
//!   Certificates are those that the machine trusts.
//!
//! # What it does not do
//!
//! A `put` whose last answer was lost, in every try, is told as `Unavailable` although the object may be there, whole. The
//! core knows the key from the row of the upload, and deletes it.
//!
//! It makes no bucket, and changes no setting of one. It reads no environment, profile or instance metadata: keys are
//! given. Uploads that a killed process left unfinished are invisible, but cost room, until
//! [`S3Store::abort_stale_uploads`] or a lifecycle rule of the bucket ends them. It does not use conditional writes, which
//! not every server knows: keys are ids of ours and are used once. In a bucket with versions a deleted object stays, as an
//! old version.
//!
//! Reads and writes are tried three times, which is safe for each of them: the same bytes go to the same key.
//!
//! Called by: hosts, which hand an [`S3Store`] to the core's services as `Arc<dyn FileStore>`, and as
//! `Arc<dyn DirectUpload>`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod config;
mod direct;
mod error;
mod multipart;
mod part;
mod put;
mod read;
mod store;
mod sweep;
mod unfinished;

pub use config::{ConfigError, S3Config};
pub use marketplace_core;
pub use secrecy::SecretString;
pub use store::S3Store;
