//! Messages as people get them, and the outbox folder.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

mod escaping;
mod golden;
mod letters;
mod messages;
mod outbox;
mod smtp;

use marketplace_core::{
    id::OrderId,
    mail::{
        ActionLink, AwaitedTransfer, Composed, Composer, LinkLine, Mail, Message, OrderSummary, SignInCode,
        SoldLine,
    },
    money::{Currency, Money},
    order::Locale,
    time::{ManualClock, Timestamp},
};
use marketplace_email::{DefaultComposer, OutboxFolder, Sender};
use std::sync::Arc;
use tempfile::TempDir;

fn naira(minor: i64) -> Money {
    Money::new(minor, Currency::NGN)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn order() -> OrderId {
    "ord_00000000000000000000000000000abc".parse().unwrap()
}

fn link(title: &str, file: &str, url: &str) -> LinkLine {
    LinkLine { title: title.to_owned(), file: file.to_owned(), size: 1_260_000, url: url.to_owned() }
}

fn purchase() -> Message {
    Message::Purchase {
        summary: OrderSummary {
            order: order(),
            url: "https://shop.example/o/secret".to_owned(),
            lines: vec![("Rust & Lagos".to_owned(), naira(250_000)), ("Notes".to_owned(), naira(0))],
            total: naira(250_000),
            reference: Some("mkt-0123456789abcdef".to_owned()),
            paid_at: at("2026-11-23T06:05:00Z"),
        },
        links: vec![
            link("Rust & Lagos", "book.pdf", "https://shop.example/d/one"),
            link("Notes", "notes.txt", "https://shop.example/d/two"),
        ],
        expires_at: at("2026-11-23T07:05:00Z"),
    }
}

fn sold() -> Message {
    Message::Sold {
        creator: "Ada".to_owned(),
        order: order(),
        buyer: "b***@example.com".to_owned(),
        lines: vec![SoldLine {
            title: "Rust & Lagos".to_owned(),
            price: naira(250_000),
            net: naira(225_000),
        }],
        net: naira(225_000),
    }
}

/// What has no link with a price: a free order.
fn free() -> Message {
    Message::Purchase {
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
    }
}

fn fresh_link() -> Message {
    let link = link("Rust & Lagos", "book.pdf", "https://shop.example/d/three");
    Message::FreshLink { link, expires_at: at("2026-11-23T07:05:00Z") }
}

fn awaited(deadline: Option<Timestamp>) -> Message {
    Message::AwaitingTransfer(AwaitedTransfer {
        order: order(),
        url: "https://shop.example/o/secret".to_owned(),
        amount: naira(250_000),
        reference: "mkt-0123456789abcdef".to_owned(),
        deadline,
    })
}

fn code(url: Option<&str>) -> Message {
    let expires_at = at("2026-11-23T06:15:00Z");
    Message::SignInCode(SignInCode { code: "012345".to_owned(), url: url.map(str::to_owned), expires_at })
}

fn action(url: &str) -> ActionLink {
    ActionLink { url: url.to_owned(), expires_at: at("2026-11-23T07:05:00Z") }
}

/// One of each, and of those that differ by what they are given.
fn all() -> Vec<(&'static str, Message)> {
    vec![
        ("purchase", purchase()),
        ("purchase_free", free()),
        ("fresh_link", fresh_link()),
        ("sold", sold()),
        ("awaiting_transfer", awaited(Some(at("2026-11-23T06:35:00Z")))),
        ("awaiting_transfer_no_deadline", awaited(None)),
        ("sign_in_code", code(Some("https://shop.example/sign-in?code=012345&to=b"))),
        ("sign_in_code_no_page", code(None)),
        ("password_reset", Message::PasswordReset(action("https://shop.example/reset/secret"))),
        ("address_verification", Message::AddressVerification(action("https://shop.example/verify/secret"))),
    ]
}

fn compose(message: &Message) -> Composed {
    let composer = DefaultComposer::new("Ada's Books").with_support("help@books.example".parse().unwrap());
    composer.compose(message, &Locale::default()).unwrap()
}

fn mail(id: &str, to: &str, content: Composed) -> Mail {
    Mail { message_id: id.to_owned(), to: to.parse().unwrap(), reply_to: None, content }
}

fn content(subject: &str, text: &str, html: &str) -> Composed {
    Composed { subject: subject.to_owned(), text: text.to_owned(), html: html.to_owned() }
}

struct Bench {
    folder: TempDir,
    clock: Arc<ManualClock>,
    outbox: OutboxFolder,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new(at("2026-11-23T06:05:00Z")));
        let outbox = open(&folder, &clock);
        Self { folder, clock, outbox }
    }

    /// The names of the files with this ending, sorted.
    fn names(&self, ending: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
        names.sort();
        names
    }

    /// The only letter, as it would travel.
    fn letter(&self) -> String {
        let names = self.names(".eml");
        assert_eq!(names.len(), 1);
        std::fs::read_to_string(self.folder.path().join(&names[0])).unwrap()
    }
}

fn open(folder: &TempDir, clock: &Arc<ManualClock>) -> OutboxFolder {
    let sender: Sender = "Ada's Books <no-reply@books.example>".parse().unwrap();
    OutboxFolder::open(folder.path(), sender, Arc::<ManualClock>::clone(clock)).unwrap()
}
