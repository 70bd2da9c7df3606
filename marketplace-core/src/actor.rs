//! Who acts.

use crate::id::UserId;
use std::{fmt, str::FromStr};

/// Who caused a decision. Written beside every decision, so that each change of money has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A signed-in user, acting for themselves.
    User(UserId),
    /// Somebody without a sign-in: a guest buyer, or the holder of a link.
    Guest,
    /// A signed-in operator.
    Operator(UserId),
    /// A notice of the payment gateway.
    Gateway,
    /// The library's own background work.
    System,
}

/// Written as `user:usr_…`, `operator:usr_…`, `guest`, `gateway`, `system`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Operator(id) => write!(f, "operator:{id}"),
            Self::Guest => f.write_str("guest"),
            Self::Gateway => f.write_str("gateway"),
            Self::System => f.write_str("system"),
        }
    }
}

/// The text names no actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an actor")]
pub struct ParseActorError;

impl FromStr for Actor {
    type Err = ParseActorError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let user = |id: &str| id.parse().map_err(|_| ParseActorError);
        match text.split_once(':') {
            Some(("user", id)) => user(id).map(Self::User),
            Some(("operator", id)) => user(id).map(Self::Operator),
            None if text == "guest" => Ok(Self::Guest),
            None if text == "gateway" => Ok(Self::Gateway),
            None if text == "system" => Ok(Self::System),
            _ => Err(ParseActorError),
        }
    }
}
