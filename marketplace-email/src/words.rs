//! Values as people read them.
//!
//! Guarantees: one line, no control characters, no characters that change the direction or hide; integers
//! only.
//!
//! Called by: `compose`, `template`, `letter`, `sender`.

use marketplace_core::{money::Money, time::Timestamp};

/// The text on one line: whatever is no printable character, or could make the rest look like something
/// else, is a blank, and blanks do not repeat.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        let character = if character.is_control() || is_format(character) { ' ' } else { character };
        if !(character.is_whitespace() && (line.is_empty() || line.ends_with(char::is_whitespace))) {
            line.push(character);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Line separators, marks and overrides of direction, and characters without width, except the joiners that
/// some scripts are written with.
fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// At most `longest` characters, with an ellipsis in place of the rest.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// `NGN 2,500.00`.
pub(crate) fn money(amount: Money) -> String {
    let text = amount.to_decimal_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (digits, String::new()),
    };
    let groups: Vec<&str> =
        whole.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    format!("{} {sign}{}{fraction}", amount.currency(), groups.join(","))
}

/// A price; `None` if there is nothing to pay.
pub(crate) fn price(amount: Money) -> Option<String> {
    (!amount.is_zero()).then(|| money(amount))
}

/// `23 Nov 2026, 06:05 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    let text = at.to_string();
    readable(&text).unwrap_or(text)
}

fn readable(rfc3339: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = rfc3339.split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{} {month} {year}, {} UTC", day.trim_start_matches('0'), time.get(..5)?))
}

/// `532 bytes`, `1.2 MB`: decimal units, as shops and file managers show them.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    for (unit, scale) in UNITS {
        if let Some(tenths) = bytes.saturating_mul(10).checked_div(scale).filter(|tenths| *tenths >= 10) {
            let (whole, tenth) = (tenths.checked_div(10).unwrap_or(0), tenths.checked_rem(10).unwrap_or(0));
            return format!("{whole}.{tenth} {unit}");
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::money::Currency;

    #[test]
    fn values_stand_on_one_line() {
        for (given, kept) in [
            ("A book", "A book"),
            ("  A\tbook \r\n", "A book"),
            ("A\r\nBcc: x@y.example", "A Bcc: x@y.example"),
            ("a\u{202e}fdp.exe", "a fdp.exe"),
            ("a\u{2028}b\u{0}c\u{85}d\u{feff}", "a b c d"),
            ("Ọlá ₦ 🎉", "Ọlá ₦ 🎉"),
            ("न्\u{200d}य", "न्\u{200d}य"),
            ("\u{a0} x \u{a0}", "x"),
            ("", ""),
        ] {
            assert_eq!(line(given), kept, "{given:?}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("ọlá!", 3), "ọl…");
        assert_eq!(shortened("a bcd", 3), "a…");
    }

    #[test]
    fn amounts_are_grouped() {
        for (minor, code, text) in [
            (250_000, "NGN", "NGN 2,500.00"),
            (5, "NGN", "NGN 0.05"),
            (99_999, "NGN", "NGN 999.99"),
            (123_456_789_012, "NGN", "NGN 1,234,567,890.12"),
            (2_500, "XOF", "XOF 2,500"),
            (-100_000, "USD", "USD -1,000.00"),
            (i64::MIN, "NGN", "NGN -92,233,720,368,547,758.08"),
            (1_234_567, "KWD", "KWD 1,234.567"),
        ] {
            assert_eq!(money(Money::new(minor, Currency::from_code(code).unwrap())), text);
        }
        assert_eq!(price(Money::zero(Currency::NGN)), None);
    }

    #[test]
    fn times_are_utc() {
        for (given, text) in [
            ("2026-11-23T06:05:59.999999Z", "23 Nov 2026, 06:05 UTC"),
            ("2027-01-01T00:00:00Z", "1 Jan 2027, 00:00 UTC"),
            ("2026-12-31T23:30:00-01:00", "1 Jan 2027, 00:30 UTC"),
            ("1969-12-31T23:59:59Z", "31 Dec 1969, 23:59 UTC"),
        ] {
            assert_eq!(time(given.parse().unwrap()), text);
        }
    }

    #[test]
    fn sizes_are_decimal() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 KB"),
            (1_260_000, "1.2 MB"),
            (999_999, "999.9 KB"),
            (2_000_000_000, "2.0 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        assert!(size(u64::MAX).ends_with(" GB"));
    }
}
