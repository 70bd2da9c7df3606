//! Names and types of files, as people give them, made safe.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A file's name for people: one path segment of 1 to 200 characters, no control or direction marks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// The text cannot be a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a file name")]
pub struct ParseFileNameError;

impl FileName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

impl FromStr for FileName {
    type Err = ParseFileNameError;
    /// Takes the last segment of a path of any system, drops control and direction marks, trims blanks and
    /// trailing dots, and shortens to 200 characters, keeping the ending.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = last.chars().filter(|character| !deceives(*character)).collect();
        let clean = clean.trim_end_matches(|last: char| last == '.' || last.is_whitespace()).trim_start();
        if clean.is_empty() {
            return Err(ParseFileNameError);
        }
        if clean.chars().count() <= 200 {
            return Ok(Self(clean.to_owned()));
        }
        let ending = clean.rsplit_once('.').map_or("", |(_, ending)| ending);
        let ending = if ending.chars().count() <= 16 { ending } else { "" };
        let keep = 199_usize.saturating_sub(ending.chars().count());
        let stem: String = clean.chars().take(keep).collect();
        Ok(Self(if ending.is_empty() { stem } else { format!("{stem}.{ending}") }))
    }
}
impl TryFrom<String> for FileName {
    type Error = ParseFileNameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
impl From<FileName> for String {
    fn from(name: FileName) -> Self {
        name.0
    }
}
impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A media type such as `application/pdf`, without parameters. A label only: files are always sent as
/// attachments with `nosniff`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentType(String);

/// The text is no media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a media type")]
pub struct ParseContentTypeError;

impl ContentType {
    /// Bytes of an unknown kind.
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl FromStr for ContentType {
    type Err = ParseContentTypeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let token = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
        };
        let (kind, sub) = essence.split_once('/').ok_or(ParseContentTypeError)?;
        if token(kind) && token(sub) && essence.len() <= 100 {
            Ok(Self(essence))
        } else {
            Err(ParseContentTypeError)
        }
    }
}
impl TryFrom<String> for ContentType {
    type Error = ParseContentTypeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
impl From<ContentType> for String {
    fn from(kind: ContentType) -> Self {
        kind.0
    }
}
impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The `Content-Disposition` value that saves a download under `name`: an ASCII form for old clients
/// (RFC 6266) and the exact form in UTF-8 (RFC 8187).
pub fn content_disposition(name: &FileName) -> String {
    let ascii: String = name
        .as_str()
        .chars()
        .map(|character| match character {
            '"' | '\\' | '%' => '_',
            character if character.is_ascii_graphic() || character == ' ' => character,
            _ => '_',
        })
        .collect();
    let mut exact = String::new();
    for byte in name.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push('%');
            exact.push_str(&hex::encode_upper([byte]));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_paths_and_tricks() {
        for (given, kept) in [
            ("book.pdf", "book.pdf"),
            ("C:\\fakepath\\book.pdf", "book.pdf"),
            ("../../etc/passwd", "passwd"),
            ("annexe\u{202e}fdp.exe", "annexefdp.exe"),
            ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
            (" Ọlá ₦.pdf. ", "Ọlá ₦.pdf"),
            ("a.pdf. . .", "a.pdf"),
        ] {
            assert_eq!(given.parse::<FileName>().unwrap().as_str(), kept, "{given:?}");
        }
        for wrong in ["", " ", "...", "/", "a/", "\u{200b}"] {
            assert_eq!(wrong.parse::<FileName>(), Err(ParseFileNameError), "{wrong:?}");
        }
        let long: FileName = format!("{}.pdf", "ọ".repeat(500)).parse().unwrap();
        assert_eq!(long.as_str().chars().count(), 200);
        assert!(long.as_str().ends_with(".pdf"));
    }

    #[test]
    fn types_are_labels_without_parameters() {
        assert_eq!("Application/PDF; charset=x".parse::<ContentType>().unwrap().as_str(), "application/pdf");
        for wrong in ["", "pdf", "a/", "/b", "a/b\r\nc", "a b/c"] {
            assert_eq!(wrong.parse::<ContentType>(), Err(ParseContentTypeError), "{wrong:?}");
        }
    }

    #[test]
    fn disposition_keeps_unicode_and_quotes() {
        let name: FileName = "Ọlá \"1\" 50%.pdf".parse().unwrap();
        assert_eq!(
            content_disposition(&name),
            "attachment; filename=\"_l_ _1_ 50_.pdf\"; filename*=UTF-8''%E1%BB%8Cl%C3%A1%20%221%22%2050%25.pdf"
        );
    }
}
