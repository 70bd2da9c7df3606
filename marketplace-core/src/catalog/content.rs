//! What kind of bytes a file has.
//!
//! Guarantees: what bytes of a known kind say of themselves counts more than what somebody says of them; a program never
//! passes as something else.
//!
//! Does not: look beyond the first bytes, or know every kind. What it does not know is believed; nothing that is delivered is
//! ever shown in place.
//!
//! Called by: uploads of both ways.

use crate::file::ContentType;

/// How many bytes the type of a file is told by.
pub(super) const HEAD: usize = 8 * 1024;

/// The type that the bytes themselves tell.
pub(super) fn sniff(head: &[u8]) -> Option<ContentType> {
    infer::get(head).and_then(|kind| kind.mime_type().parse().ok())
}

/// The bytes are of another type than announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeDiffers;

/// The type of a file whose first bytes are `head`, announced as `announced`.
pub(super) fn settle(announced: Option<&ContentType>, head: &[u8]) -> Result<ContentType, TypeDiffers> {
    let told = sniff(head);
    let Some(announced) = announced.filter(|kind| kind.as_str() != "application/octet-stream") else {
        return Ok(told.unwrap_or_else(ContentType::octet_stream));
    };
    let Some(told) = told else {
        return if is_always_told(announced.as_str()) { Err(TypeDiffers) } else { Ok(announced.clone()) };
    };
    if base(announced.as_str()) == base(told.as_str()) || is_kind_of(announced.as_str(), told.as_str()) {
        return Ok(announced.clone());
    }
    let family = top(announced.as_str());
    // Whatever an application calls its own format is inside one of these mostly.
    let is_own = family == "application" || family == "model" || announced.as_str() == "image/svg+xml";
    if is_container(told.as_str()) && is_own && !is_always_told(announced.as_str()) {
        return Ok(announced.clone());
    }
    // JPEG for PNG, MP3 for WAV: no lie worth a refusal, and the bytes know better.
    if family == top(told.as_str()) && matches!(family, "image" | "audio" | "video" | "font" | "text") {
        return Ok(told);
    }
    // A document for the archive that it is inside.
    if is_kind_of(told.as_str(), announced.as_str()) {
        return Ok(told);
    }
    Err(TypeDiffers)
}

fn top(kind: &str) -> &str {
    kind.split_once('/').map_or(kind, |(top, _)| top)
}

/// The subtype, by whichever of its names.
fn base(kind: &str) -> &str {
    let subtype = kind.split_once('/').map_or(kind, |(_, subtype)| subtype);
    let subtype = subtype.split(';').next().unwrap_or(subtype).trim();
    let subtype = subtype.strip_prefix("x-").unwrap_or(subtype);
    match subtype.strip_prefix("vnd.").unwrap_or(subtype) {
        "jpg" | "pjpeg" => "jpeg",
        "mp3" => "mpeg",
        "wave" => "wav",
        "zip-compressed" => "zip",
        "rar-compressed" => "rar",
        "m4a" => "mp4",
        other => other,
    }
}

/// Types whose every file begins in a known way: bytes that do not are something else.
fn is_always_told(kind: &str) -> bool {
    matches!(
        base(kind),
        "pdf"
            | "zip"
            | "epub+zip"
            | "png"
            | "jpeg"
            | "gif"
            | "7z-compressed"
            | "gzip"
            | "microsoft.portable-executable"
    )
}

/// Forms that hold files of many kinds.
fn is_container(told: &str) -> bool {
    matches!(base(told), "zip" | "gzip" | "xml" | "ole-storage" | "tar" | "sqlite3")
}

