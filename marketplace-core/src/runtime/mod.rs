//! Ports that need a runtime, on tokio: timer, bounded Argon2id pool, in-process rate limiter.
//!
//! Only with the feature `tokio`. Hosts on another runtime bring their own.

mod argon2;
mod limiter;
mod timer;

pub use argon2::{Argon2Error, Argon2Hasher};
pub use limiter::LocalLimiter;
pub use timer::TokioTimer;
