//! Connections: how many, and which ones are used again.

use super::{LONG, Wire, clock, config, sender, simple, transient};
use futures_util::{FutureExt as _, future::join_all};
use marketplace_core::mail::Mailer;
use marketplace_email::SmtpMailer;
use marketplace_testing::smtp::{Fault, SmtpServer, SmtpServerOptions, Stage};
use std::{num::NonZeroUsize, time::Duration};

#[tokio::test]
async fn one_connection_carries_many_mails() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    for _ in 0..5 {
        wire.send().await.unwrap();
    }
    assert_eq!((wire.server.received().len(), wire.server.connections()), (5, 1));
    assert_eq!(wire.server.commands().iter().filter(|command| *command == "NOOP").count(), 4);
}

#[tokio::test]
async fn no_more_connections_than_allowed() {
    let two = NonZeroUsize::new(2).unwrap();
    let wire = Wire::with(SmtpServerOptions::default(), |config| config.with_connections(two)).await;
    for sent in join_all((0..20).map(|_| wire.send())).await {
        sent.unwrap();
    }
    assert_eq!((wire.server.received().len(), wire.server.connections()), (20, 2));
}

#[tokio::test]
async fn a_connection_that_died_meanwhile_is_replaced() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    wire.send().await.unwrap();
    wire.server.hang_up();
    wire.send().await.unwrap();
    assert_eq!((wire.server.received().len(), wire.server.connections()), (2, 2));
}

#[tokio::test]
async fn a_connection_that_rested_too_long_is_not_used_again() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    wire.send().await.unwrap();
    wire.clock.advance(Duration::from_mins(1));
    wire.send().await.unwrap();
    assert_eq!(wire.server.connections(), 1);
    wire.clock.advance(Duration::from_secs(61));
    wire.send().await.unwrap();
    assert_eq!((wire.server.received().len(), wire.server.connections()), (3, 2));
}

#[tokio::test]
async fn a_connection_on_which_something_failed_is_left_in_good_order() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    wire.send().await.unwrap();
    wire.server.next(Stage::Rcpt, Fault::answer("450 4.2.1 busy"));
    transient(wire.send().await);
    assert_eq!(wire.server.commands().last().map(String::as_str), Some("QUIT"));
    wire.send().await.unwrap();
    assert_eq!(wire.server.connections(), 2);
}

/// Drops the future at every point at which it waits, until it runs through. Whatever was under way, the next
/// mail is the next mail.
#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_connection_in_the_middle_of_something() {
    for steps in 0.. {
        let wire = Wire::new(SmtpServerOptions::default().with_login("u", "p")).await;
        wire.send().await.unwrap();
        let mut sending = wire.send().boxed();
        let mut done = false;
        for _ in 0..steps {
            // Each waiting ends, unless the call does first.
            let mut polled = false;
            done = std::future::poll_fn(|context| {
                let again = std::mem::replace(&mut polled, true);
                match sending.poll_unpin(context) {
                    std::task::Poll::Ready(sent) => std::task::Poll::Ready(sent.is_ok()),
                    std::task::Poll::Pending if again => std::task::Poll::Ready(false),
                    std::task::Poll::Pending => std::task::Poll::Pending,
                }
            })
            .await;
            if done {
                break;
            }
        }
        drop(sending);
        let mut last = simple();
        "last.1".clone_into(&mut last.message_id);
        wire.mailer.send(last).await.unwrap();
        let received = wire.server.received();
        let ids: Vec<String> = received.iter().filter_map(|mail| mail.header("Message-ID")).collect();
        assert_eq!(ids.last().map(String::as_str), Some("<last.1@books.example>"), "after {steps} steps");
        assert!((2..=3).contains(&ids.len()), "{ids:?}");
        assert!(received.iter().all(|mail| mail.parts() == ["t", "h"]), "after {steps} steps");
        if done {
            return;
        }
    }
}

#[test]
fn a_mailer_is_made_outside_of_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(SmtpServer::start(SmtpServerOptions::default()));
    let mailer = SmtpMailer::new(config(&server).with_step_timeout(LONG), sender(), clock()).unwrap();
    runtime.block_on(mailer.send(simple())).unwrap();
    drop(mailer);
    assert_eq!(server.received().len(), 1);
}
