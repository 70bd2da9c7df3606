//! A folder on disk as the marketplace's file store: the embedded default.
//!
//! ```no_run
//! use marketplace_fs::DiskFiles;
//!
//! # fn main() -> Result<(), marketplace_fs::marketplace_core::file::FileError> {
//! let files = DiskFiles::open(".marketplace/files")?;
//! # let _ = files;
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - An object is there whole or not at all. Bytes go to a temporary file, are flushed to the disk, and only
//!   then get their name; a broken stream, a refused size, a dropped future and a killed process leave nothing
//!   under a key.
//! - A `put` that returned is durable: file and folder were flushed.
//! - Size and SHA-256 are computed on the way; memory use does not grow with the size of a file.
//! - Parts of an object that is still to be joined lie below `parts`, where nobody sees them; a part is there whole and
//!   durable, or not at all, and an object is joined in the same one step as it is put.
//! - No key leads out of the folder: paths are made of `ObjectKey`s only, which are ids of ours.
//!
//! # What it does not do
//!
//! It has no addresses of its own (`presign` answers none), so the server sends the bytes. It does not share a
//! folder between machines: several processes of one machine may use one folder, over a network file system
//! the locks and the flushing are only as good as that.
//!
//! Called by: hosts, which hand a [`DiskFiles`] to the core's services as `Arc<dyn FileStore>`
//! and as `Arc<dyn DirectUpload>`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod disk;
mod error;
mod incoming;
mod parts;

pub use disk::DiskFiles;
pub use marketplace_core;
