//! Nothing in a mail becomes a header, a command or a second mail, also at a server that takes a bare CR or LF
//! for the end of a line (RUSTSEC-2026-0561).

use super::{Wire, compose, content, mail, sender};
use crate::escaping::everywhere;
use marketplace_core::mail::{Mail, Mailer};
use marketplace_testing::smtp::{Received, SmtpServerOptions};
use proptest::prelude::*;

const SMUGGLED: &str =
    "MAIL FROM:<evil@mail.example>\r\nRCPT TO:<eve@mail.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx";

/// What ends a mail somewhere.
const ENDS: [&str; 12] = [
    "\r\n.\r\n",
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\n.\r",
    "\r\r\n.\r\n",
    "\n\n.\n\n",
    "\r\n.\r\r\n",
    "\0.\0",
];

async fn sent(wire: &Wire, mail: Mail) -> Received {
    let before = wire.server.received().len();
    wire.mailer.send(mail).await.unwrap();
    let mut received = wire.server.received().split_off(before);
    assert_eq!(received.len(), 1, "one mail in, one mail out");
    let commands = wire.server.commands();
    let unknown: Vec<&String> = commands.iter().filter(|command| command.starts_with('?')).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let mail = received.pop().unwrap();
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        ("no-reply@books.example", &["bob@mail.example".to_owned()][..])
    );
    is_plain(&mail.raw);
    mail
}

/// Only whole line ends, short lines, one dot.
fn is_plain(raw: &[u8]) {
    let text = std::str::from_utf8(raw).unwrap();
    assert!(text.is_ascii());
    assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']), "{text:?}");
    assert!(text.split("\r\n").all(|line| line.len() <= 998), "{text:?}");
    assert_eq!(text.matches("\r\n.\r\n").count(), 1, "{text:?}");
}

fn names(mail: &Received) -> Vec<String> {
    mail.headers().into_iter().map(|(name, _)| name).collect()
}

const HEADERS: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"];

#[tokio::test]
async fn bodies_and_subjects_arrive_as_one_mail() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    for end in ENDS {
        let evil = format!("before{end}{SMUGGLED}{end}QUIT{end}");
        for evil in
            [evil.clone(), format!(".{evil}"), format!("..\r\n.\n{evil}."), ".".to_owned(), evil.repeat(40)]
        {
            let mail = sent(&wire, mail("m.1", "bob@mail.example", content(&evil, &evil, &evil))).await;
            assert_eq!(names(&mail), HEADERS, "{end:?}");
            let kept = evil.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(mail.parts(), [kept.clone(), kept]);
        }
    }
}

#[tokio::test]
async fn every_value_of_every_message_stays_where_it_belongs() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    for end in ENDS {
        for message in everywhere(&format!("v{end}{SMUGGLED}{end}Bcc: x@y.example{end}")) {
            let composed = compose(&message);
            let mail = sent(&wire, mail("m.1", "bob@mail.example", composed.clone())).await;
            assert_eq!(names(&mail), HEADERS);
            assert_eq!(mail.parts(), [composed.text, composed.html]);
        }
    }
}

#[tokio::test]
async fn long_lines_are_broken() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    for long in ["x".repeat(5000), ".".repeat(5000), "₦".repeat(3000), " ".repeat(3000)] {
        let subject = long.chars().take(2000).collect::<String>();
        let mail = sent(&wire, mail("m.1", "bob@mail.example", content(&subject, &long, &long))).await;
        assert_eq!(mail.parts(), [long.clone(), long]);
    }
}

#[test]
fn a_sender_of_one_line() {
    assert_eq!(sender().address().as_str(), "no-reply@books.example");
    for address in [
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "a@b.example>\r\nDATA",
        "a\n@b.example",
        "<a@b.example",
        "a b@c.example",
    ] {
        assert!(address.parse::<marketplace_core::identity::Email>().is_err(), "{address:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_sent_is_one_mail(text in "[\r\n.\u{0}=a ₦-]{0,80}", html in "(?s).{0,80}", subject in "[\r\n.:\u{0}a ₦]{0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let wire = Wire::new(SmtpServerOptions::default()).await;
            let mail = sent(&wire, mail("m.1", "bob@mail.example", content(&subject, &text, &html))).await;
            let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(mail.parts(), [lines(&text), lines(&html)]);
            assert_eq!(names(&mail), HEADERS);
        });
    }
}
