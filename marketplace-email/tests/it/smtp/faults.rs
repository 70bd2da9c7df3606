//! Every failure at every stage: whether it may pass, and what an operator reads about it.

use super::{SHORT, Wire, permanent, simple, transient};
use futures_util::future::join_all;
use marketplace_core::mail::{MailError, Mailer};
use marketplace_email::SmtpConfig;
use marketplace_testing::smtp::{Fault, SmtpServerOptions, Stage};

fn options() -> SmtpServerOptions {
    SmtpServerOptions::default().with_login("u", "hunter2")
}

fn short(config: SmtpConfig) -> SmtpConfig {
    config.with_step_timeout(SHORT).with_end_timeout(SHORT)
}

/// How the reason calls a stage.
fn called(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect | Stage::Ehlo => "the connection",
        Stage::StartTls => "STARTTLS",
        Stage::Auth => "our user name and password",
        Stage::Mail => "the sender",
        Stage::Rcpt => "the recipient",
        Stage::Data => "DATA",
        Stage::EndOfData => "the mail",
    }
}

#[tokio::test]
async fn a_refusal_is_final_only_when_it_is_about_the_mail() {
    for stage in Stage::ALL {
        for code in [421, 450, 451, 452, 454, 530, 550, 552, 553, 554] {
            let wire = Wire::new(options()).await;
            wire.server
                .next(stage, Fault::Answer(format!("{code} 5.1.1 <bob@mail.example>: hunter3 says no")));
            let sent = wire.send().await;
            let about_the_mail = matches!(stage, Stage::Rcpt | Stage::Data | Stage::EndOfData);
            let is_final = about_the_mail && code > 500 && code != 530;
            let why = if is_final { permanent(sent) } else { transient(sent) };
            let said = if stage == Stage::Auth { "" } else { " <address> hunter3 says no" };
            assert_eq!(
                why,
                format!("the mail server answered to {}: {code} 5.1.1{said}", called(stage)),
                "{stage:?}"
            );
            assert_eq!(wire.server.received().len(), 0, "{stage:?} {code}");
            // The next one finds everything as it should be.
            wire.send().await.unwrap();
            assert_eq!(wire.server.received().len(), 1, "{stage:?} {code}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_none_may_pass() {
    let long = "2".repeat(2000);
    let answers = ["nonsense", "999 what", "", "250-and never more", &long];
    let cases = Stage::ALL.into_iter().flat_map(|stage| answers.map(|answer| (stage, answer)));
    join_all(cases.map(|(stage, answer)| async move {
        let wire = Wire::with(options(), short).await;
        wire.server.next(stage, Fault::answer(answer));
        transient(wire.send().await);
        assert_eq!(wire.server.received().len(), 0, "{stage:?} {answer}");
    }))
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_or_falls_silent_may_come_back() {
    let cases = Stage::ALL.into_iter().flat_map(|stage| [(stage, Fault::Close), (stage, Fault::Silence)]);
    join_all(cases.map(|(stage, fault)| async move {
        let wire = Wire::with(options(), short).await;
        wire.server.next(stage, fault.clone());
        let why = transient(wire.send().await);
        let expected = match (stage, fault) {
            (_, Fault::Silence) => format!("the mail server did not answer in time to {}", called(stage)),
            (Stage::Connect | Stage::Ehlo, _) => "the mail server cannot be reached: ".to_owned(),
            _ => format!("the connection to the mail server broke at {}: ", called(stage)),
        };
        assert!(why.starts_with(&expected), "{stage:?} {why}");
        assert_eq!(wire.server.received().len(), 0);
    }))
    .await;
}

#[tokio::test]
async fn greylisting_is_waited_for() {
    let wire = Wire::new(options().with_greylisting()).await;
    let why = transient(wire.send().await);
    assert_eq!(why, "the mail server answered to the recipient: 451 4.7.1 come back later");
    wire.send().await.unwrap();
    assert_eq!(wire.server.received().len(), 1);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_comes_again_as_the_same_mail() {
    let wire = Wire::new(options()).await;
    wire.server.next(Stage::EndOfData, Fault::TakeAndClose);
    transient(wire.send().await);
    wire.send().await.unwrap();
    let received = wire.server.received();
    assert_eq!(received.len(), 2, "the first one had been taken");
    let ids: Vec<Option<String>> = received.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids[0].as_deref(), Some("<purchase.ord_1@books.example>"));
    assert_eq!(ids[0], ids[1]);
    assert_eq!(received[0].parts(), received[1].parts());
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_down_is_refused_without_a_connection() {
    let wire = Wire::new(options()).await;
    for id in ["", "a b", "a>\r\nBcc: x@y.example"] {
        let mut mail = simple();
        id.clone_into(&mut mail.message_id);
        let refused = wire.mailer.send(mail).await.unwrap_err();
        assert!(matches!(refused, MailError::Permanent(_)), "{refused:?}");
    }
    assert_eq!(wire.server.connections(), 0);
}
