//! Typed ids: one newtype per kind of row.

use super::IdGen;
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct ParseIdError;

fn parse(prefix: &str, text: &str) -> Result<Uuid, ParseIdError> {
    let hex = text.strip_prefix(prefix).ok_or(ParseIdError)?;
    // One spelling per id: 32 lower-case digits, so that texts compare like ids.
    if hex.len() != 32 || hex.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(ParseIdError);
    }
    Uuid::try_parse(hex).map_err(|_| ParseIdError)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a stored UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, as stores keep it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// A new id that sorts by `at`.
            pub fn generate(ids: &dyn IdGen, at: Timestamp) -> Self {
                Self(ids.uuid(at))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.simple())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse($prefix, text).map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A person or shop with a sign-in.
    UserId = "usr_";
    /// A sign-in session.
    SessionId = "ses_";
    /// A product.
    ProductId = "prd_";
    /// A file of a product; its bytes are those of its newest version.
    FileId = "fil_";
    /// One immutable version of a file's bytes.
    FileVersionId = "ver_";
    /// An upload that is under way.
    UploadId = "upl_";
    /// An order.
    OrderId = "ord_";
    /// A line of an order.
    LineId = "lin_";
    /// The right of a buyer to a product.
    EntitlementId = "ent_";
    /// A one-time link to a file.
    LinkId = "lnk_";
    /// An entry of the journal.
    EntryId = "jrn_";
    /// Money held back until a date.
    HoldId = "hld_";
    /// A background job.
    JobId = "job_";
    /// Money that is given back.
    RefundId = "rfd_";
    /// A payment that needs a decision by an operator.
    ReviewId = "rev_";
}

/// A creator is a user with the role `creator`.
pub type CreatorId = UserId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_carries_the_kind_and_has_one_spelling() {
        let id = OrderId::from_uuid(Uuid::from_u128(0xabc));
        let text = "ord_00000000000000000000000000000abc";
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        for wrong in [
            "prd_00000000000000000000000000000abc",
            "00000000000000000000000000000abc",
            "ord_00000000000000000000000000000ABC",
            "ord_00000000-0000-0000-0000-000000000abc",
            "ord_abc",
            "ord_",
            "",
        ] {
            assert_eq!(wrong.parse::<OrderId>(), Err(ParseIdError), "{wrong}");
        }
    }
}
