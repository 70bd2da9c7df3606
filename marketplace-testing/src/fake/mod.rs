//! Stand-ins for everything else that a marketplace is put together from.
//!
//! Guarantees: each implements its port as documented, in memory, at once, and the same way every time; what
//! was asked of it can be read back; faults are given to it beforehand, in the order in which they strike.
//!
//! Does not: protect anything. Secrets can be guessed and passwords are hashed without cost.
//!
//! Called by: tests, simulators, and demonstrations. A clock that is set by hand is in the core:
//! [`ManualClock`](marketplace_core::time::ManualClock).

mod composer;
mod files;
mod gateway;
mod hasher;
mod ids;
mod limiter;
mod mailer;
mod timer;

pub use composer::PlainComposer;
pub use files::{FileFault, FilesDefect, MemoryFiles, MemoryFilesHarness};
pub use gateway::{
    GatewayCall, GatewayDefect, GatewayFault, SIGNATURE_HEADER, ScriptedGateway, ScriptedHarness,
    SignedNotice,
};
pub use hasher::PlainHasher;
pub use ids::SeqIds;
pub use limiter::OpenLimiter;
pub use mailer::{MailFault, RecordingMailer};
pub use timer::ManualTimer;
