//! A mail as the outbox keeps it.
//!
//! Called by: `outbox`; shown by development servers.

use marketplace_core::{identity::Email, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A mail in the outbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMail {
    /// Unique in the outbox; sorts by time. Its files are named by it.
    pub id: String,
    /// To whom.
    pub to: Email,
    /// What about.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The Message-ID, without angle brackets. Equal for the same mail taken twice.
    pub message_id: String,
    /// When it was taken.
    pub at: Timestamp,
}

/// Without the content, which holds secret links.
impl fmt::Debug for StoredMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredMail")
            .field("id", &self.id)
            .field("to", &self.to)
            .field("message_id", &self.message_id)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
