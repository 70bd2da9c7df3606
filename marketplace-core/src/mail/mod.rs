//! Mail, in two ports: a [`Composer`] writes, a [`Mailer`] sends.
//!
//! Guarantees: every mail has a stable Message-ID, so a mail that is sent twice after a crash is known as one
//! by the mail system; mail goes only to stored addresses; no job and no row holds a link's token.
//!
//! Called by: the mail jobs of the worker.

mod jobs;
mod message;
mod port;

pub use jobs::MailJobs;
pub use message::{
    ActionLink, AwaitedTransfer, Composed, LinkLine, Mail, Message, OrderSummary, SignInCode, SoldLine,
};
pub use port::{ComposeError, Composer, MailError, Mailer};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockComposer, MockMailer};
