//! A file store in memory.
//!
//! Guarantees: keeps the contract of the port ([`crate::contract::files`]), unless a bug was planted; its addresses are
//! signed by HMAC-SHA256 over everything that stands in them, and opened by [`MemoryFiles::visit`]. It takes objects in
//! parts: at addresses, to which [`MemoryFiles::send`] sends, or from the server.
//!
//! Does not: keep memory flat, since it keeps whole bodies; or listen anywhere, so that no client can open an address.
//!
//! Called by: tests of services and hosts, and the tests of the suite of file stores itself.

mod address;
mod defect;
mod harness;
mod part_address;
mod parts;
mod port;
mod store;
mod world;

pub use defect::FilesDefect;
pub use harness::MemoryFilesHarness;
pub use store::{FileFault, MemoryFiles};
