//! Reads a `Content-Disposition` as a browser does that keeps to the letter: RFC 6266 and RFC 8187.
//!
//! Called by: the cases of addresses.

/// The header in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    /// `attachment` or `inline`.
    pub(super) kind: String,
    /// `filename`: for old clients.
    pub(super) plain: Option<String>,
    /// `filename*`: exactly the name.
    pub(super) exact: Option<String>,
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn token<'a>(rest: &mut &'a str) -> Result<&'a str, String> {
    let end = rest.bytes().position(|byte| !is_token(byte)).unwrap_or(rest.len());
    let (token, after) = rest.split_at(end);
    *rest = after;
    if token.is_empty() { Err(format!("a token is missing before {after:?}")) } else { Ok(token) }
}

/// A quoted string: `"` and `\` only behind a `\`, nothing but printable ASCII and blanks.
fn quoted(rest: &mut &str) -> Result<String, String> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        let meant = match character {
            '"' => {
                *rest = &rest[at + 1..];
                return Ok(text);
            }
            '\\' => characters.next().ok_or("a quoted string ends in a backslash")?.1,
            other => other,
        };
        if !(meant == ' ' || meant.is_ascii_graphic()) {
            return Err(format!("{meant:?} in a quoted string"));
        }
        text.push(meant);
    }
    Err("a quoted string without an end".to_owned())
}

/// `UTF-8''` and percent-encoded bytes.
fn extended(text: &str) -> Result<String, String> {
    let mut parts = text.splitn(3, '\'');
    let (charset, _language, value) = (parts.next(), parts.next(), parts.next());
    if !charset.is_some_and(|charset| charset.eq_ignore_ascii_case("UTF-8")) {
        return Err(format!("{charset:?} is not UTF-8"));
    }
    let value = value.ok_or("an extended value has two apostrophes")?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.map(char::from));
                let [Some(high), Some(low)] = digits else { return Err("half an escape".to_owned()) };
                u8::from_str_radix(&format!("{high}{low}"), 16).map_err(|error| error.to_string())?
            }
            byte if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) => byte,
            byte => return Err(format!("{:?} in an extended value", char::from(byte))),
        });
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Reads a header's value.
pub(super) fn parse(text: &str) -> Result<Disposition, String> {
    let mut rest = text;
    let kind = token(&mut rest)?.to_ascii_lowercase();
    let (mut plain, mut exact) = (None, None);
    while !rest.is_empty() {
        rest = rest.trim_start().strip_prefix(';').ok_or("a semicolon is missing")?.trim_start();
        let name = token(&mut rest)?.to_ascii_lowercase();
        rest = rest.strip_prefix('=').ok_or("an equals sign is missing")?;
        let value = if rest.starts_with('"') { quoted(&mut rest)? } else { token(&mut rest)?.to_owned() };
        let twice = match name.as_str() {
            "filename" => plain.replace(value).is_some(),
            "filename*" => exact.replace(extended(&value)?).is_some(),
            _ => return Err(format!("an unknown parameter {name}")),
        };
        if twice {
            return Err(format!("{name} twice"));
        }
    }
    Ok(Disposition { kind, plain, exact })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standards_show() {
        // RFC 6266, section 5.
        let read = parse(r#"Attachment; filename="EURO rates"; filename*=utf-8''%e2%82%ac%20rates"#).unwrap();
        assert_eq!(read.kind, "attachment");
        assert_eq!((read.plain.as_deref(), read.exact.as_deref()), (Some("EURO rates"), Some("€ rates")));
        assert_eq!(
            parse("attachment; filename=example.html").unwrap().plain.as_deref(),
            Some("example.html")
        );
        assert_eq!(parse(r#"INLINE; FILENAME= "an example.html""#).ok(), None, "no blank after the sign");
        assert_eq!(parse(r#"inline; filename="a \"b\" \\""#).unwrap().plain.as_deref(), Some(r#"a "b" \"#));
    }

    #[test]
    fn refuses_what_they_do_not() {
        for wrong in [
            "",
            ";",
            "attachment filename=a",
            "attachment; filename",
            "attachment; filename=a; filename=b",
            "attachment; filename=\"a",
            "attachment; filename=\"a\" b",
            "attachment; filename=\"ä\"",
            "attachment; filename=ä",
            "attachment; filename=a b",
            "attachment; filename*=a.pdf",
            "attachment; filename*=latin1''a.pdf",
            "attachment; filename*=UTF-8''a%2",
            "attachment; filename*=UTF-8''%ff",
            "attachment; filename*=UTF-8''a(b",
            "attachment; other=1",
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
