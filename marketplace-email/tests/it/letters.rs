//! Mails as they would travel.

use super::{Bench, compose, content, mail, purchase};
use marketplace_core::mail::{MailError, Mailer};
use proptest::prelude::*;

/// Header names and values, unfolded.
fn headers(letter: &str) -> Vec<(String, String)> {
    let head = letter.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    head.split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn header(letter: &str, name: &str) -> Option<String> {
    headers(letter).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The decoded parts.
fn parts(letter: &str) -> Vec<String> {
    let kind = header(letter, "Content-Type").unwrap();
    let boundary = kind.split_once("boundary=\"").unwrap().1.trim_end_matches('"').to_owned();
    let body = letter.split_once("\r\n\r\n").unwrap().1;
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.first(), Some(&""));
    assert_eq!(parts.last().map(|last| last.trim_end()), Some("--"));
    parts[1..parts.len().saturating_sub(1)]
        .iter()
        .map(|part| {
            assert!(part.contains("Content-Transfer-Encoding: quoted-printable\r\n"), "{part}");
            let body = part.split_once("\r\n\r\n").unwrap().1;
            unquoted(body.strip_suffix("\r\n").unwrap())
        })
        .collect()
}

/// Quoted-printable, decoded strictly.
fn unquoted(body: &str) -> String {
    let mut bytes = Vec::new();
    for line in body.split("\r\n") {
        assert!(line.len() <= 76 && line.is_ascii() && !line.ends_with([' ', '\t']), "{line:?}");
        let (line, soft) = line.strip_suffix('=').map_or((line, false), |line| (line, true));
        let mut rest = line;
        while let Some((plain, code)) = rest.split_once('=') {
            bytes.extend_from_slice(plain.as_bytes());
            bytes.push(u8::from_str_radix(&code[..2], 16).unwrap());
            rest = &code[2..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        if !soft {
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.truncate(bytes.len().saturating_sub(2));
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_letter_has_these_headers() {
    let bench = Bench::new();
    let mut mail = mail("purchase.ord_1", "b@example.com", compose(&purchase()));
    mail.reply_to = Some("ada@books.example".parse().unwrap());
    bench.outbox.send(mail).await.unwrap();
    let letter = bench.letter();
    let names: Vec<String> = headers(&letter).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Reply-To",
            "MIME-Version",
            "Content-Type"
        ]
    );
    for (name, value) in [
        ("From", "=?utf-8?b?QWRhJ3MgQm9va3M=?= <no-reply@books.example>"),
        ("To", "b@example.com"),
        ("Reply-To", "ada@books.example"),
        ("Subject", "Your purchase: Rust & Lagos and 1 more"),
        ("Date", "Mon, 23 Nov 2026 06:05:00 +0000"),
        ("Message-ID", "<purchase.ord_1@books.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(&letter, name).as_deref(), Some(value), "{name}");
    }
    assert!(header(&letter, "Content-Type").unwrap().starts_with("multipart/alternative;"));
    assert!(letter.contains("Content-Type: text/plain; charset=utf-8\r\n"));
    assert!(letter.contains("Content-Type: text/html; charset=utf-8\r\n"));
}

#[tokio::test]
async fn both_parts_arrive_as_they_were_written() {
    let text = "ọlá ₦\n.\n..\n.hidden\nFrom here\ntrailing \n\ta=3D\r\nwindows\rmac\n";
    let html = format!("<p>{}</p>\n.\n", "long ".repeat(500));
    let bench = Bench::new();
    bench.outbox.send(mail("m.1", "b@example.com", content("s", text, &html))).await.unwrap();
    let letter = bench.letter();
    assert!(letter.is_ascii());
    assert!(letter.replace("\r\n", "").bytes().all(|byte| byte != b'\r' && byte != b'\n'), "a bare line end");
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    assert_eq!(parts(&letter), [lines, html.replace('\n', "\r\n")]);
}

#[tokio::test]
async fn a_subject_cannot_add_a_header() {
    for subject in [
        "a\r\nBcc: victim@example.com",
        "a\nBcc: victim@example.com",
        "a\rBcc: victim@example.com",
        "a\r\n\r\nbody",
        "ọlá\r\n Bcc: victim@example.com",
        "\u{2028}Bcc: victim@example.com",
    ] {
        let bench = Bench::new();
        bench.outbox.send(mail("m.1", "b@example.com", content(subject, "t", "h"))).await.unwrap();
        let letter = bench.letter();
        assert_eq!(headers(&letter).len(), 8, "{letter}");
        assert_eq!(header(&letter, "Bcc"), None);
        assert_eq!(parts(&letter), ["t", "h"]);
    }
}

#[tokio::test]
async fn a_message_id_that_is_none_is_refused_for_good() {
    let bench = Bench::new();
    let long = "a".repeat(201);
    for id in ["", "a b", "A", "a@b", "a>\r\nBcc: x@y.example", "ọ", &long] {
        let refused = bench.outbox.send(mail(id, "b@example.com", content("s", "t", "h"))).await.unwrap_err();
        assert!(matches!(refused, MailError::Permanent(_)), "{id:?} {refused:?}");
    }
    assert_eq!(bench.names("").len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_written_arrives(text in "(?s).{0,200}", html in "[ -~\r\n=.]{0,300}", subject in "(?s).{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bench = Bench::new();
        let content = content(&subject, &text, &html);
        runtime.block_on(bench.outbox.send(mail("m.1", "b@example.com", content))).unwrap();
        let letter = bench.letter();
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        prop_assert_eq!(parts(&letter), [lines(&text), lines(&html)]);
        prop_assert_eq!(headers(&letter).len(), 8);
    }
}
