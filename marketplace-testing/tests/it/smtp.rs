//! The SMTP server is as careless as it is meant to be, or nothing would be shown by it.

use marketplace_testing::smtp::{ServerTls, SmtpServer, SmtpServerOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Says all of it at once, and gives what is answered.
async fn say(server: &SmtpServer, all: &str) -> String {
    let mut socket = TcpStream::connect(server.address()).await.expect("the server listens");
    socket.write_all(all.as_bytes()).await.expect("the server hears");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("the server ends");
    answer
}

#[tokio::test]
async fn smuggled_commands_are_obeyed() {
    for end in ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n"] {
        let server = SmtpServer::start(SmtpServerOptions::default().with_tls(ServerTls::None)).await;
        let mail = |to: &str| format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        let all = format!(
            "EHLO x\r\n{}Subject: one\r\n\r\n..x{end}{}Subject: two{end}and more\r\nQUIT\r\n",
            mail("bob@mail.example"),
            mail("eve@mail.example")
        );
        let answer = say(&server, &all).await;
        assert!(answer.ends_with("221 2.0.0 bye\r\n"), "{answer}");
        let received = server.received();
        let to: Vec<&str> = received.iter().map(|mail| mail.to[0].as_str()).collect();
        assert_eq!(to, ["bob@mail.example", "eve@mail.example"], "{end:?}");
        assert_eq!(received[0].letter, "Subject: one\r\n\r\n.x\r\n", "{end:?}");
        assert!(received[0].raw.ends_with(b".") || received[0].raw.ends_with(end.as_bytes()), "{end:?}");
        assert!(server.commands().contains(&"?and more".to_owned()), "{:?}", server.commands());
    }
}

#[tokio::test]
async fn what_comes_between_starttls_and_tls_ends_the_conversation() {
    let server = SmtpServer::start(SmtpServerOptions::default()).await;
    let answer = say(&server, "EHLO x\r\nSTARTTLS\r\nMAIL FROM:<a@b.example>\r\n").await;
    assert!(answer.ends_with("220 2.0.0 go ahead\r\n"), "{answer}");
    assert_eq!(server.commands(), ["EHLO x", "STARTTLS"]);
}
