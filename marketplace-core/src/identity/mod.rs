//! Who somebody is: users, roles, passwords, sign-in sessions.
//!
//! Guarantees: an address belongs to one user, whatever its spelling; a sign-in is an opaque token that dies
//! at once when it is ended; an unknown address and a wrong password look alike, also in time.
//!
//! Does not: decide what a role may do with a thing (the topic of that thing does).
//!
//! Called by: the HTTP contract, the servers' commands, and hosts.

mod decide;
mod email;
mod password;
mod phone;
mod port;
mod service;
mod session;
mod user;

pub use email::{Email, ParseEmailError};
#[cfg(any(test, feature = "mock"))]
pub use password::MockPasswordHasher;
pub use password::{PasswordError, PasswordHash, PasswordHasher};
pub use phone::{ParsePhoneError, Phone};
#[cfg(any(test, feature = "mock"))]
pub use port::{MockSessions, MockUsers};
pub use port::{Sessions, Users};
pub use service::{Identity, IdentityError, NewAccount, SignedIn};
pub use session::Session;
pub use user::{Role, User};
