//! An SMTP server in the same process: with TLS, sign-in, and every kind of failure.
//!
//! Guarantees: it keeps what it took, as it came and as it was meant; it does at each stage what a test told it
//! to. Line ends are read as the most careless of servers would, so mail that smuggles commands is caught in the
//! act: it becomes a second mail, or a command that nobody knows.
//!
//! Does not: deliver, or keep anything beyond its own life. Dropping it closes every connection.
//!
//! Called by: tests of what sends mail. Needs a Tokio runtime.

mod authority;
mod conversation;
mod options;
mod received;
mod script;
mod server;
mod wire;

pub use options::{ServerTls, SmtpServerOptions};
pub use received::Received;
pub use script::{Fault, Stage};
pub use server::SmtpServer;
