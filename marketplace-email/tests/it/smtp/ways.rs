//! TLS, sign-in and what is refused for want of them.

use super::{SHORT, Wire, clock, compose, config, mail, permanent, purchase, sender, simple, transient};
use crate::Bench;
use marketplace_core::mail::Mailer;
use marketplace_email::{SmtpConfig, SmtpConfigError, SmtpMailer};
use marketplace_testing::smtp::{Fault, ServerTls, SmtpServer, SmtpServerOptions, Stage};

fn options(tls: ServerTls) -> SmtpServerOptions {
    SmtpServerOptions::default().with_tls(tls)
}

#[tokio::test]
async fn with_every_kind_of_tls_and_both_ways_to_sign_in() {
    for tls in [ServerTls::StartTls, ServerTls::Implicit, ServerTls::None] {
        for mechanisms in ["PLAIN LOGIN", "PLAIN", "LOGIN", "CRAM-MD5 LOGIN"] {
            let options =
                options(tls).with_login("ada@shop.example", "p:/% ₦\"\\").with_mechanisms(mechanisms);
            let wire = Wire::new(options).await;
            wire.mailer.check().await.unwrap();
            assert_eq!(wire.server.received().len(), 0);
            wire.send().await.unwrap();
            let [taken] = &wire.server.received()[..] else { panic!("one mail") };
            assert_eq!(taken.encrypted, tls != ServerTls::None);
            assert_eq!(taken.user.as_deref(), Some("ada@shop.example"), "{tls:?} {mechanisms}");
            assert_eq!(taken.from, "no-reply@books.example");
            assert_eq!(taken.to, ["bob@mail.example"]);
        }
    }
    let installed = rustls::crypto::CryptoProvider::get_default();
    assert!(installed.is_none(), "the host's process is as it was");
}

