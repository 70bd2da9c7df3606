//! Mail of the marketplace: the default messages, SMTP, and an outbox folder for development.
//!
//! [`DefaultComposer`] puts the core's messages in words (text and HTML, in English). [`SmtpMailer`] hands mails
//! to a mail server. [`OutboxFolder`] takes them as a mail system would and keeps them in a folder, where a
//! development server shows them.
//!
//! ```no_run
//! use marketplace_core::time::SystemClock;
//! use marketplace_email::{DefaultComposer, OutboxFolder, Sender, SmtpConfig, SmtpMailer};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let composer = DefaultComposer::new("Ada's Books").with_support("help@books.example".parse()?);
//! let sender: Sender = "Ada's Books <no-reply@books.example>".parse()?;
//! // For real, with STARTTLS:
//! let config: SmtpConfig = "smtp://user:password@mail.example:587".parse()?;
//! let mailer = SmtpMailer::new(config, sender.clone(), Arc::new(SystemClock))?;
//! // For development:
//! let outbox = OutboxFolder::open(".marketplace/mail", sender, Arc::new(SystemClock))?;
//! # let _ = (composer, mailer, outbox);
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! - Every value in a message is escaped in HTML, stands on one line in the text, and carries no control or
//!   direction-changing character; no value can add a header.
//! - A mail has text and HTML, at most 15 KB for an ordinary order, inline styles, no images and no tracking.
//! - A mail that was taken twice carries one Message-ID.
//!
//! # What it does not do
//!
//! It does not queue, sign (DKIM is the mail server's) or handle bounces: see `docs/mail.md`. Product titles that look like addresses may be made clickable by
//! mail programs; that is in their hands.
//!
//! Called by: hosts, which hand these to the core as `Arc<dyn Composer>` and `Arc<dyn Mailer>`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod compose;
mod folder;
mod letter;
mod outbox;
mod sender;
mod smtp;
mod stored;
mod template;
mod words;

pub use compose::DefaultComposer;
pub use marketplace_core;
pub use outbox::{OutboxError, OutboxFolder};
pub use sender::{ParseSenderError, Sender};
pub use smtp::{SmtpConfig, SmtpConfigError, SmtpMailer, SmtpTls};
pub use stored::StoredMail;
