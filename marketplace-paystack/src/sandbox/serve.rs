//! Serving requests on a port: as much of HTTP/1.1 as clients of the twin need, and no more.
//!
//! Guarantees that every connection gets one answer and is closed, or is broken off where the answer says so, that
//! a slow client or an answer that hangs
//! holds up nobody else, and that heads and bodies beyond a limit are refused. Knows neither TLS nor chunked
//! bodies nor pipelining, and is meant for loopback addresses. Spawns nothing: whoever awaits it drives all
//! connections. Callers: the binary, and tests that want a real port.

use std::future::Future;
use std::io;
use std::pin::pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::http::{Ending, TwinRequest, TwinResponse};

const LONGEST_HEAD: usize = 1 << 16;
const LONGEST_BODY: usize = 1 << 20;

/// Answers every connection of `listener` with `answer` until `shutdown` completes; then cuts off what is under
/// way.
///
/// ```no_run
/// # async fn example(sandbox: marketplace_paystack::sandbox::Sandbox) -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let stop = std::future::pending();
/// marketplace_paystack::sandbox::serve(listener, |request| sandbox.handle(request), stop).await;
/// # Ok(())
/// # }
/// ```
pub async fn serve<F, R>(listener: TcpListener, answer: F, shutdown: impl Future<Output = ()> + Send)
where
    F: Fn(TwinRequest) -> R + Send + Sync,
    R: Future<Output = TwinResponse> + Send,
{
    let mut shutdown = pin!(shutdown);
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.push(converse(stream, &answer)),
                Err(error) => tracing::debug!(%error, "a connection to the sandbox was not accepted"),
            },
            Some(ended) = connections.next(), if !connections.is_empty() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection to the sandbox broke");
                }
            }
        }
    }
}

async fn converse<F, R>(mut stream: TcpStream, answer: &F) -> io::Result<()>
where
    F: Fn(TwinRequest) -> R + Sync,
    R: Future<Output = TwinResponse> + Send,
{
    let response = match read(&mut stream).await? {
        Read::Request(request) => answer(request).await,
        Read::Refused(status) => TwinResponse::bare(status),
        Read::Nothing => return Ok(()),
    };
    match response.ending {
        Ending::Answered => {
            stream.write_all(&text_of(&response)).await?;
            stream.shutdown().await
        }
        Ending::Closed => stream.shutdown().await,
        // Closed with nothing to wait for, a connection is reset.
        Ending::Reset => stream.set_zero_linger(),
    }
}

fn text_of(response: &TwinResponse) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} \r\nconnection: close\r\ncontent-length: {}\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        head.push_str(&[name, ": ", value, "\r\n"].concat());
    }
    head.push_str("\r\n");
    [head.as_bytes(), &response.body].concat()
}

enum Read {
    Request(TwinRequest),
    /// It is not answered, but with this status.
    Refused(u16),
    /// The client went away.
    Nothing,
}

async fn read(stream: &mut TcpStream) -> io::Result<Read> {
    let mut bytes = Vec::new();
    let end = loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(Read::Nothing);
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LONGEST_HEAD {
            return Ok(Read::Refused(431));
        }
    };
    let mut body = bytes.split_off(end.saturating_add(4));
    let Some(mut request) = head(&bytes) else {
        return Ok(Read::Refused(400));
    };
    if request.header("transfer-encoding").is_some() {
        return Ok(Read::Refused(411));
    }
    let Ok(length) = request.header("content-length").unwrap_or("0").parse::<usize>() else {
        return Ok(Read::Refused(400));
    };
    if length > LONGEST_BODY {
        return Ok(Read::Refused(413));
    }
    if body.len() < length && request.header("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Ok(Read::Nothing);
        }
    }
    body.truncate(length);
    request.body = body;
    Ok(Read::Request(request))
}

/// The request without its body.
fn head(bytes: &[u8]) -> Option<TwinRequest> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    if !path.starts_with('/') {
        return None;
    }
    let mut headers = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let (method, path) = (method.to_owned(), path.to_owned());
    Some(TwinRequest { method, path, query, headers, body: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn heads_are_read() {
        let request = head(b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nAuthorization:Bearer k\r\n\r\n").unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/a%20b"));
        assert_eq!(
            (request.query.as_deref(), request.header("authorization")),
            (Some("c=d"), Some("Bearer k"))
        );
        for bad in
            ["GET /\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nx\r\n\r\n", "\r\n\r\n"]
        {
            assert!(head(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
