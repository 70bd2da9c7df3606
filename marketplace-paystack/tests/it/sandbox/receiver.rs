//! A merchant's webhook endpoint on a loopback port, one request per connection.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Status(u16),
    /// 302 to the same server's `/elsewhere`.
    Redirect,
    /// Never.
    Silence,
    /// Closes the connection without a word.
    Hangup,
}

#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    received: watch::Receiver<Vec<Received>>,
    _tasks: JoinSet<()>,
}

impl Receiver {
    /// Follows the script, then answers 200.
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let (sender, received) = watch::channel(Vec::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, script, sender));
        Self { url, received, _tasks: tasks }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        self.received.clone().wait_for(|all| all.len() >= count).await.unwrap().clone()
    }
}

async fn accept(
    listener: TcpListener,
    script: Arc<Mutex<VecDeque<Reply>>>,
    sender: watch::Sender<Vec<Received>>,
) {
    let mut connections = JoinSet::new();
    let sender = Arc::new(sender);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        connections.spawn(serve(stream, Arc::clone(&script), Arc::clone(&sender)));
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<VecDeque<Reply>>>,
    sender: Arc<watch::Sender<Vec<Received>>>,
) {
    let received = read(&mut stream).await;
    let reply = script.lock().unwrap().pop_front().unwrap_or(Reply::Status(200));
    sender.send_modify(|all| all.push(received));
    let answer = match reply {
        Reply::Status(status) => {
            format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        Reply::Redirect => {
            "HTTP/1.1 302 x\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                .to_owned()
        }
        Reply::Silence => std::future::pending().await,
        Reply::Hangup => return,
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
}

async fn read(stream: &mut TcpStream) -> Received {
    let mut head = Vec::new();
    let end = loop {
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0, "the request ended within its head");
    };
    let mut body = head.split_off(end).split_off(4);
    let head = String::from_utf8(head).unwrap();
    let mut received = Received { head, body: Vec::new() };
    let length: usize = received.header("content-length").unwrap_or("0").parse().unwrap();
    while body.len() < length {
        assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0, "the request ended within its body");
    }
    received.body = body;
    received
}
