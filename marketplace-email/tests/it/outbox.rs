//! The folder: what is taken is there, complete, newest first.

use super::{Bench, at, compose, content, mail, open, purchase};
use futures_util::FutureExt;
use marketplace_core::mail::{MailError, Mailer};
use marketplace_email::OutboxFolder;
use std::time::Duration;

#[tokio::test]
async fn a_mail_comes_back_as_it_was_taken() {
    let bench = Bench::new();
    let words = compose(&purchase());
    bench.outbox.send(mail("purchase.ord_1", "b@example.com", words.clone())).await.unwrap();
    let [stored] = &bench.outbox.list(None).await.unwrap()[..] else { panic!("one mail") };
    assert_eq!(stored.to.as_str(), "b@example.com");
    assert_eq!((&stored.subject, &stored.text, &stored.html), (&words.subject, &words.text, &words.html));
    assert_eq!(stored.message_id, "purchase.ord_1@books.example");
    assert_eq!(stored.at, at("2026-11-23T06:05:00Z"));
    assert!(stored.id.starts_with("1795413900000000-"), "{}", stored.id);
    assert_eq!(bench.names(""), [format!("{}.eml", stored.id), format!("{}.json", stored.id)]);
    let json: serde_json::Value = serde_json::to_value(stored).unwrap();
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["at", "html", "id", "message_id", "subject", "text", "to"]);
    assert_eq!(json["at"], "2026-11-23T06:05:00Z");
    assert!(!format!("{stored:?}").contains("/d/one"), "links stay out of logs");
}

#[tokio::test]
async fn the_same_mail_twice_is_two_files_with_one_message_id() {
    let bench = Bench::new();
    let mail = mail("purchase.ord_1", "b@example.com", content("s", "t", "h"));
    bench.outbox.send(mail.clone()).await.unwrap();
    bench.outbox.send(mail).await.unwrap();
    let stored = bench.outbox.list(None).await.unwrap();
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[0].message_id, stored[1].message_id);
    assert_eq!((bench.names(".eml").len(), bench.names(".json").len()), (2, 2));
}

#[tokio::test]
async fn newest_first_and_by_address() {
    let bench = Bench::new();
    for (subject, to) in [("one", "a@example.com"), ("two", "b@example.com"), ("three", "a@example.com")] {
        bench.outbox.send(mail("m.1", to, content(subject, "t", "h"))).await.unwrap();
    }
    bench.clock.advance(Duration::from_hours(1));
    bench.outbox.send(mail("m.2", "b@example.com", content("four", "t", "h"))).await.unwrap();
    for (to, subjects) in [
        (None, &["four", "three", "two", "one"][..]),
        (Some("a@example.com"), &["three", "one"]),
        (Some(" B@Example.com "), &["four", "two"]),
        (Some("c@example.com"), &[]),
        (Some(""), &[]),
        (Some("example.com"), &[]),
    ] {
        let listed = bench.outbox.list(to).await.unwrap();
        let found: Vec<&str> = listed.iter().map(|mail| mail.subject.as_str()).collect();
        assert_eq!(found, subjects, "{to:?}");
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_does_not_lose_a_mail() {
    let bench = Bench::new();
    bench.outbox.send(mail("m.1", "b@example.com", content("one", "t", "h"))).await.unwrap();
    bench.clock.set(at("1960-01-01T00:00:00Z"));
    bench.outbox.send(mail("m.1", "b@example.com", content("two", "t", "h"))).await.unwrap();
    let stored = bench.outbox.list(None).await.unwrap();
    assert_eq!(stored.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["two", "one"]);
}

#[tokio::test]
async fn many_at_once() {
    let bench = Bench::new();
    let sends = (0..32).map(|_| bench.outbox.send(mail("m.1", "b@example.com", content("s", "t", "h"))));
    for sent in futures_util::future::join_all(sends).await {
        sent.unwrap();
    }
    assert_eq!(bench.outbox.list(None).await.unwrap().len(), 32);
}

#[tokio::test]
async fn mails_outlive_the_process_and_strangers_are_passed_over() {
    let bench = Bench::new();
    bench.outbox.send(mail("m.1", "b@example.com", content("s", "t", "h"))).await.unwrap();
    for (name, bytes) in
        [("note.json", "{}"), (".x.json", "{"), ("x.eml", "x"), ("y.json", "\u{0}"), (".1.eml.part", "")]
    {
        std::fs::write(bench.folder.path().join(name), bytes).unwrap();
    }
    let again = open(&bench.folder, &bench.clock);
    assert_eq!(again.list(None).await.unwrap(), bench.outbox.list(None).await.unwrap());
    assert_eq!(again.list(None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_second_process_at_the_same_time_replaces_nothing() {
    let bench = Bench::new();
    let mail = mail("m.1", "b@example.com", content("s", "t", "h"));
    bench.outbox.send(mail.clone()).await.unwrap();
    open(&bench.folder, &bench.clock).send(mail).await.unwrap();
    assert_eq!(bench.outbox.list(None).await.unwrap().len(), 2);
}

/// Drops the future at every point at which it waits, until it runs through.
#[tokio::test]
async fn a_dropped_future_leaves_no_half_mail() {
    for steps in 0.. {
        let bench = Bench::new();
        let mut sending = bench.outbox.send(mail("m.1", "b@example.com", content("s", "t", "h")));
        let mut done = false;
        for _ in 0..steps {
            let mut polled = false;
            done = std::future::poll_fn(|context| {
                if std::mem::replace(&mut polled, true) {
                    return std::task::Poll::Ready(false);
                }
                sending.poll_unpin(context).map(|sent| sent.is_ok())
            })
            .await;
            if done {
                break;
            }
        }
        drop(sending);
        let listed = bench.outbox.list(None).await.unwrap();
        assert!(listed.iter().all(|mail| mail.subject == "s" && mail.html == "h"));
        assert!(listed.len() <= bench.names(".eml").len(), "listed without its letter");
        assert!(bench.names(".part").is_empty(), "after {steps} steps");
        if done {
            assert_eq!(listed.len(), 1);
            return;
        }
    }
}

#[tokio::test]
async fn a_folder_that_vanished_is_tried_again_later() {
    let bench = Bench::new();
    std::fs::remove_dir(bench.folder.path()).unwrap();
    let error = bench.outbox.send(mail("m.1", "b@example.com", content("s", "t", "h"))).await.unwrap_err();
    assert!(matches!(error, MailError::Transient(_)), "{error:?}");
    assert!(bench.outbox.list(None).await.is_err());
    std::fs::create_dir(bench.folder.path()).unwrap();
    bench.outbox.send(mail("m.1", "b@example.com", content("s", "t", "h"))).await.unwrap();
}

#[test]
fn a_folder_that_is_a_file_is_refused() {
    let bench = Bench::new();
    let file = bench.folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let clock = std::sync::Arc::<marketplace_core::time::ManualClock>::clone(&bench.clock);
    assert!(OutboxFolder::open(&file, "a@b.example".parse().unwrap(), clock).is_err());
}
