//! Who a mail comes from.
//!
//! Guarantees: an address that mail can be sent from, and a name that fits a header.
//!
//! Called by: hosts (`MAIL_FROM`), `letter`.

use crate::words;
use marketplace_core::identity::Email;
use std::{fmt, str::FromStr};

/// A sender: `no-reply@books.example` or `Ada's Books <no-reply@books.example>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: Email,
}

/// The text is no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sender: an address, or a name and an address in angle brackets")]
pub struct ParseSenderError;

impl Sender {
    /// A sender without a name.
    pub fn new(address: Email) -> Self {
        Self { name: None, address }
    }

    /// The name that mail programs show.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address.
    pub fn address(&self) -> &Email {
        &self.address
    }

    /// What follows the `@`, for Message-IDs.
    pub(crate) fn domain(&self) -> &str {
        let address = self.address.as_str();
        address.rsplit_once('@').map_or(address, |(_, domain)| domain)
    }
}

impl FromStr for Sender {
    type Err = ParseSenderError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let Some((name, address)) = text.strip_suffix('>').and_then(|text| text.split_once('<')) else {
            return text.parse().map(Self::new).map_err(|_| ParseSenderError);
        };
        let address = address.trim().parse().map_err(|_| ParseSenderError)?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if words::line(name) != name || name.chars().count() > 100 {
            return Err(ParseSenderError);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => fmt::Display::fmt(&self.address, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_a_name() {
        for (text, name, shown) in [
            ("no-reply@books.example", None, "no-reply@books.example"),
            (" <no-reply@books.example> ", None, "no-reply@books.example"),
            (
                "Ọlá's Books <No-Reply@Books.example>",
                Some("Ọlá's Books"),
                "Ọlá's Books <no-reply@books.example>",
            ),
            ("\"Books, Inc.\" <a@b.example>", Some("Books, Inc."), "Books, Inc. <a@b.example>"),
        ] {
            let sender: Sender = text.parse().unwrap();
            assert_eq!((sender.name(), sender.to_string().as_str()), (name, shown));
        }
        assert_eq!("a@b.example".parse::<Sender>().unwrap().domain(), "b.example");
    }

    #[test]
    fn nothing_that_could_add_a_header() {
        for text in [
            "",
            "Books",
            "Books <>",
            "Books <a>",
            "a@b.example, c@d.example",
            "A\r\nBcc: x@y.example <a@b.example>",
            "<a@b.example> x",
            "A <a@b.example> <c@d.example>",
        ] {
            assert_eq!(text.parse::<Sender>(), Err(ParseSenderError), "{text:?}");
        }
    }
}
