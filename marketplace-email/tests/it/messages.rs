//! The words of every message.

use super::{at, compose, link, naira, order, purchase, sold};
use marketplace_core::mail::{Composer, Message, OrderSummary, SoldLine};
use marketplace_core::order::Locale;
use marketplace_email::DefaultComposer;

#[test]
fn a_purchase() {
    let mail = compose(&purchase());
    assert_eq!(mail.subject, "Your purchase: Rust & Lagos and 1 more");
    assert_eq!(
        mail.text,
        "\
Thank you for your purchase.

YOUR FILES

Rust & Lagos
book.pdf (1.2 MB)
https://shop.example/d/one

Notes
notes.txt (1.2 MB)
https://shop.example/d/two

Each link works once, until 23 Nov 2026, 07:05 UTC. A link that is used up
or expired offers a new one, sent to this address.

YOUR RECEIPT

Rust & Lagos: NGN 2,500.00
Notes: free
Total: NGN 2,500.00

Paid: 23 Nov 2026, 06:05 UTC
Order: ord_00000000000000000000000000000abc
Its page: https://shop.example/o/secret
Payment reference: mkt-0123456789abcdef

Questions? Reply to this mail.

Ada's Books
Help: help@books.example"
    );
    for part in [
        "<strong>Rust &#38; Lagos</strong><br>book.pdf (1.2 MB)",
        "<a href=\"https://shop.example/d/one\" style=",
        "<a href=\"https://shop.example/d/two\" style=",
        "Each link works once, until 23 Nov 2026, 07:05 UTC.",
        "white-space:nowrap\">NGN 2,500.00</td>",
        "white-space:nowrap\">free</td>",
        "<strong>NGN 2,500.00</strong>",
        "Order: <a href=\"https://shop.example/o/secret\" style=\"color:inherit\">ord_00000000000000000000000000000abc</a><br>",
        "<br>Payment reference: mkt-0123456789abcdef<br>",
        "Ada&#39;s Books<br>Help: <a href=\"mailto:help@books.example\"",
    ] {
        assert!(mail.html.contains(part), "{part}\n\n{}", mail.html);
    }
}

#[test]
fn a_free_purchase_has_no_reference() {
    let message = Message::Purchase {
        summary: OrderSummary {
            order: order(),
            url: "https://shop.example/o/secret".to_owned(),
            lines: vec![("Notes".to_owned(), naira(0))],
            total: naira(0),
            reference: None,
            paid_at: at("2026-11-23T06:05:00Z"),
        },
        links: vec![link("Notes", "notes.txt", "http://127.0.0.1:3000/d/two")],
        expires_at: at("2026-11-23T07:05:00Z"),
    };
    let mail = compose(&message);
    assert_eq!(mail.subject, "Your purchase: Notes");
    assert!(mail.text.contains("\nNotes: free\nTotal: free\n\nPaid:"), "{}", mail.text);
    assert!(!mail.text.contains("reference") && !mail.html.contains("reference"));
}

#[test]
fn a_fresh_link() {
    let link = link("Rust & Lagos", "book.pdf", "https://shop.example/d/three");
    let mail = compose(&Message::FreshLink { link, expires_at: at("2026-11-23T07:05:00Z") });
    assert_eq!(mail.subject, "Your new link: Rust & Lagos");
    assert_eq!(
        mail.text,
        "\
Here is your new link.

Rust & Lagos
book.pdf (1.2 MB)
https://shop.example/d/three

The link works once, until 23 Nov 2026, 07:05 UTC. If you did not ask for
it, you can ignore this mail.

Ada's Books
Help: help@books.example"
    );
    assert!(mail.html.contains("<a href=\"https://shop.example/d/three\" style="), "{}", mail.html);
    assert!(mail.html.contains("until 23 Nov 2026, 07:05 UTC."));
}

#[test]
fn a_sale() {
    let mail = compose(&sold());
    assert_eq!(mail.subject, "You sold: Rust & Lagos");
    assert_eq!(
        mail.text,
        "\
Hello Ada, b***@example.com bought from you.

Rust & Lagos
Price: NGN 2,500.00
You earn: NGN 2,250.00

You earn in all: NGN 2,250.00
Order: ord_00000000000000000000000000000abc

Ada's Books
Help: help@books.example"
    );
    for part in [
        "Hello Ada, b***@example.com bought from you.",
        "nowrap\">NGN 2,500.00</td>",
        "<strong>NGN 2,250.00</strong>",
    ] {
        assert!(mail.html.contains(part), "{part}\n\n{}", mail.html);
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
    let mail = compose(&message);
    let bytes = mail.html.len() + mail.text.len();
    assert!(bytes <= 15 * 1024, "{bytes} bytes");
    for loaded in ["<img", "src=", "<script", "@import", "url(", "<link"] {
        assert!(!mail.html.contains(loaded), "{loaded}");
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
    assert_eq!(subject.chars().count(), 150);
    assert!(subject.starts_with("You sold: xxx") && subject.ends_with("x… and 2 more"), "{subject}");
}