/// Whether files of `kind` are in the form that `told` names, and say no more of themselves.
fn is_kind_of(kind: &str, told: &str) -> bool {
    let (family, kind) = (top(kind), base(kind));
    match base(told) {
        "font-sfnt" | "font-woff" | "font-woff2" => {
            family == "font" || kind.starts_with("font-") || matches!(kind, "ttf" | "otf" | "opentype")
        }
        // Templates, and those with macros.
        told if told.starts_with("openxmlformats-officedocument.") => {
            kind.starts_with("openxmlformats-officedocument.") || kind.starts_with("ms-")
        }
        "pdf" => matches!(kind, "postscript" | "illustrator" | "adobe.illustrator"),
        "microsoft.portable-executable" => {
            matches!(kind, "msdownload" | "msdos-program" | "dosexec" | "ms-dos-executable" | "msi" | "exe")
        }
        "debian.binary-package" | "deb" => matches!(kind, "debian-package" | "debian.binary-package" | "deb"),
        "bzip2" => kind.starts_with("bzip"),
        "zip" => {
            kind.ends_with("+zip")
                || kind.starts_with("openxmlformats-officedocument.")
                || kind.starts_with("oasis.opendocument.")
                || matches!(kind, "java-archive" | "android.package-archive" | "cbz" | "comicbook+zip")
                || matches!(kind, "google-earth.kmz" | "apple.pages" | "apple.numbers" | "apple.keynote")
        }
        // The old office formats.
        "ole-storage" => matches!(kind, "msword" | "outlook") || kind.starts_with("ms-"),
        "gzip" => kind.ends_with("+gzip") || matches!(kind, "tar" | "gtar" | "compressed-tar" | "tgz"),
        "xml" => kind.ends_with("+xml"),
        "html" => matches!(kind, "xhtml+xml" | "plain" | "markdown"),
        "shellscript" => matches!(kind, "sh" | "plain" | "python" | "perl"),
        // One container, with pictures or without.
        "mp4" | "mpeg" | "ogg" | "webm" | "matroska" | "3gpp" | "quicktime" => {
            matches!(
                kind,
                "mp4" | "mpeg" | "ogg" | "webm" | "matroska" | "3gpp" | "quicktime" | "opus" | "m4v" | "m4b"
            )
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] = b"%PDF-1.7\n%....";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff";
    const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    const MP3: &[u8] = b"ID3\x04\0\0\0\0\0\0";
    const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
    const HTML: &[u8] = b"<!DOCTYPE html><html></html>";
    const TTF: &[u8] = b"\0\x01\0\0\0\x0c\0\x80";
    const WOFF2: &[u8] = b"wOF2\0\x01\0\0\0\0";
    const XML: &[u8] = b"<?xml version=\"1.0\"?><svg/>";
    const PLAIN: &[u8] = b"once upon a time";

    fn settled(announced: &str, head: &[u8]) -> Option<String> {
        let announced: Option<ContentType> = (!announced.is_empty()).then(|| announced.parse().unwrap());
        settle(announced.as_ref(), head).ok().map(|kind| kind.as_str().to_owned())
    }

    #[test]
    fn what_is_true_or_not_known_is_believed() {
        for (announced, head) in [
            ("application/pdf", PDF),
            ("image/png", PNG),
            ("application/zip", ZIP),
            ("application/epub+zip", ZIP),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
            ("application/x-zip-compressed", ZIP),
            ("audio/mpeg", MP3),
            ("audio/mp3", MP3),
            ("audio/mp4", MP4),
            ("video/mp4", MP4),
            ("text/plain", PLAIN),
            ("text/markdown", HTML),
            ("application/x-font-of-mine", PLAIN),
            ("font/ttf", TTF),
            ("font/woff2", WOFF2),
            ("application/x-procreate", ZIP),
            ("application/msword", ZIP),
            ("application/x-msdownload", EXE),
            ("application/postscript", PDF),
            ("image/svg+xml", XML),
        ] {
            assert_eq!(settled(announced, head).as_deref(), Some(announced));
        }
    }

    #[test]
    fn who_says_nothing_gets_what_the_bytes_say() {
        for announced in ["", "application/octet-stream"] {
            assert_eq!(settled(announced, PDF).as_deref(), Some("application/pdf"));
            assert_eq!(settled(announced, PLAIN).as_deref(), Some("application/octet-stream"));
        }
    }

    #[test]
    fn bytes_know_better_within_a_family() {
        assert_eq!(settled("image/jpeg", PNG).as_deref(), Some("image/png"));
    }

    #[test]
    fn lies_are_refused() {
        for (announced, head) in [
            ("application/pdf", EXE),
            ("application/pdf", ELF),
            ("application/pdf", PLAIN),
            ("application/pdf", HTML),
            ("application/pdf", ZIP),
            ("image/png", PDF),
            ("image/png", HTML),
            ("image/png", PLAIN),
            ("audio/mpeg", EXE),
            ("video/mp4", ZIP),
            ("text/plain", EXE),
            ("text/plain", PDF),
            ("application/zip", PDF),
            ("application/epub+zip", EXE),
            ("video/mp4", HTML),
        ] {
            assert_eq!(settled(announced, head), None, "{announced}");
        }
    }
}