#[tokio::test]
async fn the_letter_is_the_one_of_the_outbox() {
    let wire = Wire::new(SmtpServerOptions::default()).await;
    let bench = Bench::new();
    let mut mail = mail("purchase.ord_1", "bob@mail.example", compose(&purchase()));
    mail.reply_to = Some("ada@books.example".parse().unwrap());
    wire.mailer.send(mail.clone()).await.unwrap();
    bench.outbox.send(mail).await.unwrap();
    let taken = &wire.server.received()[0];
    assert_eq!(taken.letter.trim_end(), bench.letter().trim_end());
    assert_eq!(taken.header("Message-ID").as_deref(), Some("<purchase.ord_1@books.example>"));
    assert_eq!(taken.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(taken.header("Reply-To").as_deref(), Some("ada@books.example"));
    assert_eq!(taken.text(), compose(&purchase()).text);
    assert_eq!(taken.parts()[1], compose(&purchase()).html);
    let greeting = &wire.server.commands()[0];
    assert_eq!(greeting, "EHLO books.example", "no name of the machine");
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_unless_that_was_asked_for() {
    let login = || options(ServerTls::None).with_login("u", "hunter2");
    let server = SmtpServer::start(login()).await;
    let url = server.url().replace("?tls=none", "");
    let strict: SmtpConfig = url.parse().unwrap();
    let mailer = SmtpMailer::new(strict, sender(), clock()).unwrap();
    let why = transient(mailer.send(simple()).await);
    assert_eq!(why, "the mail server offers no STARTTLS, and nothing is sent without it");
    assert_eq!(server.commands(), ["EHLO books.example", "QUIT"], "no password, no mail");

    for option in ["none", "opportunistic"] {
        let config: SmtpConfig = format!("{url}?tls={option}").parse().unwrap();
        SmtpMailer::new(config, sender(), clock()).unwrap().send(simple()).await.unwrap();
    }
    assert_eq!(server.received().iter().filter(|mail| !mail.encrypted).count(), 2);

    let willing = SmtpServer::start(options(ServerTls::StartTls)).await;
    let config: SmtpConfig = format!("{}?tls=opportunistic", willing.url()).parse().unwrap();
    let config = config.with_root_certificates(willing.authority());
    SmtpMailer::new(config, sender(), clock()).unwrap().send(simple()).await.unwrap();
    assert!(willing.received()[0].encrypted, "what is offered is taken");
}

/// Whoever can add to what passes could otherwise answer in the server's place: each answer would be taken for the
/// one before.
#[tokio::test]
async fn what_was_added_before_tls_is_forgotten() {
    for added in ["250 ok", "250-books.example\r\n250 AUTH PLAIN", "535 5.7.8 no", "221 bye", "nonsense"] {
        let wire = Wire::new(options(ServerTls::StartTls).with_login("u", "p")).await;
        wire.server.next(Stage::StartTls, Fault::Added(added.to_owned()));
        wire.server.next(Stage::EndOfData, Fault::answer("550 5.7.1 no such mails here"));
        let why = permanent(wire.send().await);
        assert_eq!(why, "the mail server answered to the mail: 550 5.7.1 no such mails here", "{added}");
    }
}

#[test]
fn mail_leaves_the_machine_without_tls_only_with_permission() {
    for option in ["none", "opportunistic"] {
        for host in ["mail.example", "10.0.0.1", "[2001:db8::1]", "localhost.example"] {
            let config: SmtpConfig = format!("smtp://{host}?tls={option}").parse().unwrap();
            let refused = SmtpMailer::new(config.clone(), sender(), clock()).unwrap_err();
            assert!(matches!(refused, SmtpConfigError::Unprotected), "{refused:?}");
            SmtpMailer::new(config.with_unprotected_allowed(), sender(), clock()).unwrap();
        }
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            let config: SmtpConfig = format!("smtp://{host}?tls={option}").parse().unwrap();
            SmtpMailer::new(config, sender(), clock()).unwrap();
        }
    }
}

#[tokio::test]
async fn an_unknown_authority_or_another_name_gets_nothing() {
    for tls in [ServerTls::StartTls, ServerTls::Implicit] {
        let server = SmtpServer::start(options(tls).with_login("u", "hunter2")).await;
        let other = SmtpServer::start(options(tls)).await;
        let public: SmtpConfig = server.url().parse().unwrap();
        for config in [public.clone(), public.with_root_certificates(other.authority())] {
            let why = transient(SmtpMailer::new(config, sender(), clock()).unwrap().send(simple()).await);
            let expected = "there is no trustworthy TLS with the mail server: invalid peer certificate: ";
            assert!(why.starts_with(expected), "{why}");
        }
        let misnamed = options(tls).with_login("u", "hunter2").with_names(&["mail.example"]);
        let misnamed = SmtpServer::start(misnamed).await;
        let mailer = SmtpMailer::new(config(&misnamed), sender(), clock()).unwrap();
        let why = transient(mailer.send(simple()).await);
        assert!(why.contains("TLS") && why.contains("not valid for name"), "{why}");
        for server in [&server, &misnamed] {
            let said = server.commands();
            let harmless = |command: &String| command.starts_with("EHLO ") || command == "STARTTLS";
            assert!(said.iter().all(harmless), "{said:?}");
        }
    }
}

#[tokio::test]
async fn both_names_of_a_certificate_are_good() {
    let server = SmtpServer::start(options(ServerTls::Implicit)).await;
    let config: SmtpConfig = server.url().replace("localhost", "127.0.0.1").parse().unwrap();
    let config = config.with_root_certificates(server.authority());
    SmtpMailer::new(config, sender(), clock()).unwrap().send(simple()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_waits_for_somebody_who_mends_it() {
    for mechanisms in ["PLAIN", "LOGIN"] {
        let options = SmtpServerOptions::default().with_login("u", "right").with_mechanisms(mechanisms);
        let server = SmtpServer::start(options).await;
        let url = server.url().replace("u:right", "hunter1:hunter2");
        let config: SmtpConfig = url.parse().unwrap();
        let config = config.with_root_certificates(server.authority());
        let mailer = SmtpMailer::new(config, sender(), clock()).unwrap();
        let why = transient(mailer.send(simple()).await);
        assert_eq!(why, "the mail server answered to our user name and password: 535 5.7.8");
        assert_eq!(server.received().len(), 0);
    }
}

#[tokio::test]
async fn a_server_that_demands_a_login_or_offers_none_is_named() {
    let wire = Wire::new(SmtpServerOptions::default().with_login("u", "p")).await;
    let anonymous: SmtpConfig = wire.server.url().replace("u:p@", "").parse().unwrap();
    let anonymous = anonymous.with_root_certificates(wire.server.authority());
    let why = transient(SmtpMailer::new(anonymous, sender(), clock()).unwrap().send(simple()).await);
    assert_eq!(why, "the mail server answered to the sender: 530 5.7.0 sign in first");

    for mechanisms in ["", "CRAM-MD5 XOAUTH2"] {
        let options = SmtpServerOptions::default().with_login("u", "p").with_mechanisms(mechanisms);
        let why = transient(Wire::new(options).await.send().await);
        assert_eq!(why, "the mail server offers no way to sign in that is known here (PLAIN, LOGIN)");
    }
}

#[tokio::test]
async fn nobody_there() {
    let server = SmtpServer::start(SmtpServerOptions::default()).await;
    let config = config(&server);
    drop(server);
    // Its task ends with the handle; until it does, connections are taken and closed.
    let mailer = SmtpMailer::new(config.clone(), sender(), clock()).unwrap();
    let why = transient(mailer.send(simple()).await);
    assert!(why.starts_with("the mail server cannot be reached: "), "{why}");

    // Somebody who takes the connection and says nothing, as a port of another protocol does.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["smtp", "smtps"] {
        let url = format!("{scheme}://127.0.0.1:{}", silent.local_addr().unwrap().port());
        let config: SmtpConfig = url.parse().unwrap();
        let mailer = SmtpMailer::new(config.with_step_timeout(SHORT), sender(), clock()).unwrap();
        let why = transient(mailer.send(simple()).await);
        assert_eq!(why, "the mail server did not answer in time to the connection");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    let server = SmtpServer::start(SmtpServerOptions::default()).await;
    for pem in ["", "hunter2", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n"] {
        let refused =
            SmtpMailer::new(config(&server).with_root_certificates(pem), sender(), clock()).unwrap_err();
        assert!(matches!(refused, SmtpConfigError::RootCertificates), "{refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
    }
    for name in ["", "a b", "a\r\nMAIL FROM:<x@y.example>", "a@b"] {
        let refused = SmtpMailer::new(config(&server).with_hello_name(name), sender(), clock()).unwrap_err();
        assert!(matches!(refused, SmtpConfigError::HelloName), "{refused:?}");
    }
    let mailer = SmtpMailer::new(config(&server).with_hello_name("app-1.shop.example"), sender(), clock());
    let mailer = mailer.unwrap();
    mailer.send(simple()).await.unwrap();
    assert_eq!(server.commands()[0], "EHLO app-1.shop.example");
    assert!(!format!("{mailer:?}").contains("shop.example"), "{mailer:?}");
}
