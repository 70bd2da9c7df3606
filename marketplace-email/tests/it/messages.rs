//! The words of every message.

use super::{action, all, at, awaited, code, compose, free, fresh_link, link, naira, order, purchase, sold};
use marketplace_core::mail::{Composer, Message, OrderSummary, SoldLine};
use marketplace_core::order::Locale;
use marketplace_email::DefaultComposer;

#[test]
fn subjects() {
    let subjects: Vec<(&str, String)> =
        all().into_iter().map(|(name, message)| (name, compose(&message).subject)).collect();
    let subjects: Vec<(&str, &str)> =
        subjects.iter().map(|(name, subject)| (*name, subject.as_str())).collect();
    assert_eq!(
        subjects,
        [
            ("purchase", "Your purchase: Rust & Lagos and 1 more"),
            ("purchase_free", "Your purchase: Notes"),
            ("fresh_link", "Your new link: Rust & Lagos"),
            ("sold", "You sold: Rust & Lagos"),
            ("awaiting_transfer", "We are waiting for your bank transfer"),
            ("awaiting_transfer_no_deadline", "We are waiting for your bank transfer"),
            ("sign_in_code", "012345 is your code"),
            ("sign_in_code_no_page", "012345 is your code"),
            ("password_reset", "Set a new password"),
            ("address_verification", "Is this your address?"),
        ]
    );
}

#[test]
fn what_matters_is_in_both_parts() {
    let cases: [(Message, &[&str]); 7] = [
        (
            purchase(),
            &[
                "https://shop.example/d/one",
                "https://shop.example/d/two",
                "https://shop.example/o/secret",
                "NGN 2,500.00",
                "free",
                "23 Nov 2026, 07:05 UTC",
                "mkt-0123456789abcdef",
                "ord_00000000000000000000000000000abc",
            ],
        ),
        (fresh_link(), &["https://shop.example/d/three", "23 Nov 2026, 07:05 UTC"]),
        (sold(), &["Ada", "b***@example.com", "NGN 2,500.00", "NGN 2,250.00"]),
        (
            awaited(Some(at("2026-11-23T06:35:00Z"))),
            &[
                "NGN 2,500.00",
                "mkt-0123456789abcdef",
                "23 Nov 2026, 06:35 UTC",
                "https://shop.example/o/secret",
            ],
        ),
        (
            code(Some("https://shop.example/sign-in/x")),
            &["012345", "https://shop.example/sign-in/x", "06:15 UTC"],
        ),
        (
            Message::PasswordReset(action("https://shop.example/r/x")),
            &["https://shop.example/r/x", "07:05 UTC"],
        ),
        (
            Message::AddressVerification(action("https://shop.example/v/x")),
            &["https://shop.example/v/x", "07:05 UTC"],
        ),
    ];
    for (message, parts) in cases {
        let mail = compose(&message);
        for part in parts {
            assert!(mail.text.contains(part), "{part}\n\n{}", mail.text);
            assert!(mail.html.contains(part), "{part}\n\n{}", mail.html);
        }
        assert!(mail.text.ends_with("\n\nAda's Books\nHelp: help@books.example"), "{}", mail.text);
    }
    let free = compose(&free());
    assert!(!free.text.contains("reference") && !free.html.contains("reference"));
    for part in [compose(&awaited(None)).text, compose(&awaited(None)).html] {
        assert!(!part.contains("before") && !part.to_lowercase().contains("fail"), "{part}");
    }
}

#[test]
fn without_a_support_address_there_is_no_help_line() {
    let composer = DefaultComposer::new(" Ada's\r\nBooks ");
    let mail = composer.compose(&sold(), &Locale::default()).unwrap();
    assert!(mail.text.ends_with("\n\nAda's Books"), "{}", mail.text);
    assert!(!mail.html.contains("Help"));
}

#[test]
fn an_ordinary_order_stays_below_15_kilobytes_and_loads_nothing() {
    let title = "Ọ".repeat(60);
    let url = format!("https://shop.example/d/{}", "a".repeat(43));
    let message = Message::Purchase {
        summary: OrderSummary {
            order: order(),
            url: "https://shop.example/o/secret".to_owned(),
            lines: (0..10).map(|_| (title.clone(), naira(250_000))).collect(),
            total: naira(2_500_000),
            reference: Some("mkt-0123456789abcdef".to_owned()),
            paid_at: at("2026-11-23T06:05:00Z"),
        },
        links: (0..10).map(|_| link(&title, "book.pdf", &url)).collect(),
        expires_at: at("2026-11-23T07:05:00Z"),
    };
    for message in all().into_iter().map(|(_, message)| message).chain([message]) {
        let mail = compose(&message);
        let bytes = mail.html.len() + mail.text.len();
        assert!(bytes <= 15 * 1024, "{bytes} bytes");
        for loaded in ["<img", "src=", "<script", "@import", "url(", "<link"] {
            assert!(!mail.html.contains(loaded), "{loaded}");
        }
    }
}

#[test]
fn long_subjects_are_cut_and_still_say_how_many() {
    let lines = vec![SoldLine { title: "x".repeat(200), price: naira(1), net: naira(1) }; 3];
    let message = Message::Sold {
        creator: "Ada".to_owned(),
        order: order(),
        buyer: "b".to_owned(),
        lines,
        net: naira(3),
    };
    let subject = compose(&message).subject;
    assert!((100..=150).contains(&subject.chars().count()), "{subject}");
    assert!(subject.starts_with("You sold: xxx") && subject.ends_with("x… and 2 more"), "{subject}");
}
