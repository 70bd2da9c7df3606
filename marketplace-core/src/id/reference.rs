//! Our own reference of a payment attempt, as the gateway knows it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// 16 to 50 characters of `[a-z0-9-]`: what every gateway accepts as a merchant reference.
///
/// A reference names one attempt for ever. It is written before the gateway is called and never reused.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

/// The text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a payment reference")]
pub struct ParseReferenceError;

impl Reference {
    /// The reference of the `number`-th attempt of a command, counted from zero. A command that died and is
    /// run again finds its own attempts by it.
    pub fn of_command(serial: Uuid, number: usize) -> Self {
        let serial = serial.simple();
        Self(if number == 0 { format!("mkt-{serial}") } else { format!("mkt-{serial}-{number}") })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if plain && (16..=50).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseReferenceError)
        }
    }
}
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_a_command_are_references() {
        for number in [0, 1, usize::MAX] {
            let reference = Reference::of_command(Uuid::from_u128(7), number.min(999_999));
            assert_eq!(reference.as_str().parse(), Ok(reference.clone()));
        }
    }

    #[test]
    fn only_the_common_characters_of_gateways() {
        assert!("mkt-0123456789abcdef".parse::<Reference>().is_ok());
        for wrong in
            ["short", "mkt-0123456789abcdeF", "mkt_0123456789abcdef", "../0123456789abcdef", &"a".repeat(51)]
        {
            assert_eq!(wrong.parse::<Reference>(), Err(ParseReferenceError), "{wrong}");
        }
    }
}
