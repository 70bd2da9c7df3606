//! An HTTP server on a loopback port that does with each request what the test says.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The request is read, then the connection closes.
    Hangup,
    /// The answer breaks off in its body.
    Torn,
    /// The request is read, and no answer ever comes.
    Silence,
}

pub(crate) fn json(status: u16, body: &str) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    Reply::Answer { status, headers, body: body.as_bytes().to_vec() }
}

pub(crate) fn html(status: u16) -> Reply {
    let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    Reply::Answer { status, headers, body: b"<html><body>sorry</body></html>".to_vec() }
}

impl Reply {
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// How often a question is put that is answered so: once more where the connection breaks off.
    pub(crate) fn times_asked(&self) -> usize {
        if matches!(self, Self::Hangup | Self::Torn) { 2 } else { 1 }
    }
}

type Handler = Arc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// A server that is gone when this is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    _tasks: JoinSet<()>,
}

/// A port that is taken, before anything answers on it.
pub(crate) struct Bound {
    pub(crate) url: String,
    listener: TcpListener,
}

pub(crate) async fn bind() -> Bound {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Bound { url: format!("http://{}", listener.local_addr().unwrap()), listener }
}

impl Bound {
    pub(crate) fn serve<F, R>(self, handler: F) -> Server
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: Future<Output = Reply> + Send + 'static,
    {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let handler: Handler = Arc::new(move |request| Box::pin(handler(request)));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(self.listener, handler, Arc::clone(&requests)));
        Server { url: self.url, requests, _tasks: tasks }
    }
}

impl Server {
    /// Answers in this order, then hangs up.
    pub(crate) async fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
        bind().await.serve(move |_| {
            let reply = replies.lock().unwrap().pop_front().unwrap_or(Reply::Hangup);
            async move { reply }
        })
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, handler: Handler, requests: Arc<Mutex<Vec<Request>>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, Arc::clone(&handler), Arc::clone(&requests)));
    }
}

/// One request per connection. The client may go away at any time.
async fn converse(mut stream: TcpStream, handler: Handler, requests: Arc<Mutex<Vec<Request>>>) {
    let Some(request) = read(&mut stream).await else { return };
    requests.lock().unwrap().push(request.clone());
    let text = match handler(request).await {
        Reply::Answer { status, headers, body } => {
            let mut head =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&[&name, ": ", &value, "\r\n"].concat());
            }
            head.push_str("\r\n");
            [head.into_bytes(), body].concat()
        }
        Reply::Torn => b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"status\":true,".to_vec(),
        Reply::Hangup => return,
        Reply::Silence => return std::future::pending().await,
    };
    stream.write_all(&text).await.ok();
    stream.shutdown().await.ok();
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let mut body = bytes.split_off(head_end.checked_add(4)?);
    let head = String::from_utf8(bytes).ok()?;
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, value)| value.parse()).ok()?;
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, target, headers, body })
}
