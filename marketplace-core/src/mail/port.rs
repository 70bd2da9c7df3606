//! The two ports of mail.

use super::{Composed, Mail, Message};
use crate::{error::Source, order::Locale};
use async_trait::async_trait;
use std::fmt;

/// The message could not be put in words.
#[derive(Debug, thiserror::Error)]
#[error("a message could not be composed")]
pub struct ComposeError(#[source] pub Source);

/// Puts messages in words. Pure and synchronous; every value is escaped in both parts.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Composer: fmt::Debug + Send + Sync + 'static {
    /// The words for `message` in `locale`, or in the composer's own language if it does not know it.
    fn compose(&self, message: &Message, locale: &Locale) -> Result<Composed, ComposeError>;
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not now; trying again later is right. The mail may have been taken all the same.
    #[error("the mail system does not take the mail now")]
    Transient(#[source] Source),
    /// Never: the address or the mail itself is refused.
    #[error("the mail system refuses the mail")]
    Permanent(#[source] Source),
}

/// Sends mail.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Mailer: fmt::Debug + Send + Sync + 'static {
    /// Hands a mail over; `Ok` means that it is durably accepted. At least once: the same mail again is sent
    /// again, under the same Message-ID. Cancellation: the mail may have been accepted.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}
