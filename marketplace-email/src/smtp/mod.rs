//! Mail over SMTP.
//!
//! Guarantees: a mail counts as sent when the server has said so after its last line, never before. Nothing but
//! the greeting goes over a connection without TLS, unless that was asked for by name; certificates are checked.
//! Every step has a time limit. A connection is used again only after it has carried a mail to its end, so no
//! answer is ever taken for the answer to something else, also when a call is dropped half-way. What the server
//! says is repeated without addresses, and its answer to a password not at all.
//!
//! A failure is for good when the server refuses this mail or its recipient (5xx to `RCPT`, `DATA` or the end of
//! the mail). Everything else may pass, also what an operator has to mend: an unknown certificate, a wrong
//! password, no STARTTLS, a sender that is not allowed. Mails wait for that, and the reason says what it is.
//!
//! Does not: connect before there is a mail, retry by itself, spawn, install a TLS provider or use an installed one:
//! TLS is rustls with ring. Idle connections are closed when they are next looked at, or by the server.
//!
//! Called by: the core's mail jobs (`Mailer`), on a Tokio runtime with time and I/O; hosts make it, anywhere.

mod config;
mod failure;
mod mailer;
mod session;
mod stream;
mod url;

pub use config::{SmtpConfig, SmtpConfigError, SmtpTls};
pub use mailer::SmtpMailer;
