//! The address of the metrics: one page over plain HTTP, for a monitoring system inside the house.
//!
//! Guarantees: answers `GET /metrics` and nothing else, a few callers at a time, each within five seconds; no sign-in, so
//! `METRICS_ADDR` is an address that the public does not reach.
//!
//! Called by: the background work of a server and of a worker.

use marketplace_core::Marketplace;
use marketplace_http::{METRICS_TYPE, metrics};
use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_secs(1);
const LONGEST_REQUEST: usize = 8 * 1024;
const CALLERS: usize = 8;

#[derive(Debug)]
pub(crate) struct Metrics {
    listener: TcpListener,
    address: SocketAddr,
}

impl Metrics {
    pub(crate) async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn serve(&self, market: &Arc<Marketplace>, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        let mut callers = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut stopped => return,
                Some(_) = callers.join_next(), if !callers.is_empty() => {}
                accepted = self.listener.accept(), if callers.len() < CALLERS => {
                    let stream = match accepted {
                        Ok((stream, _)) => stream,
                        Err(error) => {
                            // A caller that is gone already, or no file descriptor is left: that passes, and not at once.
                            tracing::warn!(%error, "a caller of the metrics could not be let in");
                            tokio::time::sleep(AGAIN).await;
                            continue;
                        }
                    };
                    let market = market.clone();
                    callers.spawn(tokio::time::timeout(PATIENCE, async move {
                        if let Err(error) = answer(stream, &market).await {
                            tracing::debug!(%error, "a caller of the metrics went away");
                        }
                    }));
                }
            }
        }
    }
}

async fn answer(mut stream: TcpStream, market: &Marketplace) -> io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut part).await?;
        if read == 0 || request.len() > LONGEST_REQUEST {
            return Ok(());
        }
        request.extend_from_slice(&part[..read]);
    }
    let asks = request.starts_with(b"GET /metrics ") || request.starts_with(b"GET /metrics?");
    let (status, body) = if asks {
        match metrics(market).await {
            Ok(text) => ("200 OK", text),
            Err(error) => {
                tracing::warn!(%error, "the metrics cannot be read");
                ("503 Service Unavailable", String::new())
            }
        }
    } else {
        ("404 Not Found", String::new())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {METRICS_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
