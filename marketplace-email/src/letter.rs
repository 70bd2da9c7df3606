//! A mail in the form in which it travels (RFC 5322 and MIME).
//!
//! Guarantees: one sender, one recipient, a Message-ID that depends on the mail alone, `Auto-Submitted` so
//! that out-of-office programs stay silent; both parts quoted-printable, so any character and any line is
//! safe; lines of at most 998 characters that end with CRLF; equal mails at equal times are equal bytes. No value
//! adds a header or ends a part.
//!
//! Called by: `outbox`, `smtp`.

use crate::{sender::Sender, words};
use lettre::{
    Address, Message,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use marketplace_core::{error::Source, identity::Email, mail::Mail, time::Timestamp};
use sha2::{Digest, Sha256};
use std::time::{Duration, UNIX_EPOCH};

/// The longest Message-ID that is taken, before the `@`.
const LONGEST_ID: usize = 200;

/// The longest subject, in characters: a word that is longer than a line may be cannot be broken.
const LONGEST_SUBJECT: usize = 250;

/// Why a mail cannot be written down. Trying again does not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LetterError {
    #[error("the message id is empty, too long or has characters outside [a-z0-9._-]")]
    MessageId,
    #[error("an address cannot be used in a header")]
    Address(#[source] Source),
    #[error("the body cannot be encoded")]
    Body,
    #[error("the message cannot be built")]
    Message(#[source] Source),
    #[error("the message has a line that mail systems may take for something else")]
    Line,
}

/// The Message-ID of a mail, without angle brackets.
pub(crate) fn message_id(mail: &Mail, sender: &Sender) -> Result<String, LetterError> {
    let id = &mail.message_id;
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(plain) {
        return Err(LetterError::MessageId);
    }
    Ok(format!("{id}@{}", sender.domain()))
}

/// The bytes of a mail.
pub(crate) fn write(mail: &Mail, sender: &Sender, at: Timestamp) -> Result<Vec<u8>, LetterError> {
    let content = &mail.content;
    let seconds = u64::try_from(at.as_micros()).unwrap_or(0).checked_div(1_000_000).unwrap_or(0);
    let date = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH);
    let message_id = message_id(mail, sender)?;
    let mut message = Message::builder()
        .from(Mailbox::new(sender.name().map(str::to_owned), address(sender.address())?))
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(words::shortened(&words::line(&content.subject), LONGEST_SUBJECT))
        .date(date)
        .message_id(Some(format!("<{message_id}>")))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    let parts = MultiPart::alternative()
        .boundary(boundary(&[&message_id, &content.text, &content.html]))
        .singlepart(part(ContentType::TEXT_PLAIN, &content.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &content.html)?);
    let message = message.multipart(parts).map_err(|error| LetterError::Message(error.into()))?;
    let letter = message.formatted();
    if is_plain(&letter) { Ok(letter) } else { Err(LetterError::Line) }
}

/// Whether every line is short, ASCII and ended by CRLF. A CR or LF alone ends a line for some mail systems and
/// not for others, and with it a mail (RUSTSEC-2026-0561). What is written above has none; this holds it to that.
fn is_plain(letter: &[u8]) -> bool {
    const LONGEST_LINE: usize = 998;
    let line_ok = |line: &[u8]| {
        line.len() <= LONGEST_LINE
            && line.iter().all(|byte| byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0))
    };
    let mut rest = letter;
    loop {
        match rest.windows(2).position(|pair| pair == b"\r\n") {
            Some(end) => {
                let (line, tail) = rest.split_at(end);
                if !line_ok(line) {
                    return false;
                }
                rest = tail.get(2..).unwrap_or_default();
            }
            None => return line_ok(rest),
        }
    }
}

pub(crate) fn address(email: &Email) -> Result<Address, LetterError> {
    email.as_str().parse().map_err(|error: lettre::address::AddressError| LetterError::Address(error.into()))
}

fn part(kind: ContentType, text: &str) -> Result<SinglePart, LetterError> {
    // A bare carriage return is not allowed in mail, and mail systems differ in what they make of it.
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let body = Body::new_with_encoding(lines, ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| LetterError::Body)?;
    Ok(SinglePart::builder().content_type(kind).body(body))
}

/// A line that is in no part: it is the digest of the parts.
fn boundary(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_line_ends_are_plain() {
        let long = "x".repeat(998);
        for letter in ["", "a", "a\r\n", "a\r\n\r\n.\r\nb", "\r\n", &format!("{long}\r\n{long}")] {
            assert!(is_plain(letter.as_bytes()), "{letter:?}");
        }
        for letter in [
            "\n",
            "\r",
            "a\nb",
            "a\rb",
            "a\r\r\n",
            "\n\r\n",
            "a\r\n\n",
            "a\r\n\r",
            "ọ",
            "a\0",
            &format!("{long}x"),
        ] {
            assert!(!is_plain(letter.as_bytes()), "{letter:?}");
        }
    }
}
