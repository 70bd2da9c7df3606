//! Lines over a connection, read without care.

use rustls::ServerConfig;
use std::{io, sync::Arc};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio_rustls::TlsAcceptor;

/// Either side of TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection.
pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    /// Whether the last line ended with CR, so that an LF that follows belongs to it.
    after_cr: bool,
    /// Everything that was read, since it was last asked for.
    raw: Vec<u8>,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream: BufReader::new(stream), after_cr: false, raw: Vec::new() }
    }

    /// The next line, without its end, which may be CRLF, a bare CR or a bare LF. `None` at the end.
    pub(super) async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            let (byte, rest) = match self.stream.fill_buf().await? {
                [] => return Ok(None),
                [byte, rest @ ..] => (*byte, rest.first().copied()),
            };
            self.stream.consume(1);
            self.raw.push(byte);
            let belongs = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            match byte {
                _ if belongs => {}
                b'\n' => return Ok(Some(line)),
                b'\r' => {
                    // Usually both have come; if not, the LF is passed over when it comes.
                    if rest == Some(b'\n') {
                        self.stream.consume(1);
                        self.raw.push(b'\n');
                        self.after_cr = false;
                    }
                    return Ok(Some(line));
                }
                byte => line.push(byte),
            }
        }
    }

    /// What was read since this was asked for last.
    pub(super) fn take_raw(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.raw)
    }

    pub(super) async fn say(&mut self, lines: &str) -> io::Result<()> {
        self.stream.write_all(format!("{lines}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    /// Goes on under TLS. What was sent too early is an error, as it should be everywhere.
    pub(super) async fn encrypted(self, config: Arc<ServerConfig>) -> io::Result<Self> {
        if !self.stream.buffer().is_empty() {
            return Err(io::Error::other("something came between STARTTLS and TLS"));
        }
        let stream = TlsAcceptor::from(config).accept(self.stream.into_inner()).await?;
        Ok(Self::new(Box::new(stream)))
    }
}
