//! Notices from a gateway, as they come.

use super::super::DecodedNotice;
use std::fmt;

/// A notice as it came over the network. Headers in the order they came, names lower case.
#[derive(Clone, Copy)]
pub struct RawNotice<'a> {
    /// Header names and values.
    pub headers: &'a [(String, String)],
    /// The exact bytes of the body.
    pub body: &'a [u8],
}
impl fmt::Debug for RawNotice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawNotice").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The notice is not from the gateway. Nothing else is said, to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the notice is not signed by the gateway")]
pub struct NoticeRefused;

/// Checks and reads notices. Pure and synchronous.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Notices: fmt::Debug + Send + Sync + 'static {
    /// Verifies the signature over the raw bytes in constant time, and only then reads them. What is well
    /// signed but cannot be read is [`DecodedNotice`] without a claim, never an error.
    #[cfg_attr(any(test, feature = "mock"), mockall::concretize)]
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused>;
}
