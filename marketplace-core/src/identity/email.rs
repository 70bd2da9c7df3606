//! E-mail addresses in one canonical form.
//!
//! Guarantees: an `Email` is ASCII, lower case, `local@domain` with a dot in the domain, at most 254
//! characters, without quotes, comments, controls or anything that could end a header. Two spellings of one
//! mailbox that differ by case compare equal. Mail goes only to a stored `Email`.
//!
//! Does not: prove that the mailbox exists, or fold `+tags` (they are distinct mailboxes by right).

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A canonical e-mail address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

/// The text is not an address that we deliver to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct ParseEmailError;

impl Email {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For showing to others: `a***@example.com`.
    pub fn masked(&self) -> String {
        match self.0.split_once('@') {
            Some((local, domain)) => format!("{}***@{domain}", local.get(..1).unwrap_or_default()),
            None => "***".to_owned(),
        }
    }
}

impl FromStr for Email {
    type Err = ParseEmailError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local, domain) = text.rsplit_once('@').ok_or(ParseEmailError)?;
        let local_ok = (1..=64).contains(&local.len())
            && local
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let top = domain.rsplit('.').next().unwrap_or_default();
        let domain_ok = domain.len() <= 253
            && domain.contains('.')
            && domain.split('.').all(label_ok)
            && top.bytes().any(|byte| byte.is_ascii_alphabetic());
        if local_ok && domain_ok && text.len() <= 254 {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ParseEmailError)
        }
    }
}
impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
/// Masked: addresses do not belong in logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
impl Serialize for Email {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_per_mailbox() {
        let email: Email = "Ada.Lovelace+Books@Example.COM".parse().unwrap();
        assert_eq!(email.as_str(), "ada.lovelace+books@example.com");
        assert_eq!(format!("{email:?}"), "a***@example.com");
    }

    #[test]
    fn refuses_what_could_go_astray() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "a",
            "a@b",
            "@example.com",
            "a@",
            "a@b..com",
            "a@.com",
            "a@b.com.",
            "a b@c.com",
            "a@b.com,c@d.com",
            "a@b@c.com",
            "\"a\"@b.com",
            "a@b.com\r\nBcc: x@y.com",
            "a\u{131}@b.com",
            "\u{212a}@b.com",
            "a@b.123",
            "a@-b.com",
            "a@b-.com",
            ".a@b.com",
            "a.@b.com",
            "a..b@c.com",
            "<a@b.com>",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert_eq!(text.parse::<Email>(), Err(ParseEmailError), "{text:?}");
        }
    }
}
