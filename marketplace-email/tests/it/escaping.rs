//! What people type never becomes markup, a header or a line of its own.

use super::{action, at, compose, link, naira, order};
use marketplace_core::mail::{
    AwaitedTransfer, Composed, Composer, Message, OrderSummary, SignInCode, SoldLine,
};
use marketplace_core::order::Locale;
use marketplace_email::DefaultComposer;
use proptest::prelude::*;

const EVIL: [&str; 8] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><b onclick='x'>",
    "a\r\nBcc: victim@example.com",
    "a\n\n.\nQUIT\n",
    "&lt;b&gt; &amp; {{ shop.name }} {% raw %}",
    "a\u{202e}gpj.exe\u{2028}b\u{0}c",
    "--boundary--",
];

pub(crate) fn everywhere(value: &str) -> Vec<Message> {
    let file = || link(value, value, "https://shop.example/d/one");
    vec![
        Message::Purchase {
            summary: OrderSummary {
                order: order(),
                url: "https://shop.example/o/secret".to_owned(),
                lines: vec![(value.to_owned(), naira(1))],
                total: naira(1),
                reference: Some(value.to_owned()),
                paid_at: at("2026-11-23T06:05:00Z"),
            },
            links: vec![file()],
            expires_at: at("2026-11-23T07:05:00Z"),
        },
        Message::FreshLink { link: file(), expires_at: at("2026-11-23T07:05:00Z") },
        Message::Sold {
            creator: value.to_owned(),
            order: order(),
            buyer: value.to_owned(),
            lines: vec![SoldLine { title: value.to_owned(), price: naira(1), net: naira(1) }],
            net: naira(1),
        },
        Message::AwaitingTransfer(AwaitedTransfer {
            order: order(),
            url: "https://shop.example/o/secret".to_owned(),
            amount: naira(1),
            reference: value.to_owned(),
            deadline: None,
        }),
        Message::SignInCode(SignInCode {
            code: value.to_owned(),
            url: None,
            expires_at: at("2026-11-23T07:05:00Z"),
        }),
    ]
}

/// Every message that leads somewhere, leading there.
fn leading_to(url: &str) -> Vec<Message> {
    let expires_at = at("2026-11-23T07:05:00Z");
    let mut messages = vec![
        Message::FreshLink { link: link("t", "f", url), expires_at },
        Message::PasswordReset(action(url)),
        Message::AddressVerification(action(url)),
        super::code(Some(url)),
        super::awaited(None),
        super::purchase(),
        super::purchase(),
    ];
    if let Message::AwaitingTransfer(transfer) = &mut messages[4] {
        url.clone_into(&mut transfer.url);
    }
    if let Message::Purchase { links, .. } = &mut messages[5] {
        url.clone_into(&mut links[1].url);
    }
    if let Message::Purchase { summary, .. } = &mut messages[6] {
        url.clone_into(&mut summary.url);
    }
    messages
}

fn tags(html: &str) -> usize {
    html.matches('<').count()
}

/// Compares with the same message about a harmless value.
fn is_harmless(value: &str, evil: &Composed, plain: &Composed) {
    assert_eq!(tags(&evil.html), tags(&plain.html), "{value:?} made a tag\n{}", evil.html);
    for quote in ['"', '\''] {
        assert_eq!(
            evil.html.matches(quote).count(),
            plain.html.matches(quote).count(),
            "{value:?} made a quote"
        );
    }
    assert_eq!(evil.html.lines().count(), plain.html.lines().count(), "{value:?} made a line of HTML");
    assert_eq!(evil.text.lines().count(), plain.text.lines().count(), "{value:?} made a line\n{}", evil.text);
    let all = format!("{}{}{}", evil.subject, evil.text, evil.html);
    let odd = all.chars().find(|character| character.is_control() && *character != '\n');
    assert_eq!(odd, None, "{value:?}");
    assert!(!all.contains(['\u{202e}', '\u{2028}', '\u{2029}', '\u{feff}']), "{value:?}");
    assert!(!evil.subject.contains('\n'), "{value:?}");
}

#[test]
fn evil_values_are_shown_as_they_are() {
    for value in EVIL {
        for (evil, plain) in everywhere(value).iter().zip(everywhere("plain")) {
            is_harmless(value, &compose(evil), &compose(&plain));
        }
    }
    let mail = compose(&everywhere("<script>alert(1)</script>")[0]);
    assert!(mail.html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{}", mail.html);
    assert!(mail.text.contains("<script>alert(1)</script>"), "the text is text");
    assert!(mail.subject.ends_with("<script>alert(1)</script>"));
}

#[test]
fn only_web_addresses_become_links() {
    let composer = DefaultComposer::new("Books");
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        "/d/one",
        "//shop.example/d/one",
        "ftp://shop.example",
        " https://shop.example",
        "https://shop.example/\r\nx",
        "https://shop.example/a b",
        "https://shop.example/\u{202e}",
    ] {
        for message in leading_to(url) {
            assert!(composer.compose(&message, &Locale::default()).is_err(), "{url:?} {message:?}");
        }
    }
    for message in leading_to("https://shop.example/\"><script>") {
        let html = compose(&message).html;
        assert!(html.contains("href=\"https://shop.example/&#34;&#62;&#60;script&#62;\""), "{html}");
    }
}

proptest! {
    #[test]
    fn no_value_makes_markup_or_lines(value in "\\PC{0,40}|[<>&\"'\r\n\t{}%\u{0}-\u{1f}\u{2028}a]{0,40}") {
        for (evil, plain) in everywhere(&value).iter().zip(everywhere("plain")) {
            is_harmless(&value, &compose(evil), &compose(&plain));
        }
    }
}
