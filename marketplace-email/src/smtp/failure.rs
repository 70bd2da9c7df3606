//! Why a mail was not sent, and whether that may pass.
//!
//! Guarantees: no address, user name or password in what an operator reads; one line, however much the server
//! said.
//!
//! Called by: `session`, `mailer`.

use crate::words::{line, shortened};
use lettre::transport::smtp;
use marketplace_core::{error::Source, mail::MailError};
use std::{error::Error, fmt, io};

/// How much of a server's answer is kept, in characters.
const LONGEST_ANSWER: usize = 200;

/// A step of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The connection, TLS if it comes first, the greeting and `EHLO`.
    Connect,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "the connection",
            Self::StartTls => "STARTTLS",
            Self::Auth => "our user name and password",
            Self::Mail => "the sender",
            Self::Rcpt => "the recipient",
            Self::Data => "DATA",
            Self::End => "the mail",
        })
    }
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the mail server cannot be reached")]
    Unreachable(#[source] Source),
    #[error("there is no trustworthy TLS with the mail server")]
    Tls(#[source] Source),
    #[error("the mail server offers no STARTTLS, and nothing is sent without it")]
    NoStartTls,
    #[error("the mail server offers no way to sign in that is known here (PLAIN, LOGIN)")]
    NoLogin,
    #[error("the mail server answered to {step}: {code} {text}")]
    Answer { step: Step, code: u16, text: String },
    #[error("the mail server did not answer in time to {0}")]
    Silence(Step),
    #[error("the connection to the mail server broke at {0}")]
    Broken(Step, #[source] Source),
}

impl Failure {
    /// What lettre says about a step.
    pub(super) fn of(step: Step, error: &smtp::Error) -> Self {
        if let Some(code) = error.status() {
            let said = error.source().map(ToString::to_string).unwrap_or_default();
            // Whatever it is that a server says about a password, it is not repeated.
            let text = if step == Step::Auth { enhanced(&said).to_owned() } else { readable(&said) };
            return Self::Answer { step, code: u16::from(code), text };
        }
        Self::broken(step, root(error))
    }

    /// What the system or TLS says about a step.
    pub(super) fn of_io(step: Step, error: &io::Error) -> Self {
        Self::broken(step, root(error))
    }

    fn broken(step: Step, (cause, is_tls): (Source, bool)) -> Self {
        match step {
            _ if is_tls => Self::Tls(cause),
            Step::Connect => Self::Unreachable(cause),
            step => Self::Broken(step, cause),
        }
    }

    /// Whether the server refuses this very mail, and will again. Before a recipient is named nothing is about
    /// the mail, and an operator can mend it. Nor is a demand to sign in.
    fn is_final(&self) -> bool {
        match self {
            Self::Answer { step: Step::Rcpt | Step::Data | Step::End, code, .. } => {
                (500..600).contains(code) && !matches!(code, 530 | 534 | 535 | 538)
            }
            _ => false,
        }
    }

    /// Whether the connection is good for a farewell.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::NoStartTls | Self::NoLogin)
    }
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        if failure.is_final() { Self::Permanent(failure.into()) } else { Self::Transient(failure.into()) }
    }
}

/// The last cause, which says what happened, and whether it is TLS that failed.
fn root(error: &(dyn Error + 'static)) -> (Source, bool) {
    let (mut last, mut is_tls) = (error, false);
    loop {
        let inner = last.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        is_tls |= inner.is_some_and(<dyn Error + Send + Sync>::is::<rustls::Error>);
        match last.source() {
            Some(cause) => last = cause,
            None => return (readable(&last.to_string()).into(), is_tls),
        }
    }
}

/// On one line, without addresses.
fn readable(said: &str) -> String {
    let words = line(said);
    let masked: Vec<&str> =
        words.split(' ').map(|word| if word.contains('@') { "<address>" } else { word }).collect();
    shortened(&masked.join(" "), LONGEST_ANSWER)
}

/// `5.7.8`, if the answer begins with such a code (RFC 3463).
fn enhanced(said: &str) -> &str {
    let first = said.split_whitespace().next().unwrap_or_default();
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if first.split('.').count() == 3 && first.split('.').all(is_number) { first } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_repeated_on_one_line_and_without_addresses() {
        assert_eq!(
            readable("5.1.1 <bob@mail.example>:\r\n Recipient\taddress\u{0} rejected: b@c"),
            "5.1.1 <address> Recipient address rejected: <address>"
        );
        assert_eq!(readable(&"x".repeat(500)).chars().count(), LONGEST_ANSWER);
        assert_eq!(enhanced("5.7.8 hunter2 is wrong"), "5.7.8");
        for said in ["hunter2", "", "5.7", "5.7.8.9", "1234.5.6", "a.b.c"] {
            assert_eq!(enhanced(said), "", "{said}");
        }
    }

    #[test]
    fn only_what_is_about_the_mail_is_final() {
        use Step::{Auth, Connect, Data, End, Mail, Rcpt, StartTls};
        let answer = |step, code| Failure::Answer { step, code, text: String::new() };
        for step in [Rcpt, Data, End] {
            for code in [500, 550, 552, 554] {
                assert!(answer(step, code).is_final(), "{step:?} {code}");
            }
            for code in [421, 450, 451, 452, 530, 535] {
                assert!(!answer(step, code).is_final(), "{step:?} {code}");
            }
        }
        for step in [Connect, StartTls, Auth, Mail] {
            for code in [421, 454, 530, 535, 550, 554] {
                assert!(!answer(step, code).is_final(), "{step:?} {code}");
            }
        }
        assert!(!Failure::Silence(End).is_final() && !Failure::NoStartTls.is_final());
    }
}
