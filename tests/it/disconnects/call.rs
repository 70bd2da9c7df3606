//! A request in its bytes, and what it is about.

use bytes::Bytes;
use marketplace_tests::{Account, Ask, Client, Placed, Upload, multipart};
use serde_json::Value;

/// What one client asks for, before it hangs up.
#[derive(Debug)]
pub(super) struct Subject {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// The thing that it is about: an id, an address, a name.
    pub(super) thing: String,
    /// Whom it is about.
    pub(super) account: Option<Account>,
    /// Which order it is about.
    pub(super) placed: Option<Placed>,
}

impl Subject {
    /// A request for a path, about nothing yet.
    pub(super) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            thing: String::new(),
            account: None,
            placed: None,
        }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(super) fn json(self, value: &Value) -> Self {
        self.typed("application/json", value.to_string())
    }

    pub(super) fn typed(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub(super) fn form(self, upload: &Upload) -> Self {
        let (content_type, body) = multipart("file", upload);
        self.typed(&content_type, body)
    }

    pub(super) fn about(mut self, thing: impl Into<String>) -> Self {
        self.thing = thing.into();
        self
    }

    pub(super) fn of(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }

    pub(super) fn for_order(mut self, placed: Placed) -> Self {
        self.placed = Some(placed);
        self
    }

    /// The order that it is about.
    pub(super) fn placed(&self) -> &Placed {
        self.placed.as_ref().expect("it is about an order")
    }

    /// The request as it goes over the wire.
    pub(super) fn request(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.method != "GET" {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// The same request of a client that waits for the answer.
    pub(super) fn again(&self, client: &Client) -> Ask {
        let ask = client.ask(self.method, &self.path).body(self.body.clone());
        self.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
    }
}
