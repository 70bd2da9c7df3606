//! The address of a mail server.
//!
//! Guarantees: whatever is not understood is refused, never guessed; an error holds nothing of the text.
//!
//! Called by: `config`.

use super::config::{Login, SmtpConfig, SmtpConfigError, SmtpTls};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::net::Ipv6Addr;

pub(super) fn parse(text: &str) -> Result<SmtpConfig, SmtpConfigError> {
    let (scheme, rest) = text.split_once("://").ok_or(SmtpConfigError::Scheme)?;
    let implicit = match scheme {
        "smtps" => true,
        "smtp" => false,
        _ => return Err(SmtpConfigError::Scheme),
    };
    // The last one: whoever forgot to encode an `@` of the password meant it so.
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(parse_login(login)?), place),
        None => (None, rest),
    };
    let (place, option) =
        place.split_once('?').map_or((place, None), |(place, option)| (place, Some(option)));
    let tls = match (implicit, option) {
        (true, None | Some("tls=required")) => SmtpTls::Implicit,
        (false, None | Some("tls=required")) => SmtpTls::StartTls,
        (false, Some("tls=opportunistic")) => SmtpTls::Opportunistic,
        (false, Some("tls=none")) => SmtpTls::Plain,
        _ => return Err(SmtpConfigError::Option),
    };
    let place = place.strip_suffix('/').unwrap_or(place);
    let (host, port) = parse_place(place)?;
    Ok(SmtpConfig::new(host, port.unwrap_or(if implicit { 465 } else { 587 }), tls, login))
}

fn parse_login(text: &str) -> Result<Login, SmtpConfigError> {
    let (user, password) = text.split_once(':').ok_or(SmtpConfigError::Login)?;
    Ok(Login { user: decoded(user)?, password: decoded(password)? })
}

fn decoded(text: &str) -> Result<SecretString, SmtpConfigError> {
    let is_code = |rest: &str| {
        rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    if !text.split('%').skip(1).all(is_code) {
        return Err(SmtpConfigError::Login);
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| SmtpConfigError::Login)?;
    if decoded.is_empty() || decoded.contains(char::is_control) {
        return Err(SmtpConfigError::Login);
    }
    Ok(decoded.into_owned().into())
}

fn parse_place(place: &str) -> Result<(String, Option<u16>), SmtpConfigError> {
    let (host, port) = match place.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, rest))) => {
            let host: Ipv6Addr = host.parse().map_err(|_| SmtpConfigError::Host)?;
            let port = if rest.is_empty() {
                None
            } else {
                Some(rest.strip_prefix(':').ok_or(SmtpConfigError::Port)?)
            };
            (host.to_string(), port)
        }
        Some(None) => return Err(SmtpConfigError::Host),
        None => {
            let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
            if !is_host(host) {
                return Err(SmtpConfigError::Host);
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    let port = port.map(|port| port.parse().ok().filter(|port| *port != 0).ok_or(SmtpConfigError::Port));
    Ok((host, port.transpose()?))
}

/// A host name, or an IPv4 address.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn login(config: &SmtpConfig) -> Option<(&str, &str)> {
        config.login.as_ref().map(|login| (login.user.expose_secret(), login.password.expose_secret()))
    }

    #[test]
    fn addresses_are_taken_apart() {
        use SmtpTls::{Implicit, Opportunistic, Plain, StartTls};
        for (text, host, port, tls, expected) in [
            ("smtp://mail.example", "mail.example", 587, StartTls, None),
            ("smtp://Mail.Example/", "mail.example", 587, StartTls, None),
            ("smtps://mail.example", "mail.example", 465, Implicit, None),
            ("smtps://u:p@mail.example:2465", "mail.example", 2465, Implicit, Some(("u", "p"))),
            ("smtp://u:p@mail.example:2525?tls=required", "mail.example", 2525, StartTls, Some(("u", "p"))),
            (
                "smtp://u:p@mail.example?tls=opportunistic",
                "mail.example",
                587,
                Opportunistic,
                Some(("u", "p")),
            ),
            ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, Plain, None),
            ("smtp://[::1]:25?tls=none", "::1", 25, Plain, None),
            ("smtps://[2001:db8::1]", "2001:db8::1", 465, Implicit, None),
            (
                "smtp://ada%40shop.example:p%3A%2F%25%20%E2%82%A6@mail.example",
                "mail.example",
                587,
                StartTls,
                Some(("ada@shop.example", "p:/% ₦")),
            ),
            // Forgotten to encode, and still clear.
            (
                "smtp://ada@shop.example:p@ss/w?rd:x@mail.example",
                "mail.example",
                587,
                StartTls,
                Some(("ada@shop.example", "p@ss/w?rd:x")),
            ),
        ] {
            let config = parse(text).unwrap();
            assert_eq!(
                (config.host.as_str(), config.port, config.tls, login(&config)),
                (host, port, tls, expected)
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_repeated() {
        for text in [
            "",
            "hunter2",
            "hunter2://mail.example",
            "SMTP://hunter2",
            "http://hunter2.example",
            "smtp:hunter2",
            "smtp://",
            "smtp:///",
            "smtp://@hunter2",
            "smtp://hunter2@mail.example",
            "smtp://:hunter2@mail.example",
            "smtp://hunter2:@mail.example",
            "smtp://u:hunter2%@mail.example",
            "smtp://u:hunter2%4@mail.example",
            "smtp://u:hunter2%zz@mail.example",
            "smtp://u:hunter2%00@mail.example",
            "smtp://u:hunter2%0d%0a@mail.example",
            "smtp://u:hunter2%ff@mail.example",
            "smtp://hunter2.example:0",
            "smtp://hunter2.example:65536",
            "smtp://hunter2.example:",
            "smtp://hunter2.example:x",
            "smtp://hunter2.example:25:25",
            "smtp://hunter2.example/path",
            "smtp://hunter2.example#x",
            "smtp://hunter2.example?tls=hunter2",
            "smtp://hunter2.example?TLS=none",
            "smtp://hunter2.example?tls=none&x=y",
            "smtp://hunter2.example?",
            "smtps://hunter2.example?tls=none",
            "smtps://hunter2.example?tls=opportunistic",
            "smtp://hunter2 .example",
            "smtp://hunter2..example",
            "smtp://[hunter2]",
            "smtp://[::1",
            "smtp://[::1]x",
            "smtp://[::1]hunter2:25",
            "smtp://hunter2\r\n.example",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_config_does_not_show_its_login() {
        let shown = format!("{:?}", parse("smtp://hunter1:hunter2@mail.example").unwrap());
        assert!(shown.contains("mail.example") && !shown.contains("hunter"), "{shown}");
    }
}
