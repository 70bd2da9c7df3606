//! The development pages: a front page, the mailbox, the clock, and the gateway's sandbox.
//!
//! Only ever mounted with `APP_ENV=development`: they show every mail and move time.

use bytes::Bytes;
use marketplace_core::{
    Marketplace,
    time::{Clock as _, OffsetClock},
};
use marketplace_email::{OutboxFolder, StoredMail};
use marketplace_http::{Method, Request, Response};
use marketplace_paystack::sandbox::{Sandbox, TwinRequest};
use serde::Deserialize;
use serde_json::json;
use std::{fmt::Write as _, sync::Arc, time::Duration};

#[derive(Debug)]
pub(crate) struct Dev {
    market: Arc<Marketplace>,
    /// `None` if mails really go out.
    mailbox: Option<Arc<OutboxFolder>>,
    sandbox: Option<Sandbox>,
    clock: Arc<OffsetClock>,
}

const SANDBOX: &str = "/dev/paystack";
const MAX_BODY: usize = 1 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

impl Dev {
    pub(crate) fn new(
        market: Arc<Marketplace>,
        mailbox: Option<Arc<OutboxFolder>>,
        sandbox: Option<Sandbox>,
        clock: Arc<OffsetClock>,
    ) -> Self {
        Self { market, mailbox, sandbox, clock }
    }

    pub(crate) fn answers(request: &Request) -> bool {
        request.path == "/" || request.path == "/dev" || request.path.starts_with("/dev/")
    }

    pub(crate) async fn handle(&self, request: Request) -> Response {
        if let Some(path) =
            request.path.strip_prefix(SANDBOX).filter(|path| path.is_empty() || path.starts_with('/'))
        {
            let path = path.to_owned();
            return self.sandbox(path, request).await;
        }
        match (request.method, request.path.as_str()) {
            (Method::Get | Method::Head, "/" | "/dev") => self.front_page(),
            (Method::Get | Method::Head, "/dev/mailbox") => self.mailbox_page().await,
            (Method::Get | Method::Head, "/dev/mailbox.json") => {
                self.mailbox_json(request.query.as_deref()).await
            }
            (Method::Post, "/dev/clock") => self.advance(request).await,
            _ => Response::empty(404),
        }
    }

    async fn sandbox(&self, path: String, request: Request) -> Response {
        let Some(sandbox) = &self.sandbox else { return Response::empty(404) };
        let headers = request.headers.as_pairs().to_vec();
        let Ok(body) = request.body.read(MAX_BODY).await else { return Response::empty(413) };
        let answer = sandbox
            .handle(TwinRequest {
                method: request.method.as_str().to_owned(),
                path,
                query: request.query,
                headers,
                body: body.to_vec(),
            })
            .await;
        let mut response = Response::empty(answer.status).with_body(Bytes::from(answer.body));
        response.headers = answer.headers;
        response
    }

    fn front_page(&self) -> Response {
        let base = self.market.base_url();
        Response::html(
            200,
            format!(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Marketplace, development</title>\
                 <h1>Marketplace</h1><p>This server speaks JSON at <code>{base}/api/v1</code>; \
                 the README walks through a first sale with curl.</p>\
                 <ul><li><a href=\"/api/v1/products\">Products on sale</a></li>\
                 <li><a href=\"/dev/mailbox\">Mailbox</a>: every mail that was sent</li></ul>"
            ),
            None,
        )
    }

    async fn mails(&self, to: Option<&str>) -> Vec<StoredMail> {
        let Some(mailbox) = &self.mailbox else { return Vec::new() };
        mailbox.list(to).await.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "the outbox cannot be read");
            Vec::new()
        })
    }

    async fn mailbox_json(&self, query: Option<&str>) -> Response {
        let to = query.and_then(|query| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix("to="))?;
            Some(decode(value))
        });
        let items = self.mails(to.as_deref()).await;
        Response::json_bytes(200, json!({ "items": items }).to_string())
    }

    async fn mailbox_page(&self) -> Response {
        let mut page = String::from(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Mailbox, development</title><h1>Mailbox</h1>",
        );
        let mails = self.mails(None).await;
        if self.mailbox.is_none() {
            page.push_str("<p>Mails go to the server of SMTP_URL and are not kept here.</p>");
        } else if mails.is_empty() {
            page.push_str("<p>No mail yet.</p>");
        }
        for mail in mails {
            // Writing to a String cannot fail.
            let _ = write!(
                page,
                "<article><h2>{}</h2><p>To {} at {}</p><pre>{}</pre></article><hr>",
                escape(&mail.subject),
                escape(mail.to.as_str()),
                mail.at,
                linked(&mail.text),
            );
        }
        Response::html(200, page, None)
    }

    async fn advance(&self, request: Request) -> Response {
        let body = request.body.read(MAX_BODY).await.unwrap_or_default();
        let Ok(Advance { advance_seconds }) = serde_json::from_slice(&body) else {
            return Response::json_bytes(
                422,
                json!({ "detail": "the body is {\"advance_seconds\": n}" }).to_string(),
            );
        };
        self.clock.advance(Duration::from_secs(advance_seconds));
        self.market.wake_worker();
        if let Some(sandbox) = &self.sandbox {
            sandbox.wake();
        }
        Response::json_bytes(200, json!({ "now": self.clock.now() }).to_string())
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The text, with its addresses as links.
fn linked(text: &str) -> String {
    let link = |word: &str| {
        let shown = escape(word);
        if word.starts_with("http://") || word.starts_with("https://") {
            format!("<a href=\"{shown}\">{shown}</a>")
        } else {
            shown
        }
    };
    text.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let word = piece.trim_end();
            format!("{}{}", link(word), &piece[word.len()..])
        })
        .collect()
}

/// Percent-decoding of one query value.
fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded =
            (*first == b'%').then(|| tail.get(..2)).flatten().and_then(|digits| hex::decode(digits).ok());
        match decoded.as_deref() {
            Some([byte]) => {
                bytes.push(*byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_text_cannot_become_markup() {
        assert_eq!(
            linked("see\nhttp://h/d/x?a=\"b <script>"),
            "see\n<a href=\"http://h/d/x?a=&quot;b\">http://h/d/x?a=&quot;b</a> &lt;script&gt;"
        );
        assert_eq!(decode("a%40b.com+c%zz%4"), "a@b.com c%zz%4");
    }
}
