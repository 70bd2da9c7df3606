//! A way to the gateway on which a test stands: it may hold an answer back.

use bytes::Bytes;
use marketplace_testing::http::{Answer, Client};
use std::sync::Arc;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// An HTTP proxy in front of a gateway. Ends with the value.
#[derive(Debug)]
pub struct Detour {
    base: String,
    held: mpsc::UnboundedReceiver<Held>,
    _tasks: JoinSet<()>,
}

/// An answer that the gateway has given and the server has not.
#[derive(Debug)]
pub struct Held {
    /// What it says.
    pub answer: Answer,
    go: oneshot::Sender<()>,
}

impl Held {
    /// Lets it go on to the server.
    pub fn let_go(self) {
        // Whoever waited for it may be gone.
        let _ = self.go.send(());
    }
}

impl Detour {
    /// A detour to the gateway at `base`, on which answers to requests for `path` are held.
    ///
    /// # Panics
    /// If there is no port.
    pub async fn to(base: &str, path: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a port");
        let address = listener.local_addr().expect("it has an address");
        let (give, held) = mpsc::unbounded_channel();
        let gateway = Arc::new(Client::new(base));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut requests = JoinSet::new();
            while let Ok((connection, _)) = listener.accept().await {
                let (gateway, give) = (Arc::clone(&gateway), give.clone());
                requests.spawn(async move { pass(connection, &gateway, path, &give).await });
            }
        });
        Self { base: format!("http://{address}"), held, _tasks: tasks }
    }

    /// Where the server finds the gateway.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The next answer that is held.
    ///
    /// # Panics
    /// If none comes in time.
    pub async fn held(&mut self) -> Held {
        let held = tokio::time::timeout(marketplace_testing::http::PATIENCE, self.held.recv()).await;
        held.expect("an answer is held in time").expect("the proxy runs")
    }
}

/// Takes one request to the gateway and its answer back, and ends the connection.
async fn pass(connection: TcpStream, gateway: &Client, path: &str, give: &mpsc::UnboundedSender<Held>) {
    let mut connection = BufReader::new(connection);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.expect("a request is text up to its body");
        match line.trim_end() {
            // A connection that was opened and not used.
            "" if lines.is_empty() => return,
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines[0].split(' ');
    let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
    let mut ask = gateway.ask(method, target);
    let mut body = Vec::new();
    for (name, value) in lines[1..].iter().filter_map(|line| line.split_once(": ")) {
        match &*name.to_ascii_lowercase() {
            "content-length" => body.resize(value.parse().expect("a length"), 0),
            "host" | "connection" => {}
            name => ask = ask.header(name, value),
        }
    }
    connection.read_exact(&mut body).await.expect("the body is whole");
    let answer = ask.body(Bytes::from(body)).send().await;
    if target.contains(path) {
        let (go, gone) = oneshot::channel();
        let held = Held { answer: answer.clone(), go };
        give.send(held).expect("a test listens");
        // Dropped is let go, too.
        let _ = gone.await;
    }
    let head = format!(
        "HTTP/1.1 {} OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.status,
        answer.body.len()
    );
    // A server that has gone away meanwhile is a matter of its test.
    let _ = connection.write_all(head.as_bytes()).await;
    let _ = connection.write_all(&answer.body).await;
}
