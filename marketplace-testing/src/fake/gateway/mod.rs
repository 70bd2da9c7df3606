//! A gateway that does what the test says, with everything that a gateway can have.
//!
//! Guarantees: keeps the contract of the ports ([`crate::contract::gateway`]), unless a bug was planted; its notices are
//! signed by HMAC-SHA256 over the bytes.
//!
//! Called by: tests of services, and the tests of the gateway suite itself.

mod collect;
mod defect;
mod dispute;
mod harness;
mod notice;
mod payout;
mod refund;
mod script;
mod world;

pub use defect::GatewayDefect;
pub use harness::ScriptedHarness;
pub use notice::{SIGNATURE_HEADER, SignedNotice};
pub use script::{GatewayCall, GatewayFault, ScriptedGateway};
