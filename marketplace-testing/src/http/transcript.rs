//! Answers written down so that those of two servers can be compared byte for byte.
//!
//! What is made anew each time (ids, tokens, times, request ids, addresses) is replaced by its number in the order of
//! appearance: equal things stay equal, different ones different, and everything else stays as it came.

use super::answer::Answer;
use sha2::{Digest as _, Sha256};
use std::fmt::{self, Write as _};

/// Shorter words are words; longer ones are made anew.
const MADE: usize = 26;
/// Of a time such as `2026-11-23T20:30:08.123456Z`.
const TIME: usize = "2026-11-23T20:30:08".len();

/// The answers of one server, in order.
#[derive(Debug)]
pub struct Transcript {
    base: String,
    seen: Vec<String>,
    taught: Vec<String>,
    lines: Vec<String>,
}

impl Transcript {
    /// A transcript of the server at `base`.
    pub fn of(base: &str) -> Self {
        Self { base: base.to_owned(), seen: Vec::new(), taught: Vec::new(), lines: Vec::new() }
    }

    /// Says that a short text, too, is made anew each time.
    pub fn teach(&mut self, made: &str) {
        if !self.taught.iter().any(|known| known == made) {
            self.taught.push(made.to_owned());
            // A text that holds another one is replaced first.
            self.taught.sort_by_key(|text| std::cmp::Reverse(text.len()));
        }
    }

    /// Writes an answer down.
    ///
    /// # Panics
    /// If its length is not what it says.
    pub fn record(&mut self, what: &str, answer: &Answer) {
        let mut text = format!("{what}: {}", answer.status);
        let mut headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            // The time, and whether the connection goes on after a body that nobody wanted: no part of the answer.
            .filter(|(name, _)| name != "date" && name != "connection")
            .collect();
        headers.sort();
        let varies = headers.iter().any(|(name, value)| {
            name == "content-type" && (value.ends_with("json") || value.starts_with("text/html"))
        });
        for (name, value) in headers {
            // Times are written with as many digits as they need, so the length of an answer varies with them.
            let value = if name == "content-length" && !answer.body.is_empty() {
                assert_eq!(value, answer.body.len().to_string(), "{what}");
                "its length".to_owned()
            } else if name == "content-length" && varies && value != "0" {
                "that of the body".to_owned()
            } else {
                self.plain(&value)
            };
            // Writing to a String cannot fail.
            let _ = write!(text, "\n    {name}: {value}");
        }
        let body = match std::str::from_utf8(&answer.body) {
            Ok(body) => self.plain(body),
            Err(_) => format!("{} bytes, {}", answer.body.len(), hex::encode(Sha256::digest(&answer.body))),
        };
        let _ = write!(text, "\n    {body}");
        self.lines.push(text);
    }

    /// The answers, in order.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// A text without anything that is made anew.
    fn plain(&mut self, text: &str) -> String {
        let mut text = text.replace(&self.base, "{base}");
        for made in &self.taught {
            if text.contains(made.as_str()) {
                let number = number(&mut self.seen, made);
                text = text.replace(made.as_str(), &format!("{{{number}}}"));
            }
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(first) = rest.chars().next() {
            let length = time(rest).unwrap_or_else(|| word(rest)).max(first.len_utf8());
            let (part, after) = rest.split_at(length);
            if time(rest).is_some() || (length >= MADE && !is_word(part)) {
                let _ = write!(plain, "{{{}}}", number(&mut self.seen, part));
            } else {
                plain.push_str(part);
            }
            rest = after;
        }
        plain
    }
}

/// Each answer under a heading.
impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "### {}", line.trim_end()))
    }
}

/// The place of a text in the order of appearance.
fn number(seen: &mut Vec<String>, text: &str) -> usize {
    seen.iter().position(|known| known == text).unwrap_or_else(|| {
        seen.push(text.to_owned());
        seen.len() - 1
    })
}

/// Whether people wrote it: in lower case, without digits. One token in a thousand has no digit.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// How long the word is that a text begins with.
fn word(text: &str) -> usize {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.bytes().take_while(|byte| in_word(byte)).count()
}

/// How long the time is that a text begins with, if it does.
fn time(text: &str) -> Option<usize> {
    let start = text.as_bytes().get(..TIME)?;
    let shaped = start.iter().zip(b"0000-00-00T00:00:00").all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let fraction =
        text.get(TIME..)?.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    (shaped && text.as_bytes().get(TIME + fraction) == Some(&b'Z')).then_some(TIME + fraction + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_made_anew_is_replaced() {
        let mut transcript = Transcript::of("http://127.0.0.1:1");
        transcript.teach("the-book-1a");
        let id = "prd_0123456789abcdef0123456789abcdef";
        let text = format!(
            "{id} at 2026-11-23T20:30:08.5Z, {id}, http://127.0.0.1:1/the-book-1a 2500.00 2026-11-23"
        );
        assert_eq!(transcript.plain(&text), "{1} at {2}, {1}, {base}/{0} 2500.00 2026-11-23");
        assert_eq!(transcript.plain("2026-11-23T20:30:08.5Z é 2026-11-24T20:30:08Z"), "{2} é {3}");
        let token = "MivcAyLfXGZDwEOICeQGqUpuukOgjC-DzqpVS-YxAaA";
        assert_eq!(transcript.plain(token), "{4}", "a token without a digit");
        let words = "strict-origin-when-cross-origin idempotency_key_required";
        assert_eq!(transcript.plain(words), words);
    }
}
