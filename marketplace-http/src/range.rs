//! Ranges and validators of a download (RFC 9110, sections 13 and 14).
//!
//! Guarantees: one range of bytes is answered exactly; several ranges, other units and nonsense are answered
//! with the whole; a range of another version (`If-Range`) is never mixed into a file.
//!
//! Called by: the download route.

use crate::headers::Headers;
use marketplace_core::file::ByteRange;

/// How much of a file to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portion {
    /// All of it.
    Whole,
    /// A part: 206.
    Part(ByteRange),
    /// Nothing that is there: 416.
    Unsatisfiable,
    /// The client has it: 304.
    NotModified,
}

/// What a request asks of a file of `size` bytes whose tag is `etag`, quotes included.
pub(crate) fn portion(headers: &Headers, size: u64, etag: &str) -> Portion {
    if headers.get_all("if-none-match").any(|line| names(line, etag)) {
        return Portion::NotModified;
    }
    // A date or another tag means: of another version, or of one that cannot be told. Send the whole.
    if headers.get("if-range").is_some_and(|validator| validator.trim() != etag) {
        return Portion::Whole;
    }
    match headers.single("range") {
        Ok(Some(range)) => parse(range, size),
        Ok(None) | Err(_) => Portion::Whole,
    }
}

/// Whether a line of `If-None-Match` names the tag.
pub(crate) fn names(line: &str, etag: &str) -> bool {
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag) == etag;
    line.split(',').map(str::trim).any(|tag| tag == "*" || strong(tag))
}

fn parse(text: &str, size: u64) -> Portion {
    let Some((unit, set)) = text.split_once('=') else { return Portion::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Portion::Whole };
    let (Ok(first), Ok(last)) = (position(first), position(last)) else { return Portion::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Portion::Whole;
    }
    let range = match (first, last) {
        (None, None) => return Portion::Whole,
        (None, Some(suffix)) => ByteRange { start: size.saturating_sub(suffix), end: size },
        (Some(first), None) => ByteRange { start: first, end: size },
        (Some(first), Some(last)) if last < first => return Portion::Whole,
        (Some(first), Some(last)) => ByteRange { start: first, end: last.saturating_add(1).min(size) },
    };
    if range.start < range.end { Portion::Part(range) } else { Portion::Unsatisfiable }
}

/// What stands where a number may stand is none.
struct NoNumber;

/// A number, if there is one. Larger than 64 bits counts as the most.
fn position(text: &str) -> Result<Option<u64>, NoNumber> {
    match text.trim() {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => Err(NoNumber),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc\"";

    fn ask(lines: &[(&str, &str)]) -> Portion {
        portion(&lines.iter().copied().collect(), 100, TAG)
    }

    fn part(start: u64, end: u64) -> Portion {
        Portion::Part(ByteRange { start, end })
    }

    #[test]
    fn ranges() {
        for (range, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-99", part(0, 100)),
            ("bytes=0-", part(0, 100)),
            ("bytes=10-19", part(10, 20)),
            ("bytes=99-", part(99, 100)),
            ("bytes=90-1000", part(90, 100)),
            ("bytes=0-99999999999999999999999", part(0, 100)),
            ("bytes=-1", part(99, 100)),
            ("bytes=-100", part(0, 100)),
            ("bytes=-1000", part(0, 100)),
            ("Bytes= 5 - 6 ", part(5, 7)),
            ("bytes=100-", Portion::Unsatisfiable),
            ("bytes=100-200", Portion::Unsatisfiable),
            ("bytes=99999999999999999999999-", Portion::Unsatisfiable),
            ("bytes=-0", Portion::Unsatisfiable),
            ("bytes=5-4", Portion::Whole),
            ("bytes=0-1,3-4", Portion::Whole),
            ("bytes=-", Portion::Whole),
            ("bytes=a-b", Portion::Whole),
            ("bytes=0x1-2", Portion::Whole),
            ("bytes=+1-2", Portion::Whole),
            ("bytes", Portion::Whole),
            ("items=0-1", Portion::Whole),
            ("", Portion::Whole),
        ] {
            assert_eq!(ask(&[("range", range)]), expected, "{range}");
        }
        assert_eq!(ask(&[]), Portion::Whole);
        assert_eq!(ask(&[("range", "bytes=0-1"), ("range", "bytes=0-1")]), Portion::Whole);
    }

    #[test]
    fn validators() {
        let range = ("range", "bytes=1-2");
        assert_eq!(ask(&[range, ("if-range", TAG)]), part(1, 3));
        for other in ["\"abd\"", "W/\"abc\"", "abc", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(ask(&[range, ("if-range", other)]), Portion::Whole, "{other}");
        }
        for known in [TAG, "*", "\"x\", W/\"abc\""] {
            assert_eq!(ask(&[range, ("if-none-match", known)]), Portion::NotModified, "{known}");
        }
        assert_eq!(ask(&[range, ("if-none-match", "\"x\"")]), part(1, 3));
    }
}
