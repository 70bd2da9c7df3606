//! What lettre reads from and writes to: the connection is ours, the protocol is its.
//!
//! Guarantees: TLS with a provider that is given, never the process's; whatever came in plain text before TLS is
//! forgotten, so nobody on the way can answer in the server's place once it has begun.
//!
//! Called by: `session`.

use super::config::{SmtpConfig, SmtpConfigError};
use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What a server says before anything else. After STARTTLS it says nothing, and lettre waits for it all the same.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// How to encrypt, and whom to believe.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tls {
    pub(super) fn new(config: &SmtpConfig) -> Result<Self, SmtpConfigError> {
        let roots = match &config.root_certificates {
            Some(pem) => own_roots(pem)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SmtpConfigError::Tls(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(config.host.clone()).map_err(|_| SmtpConfigError::Host)?;
        Ok(Self { connector: Arc::new(client).into(), name })
    }

    /// A connection that is encrypted from its first byte on.
    pub(super) async fn wrap(&self, tcp: TcpStream) -> io::Result<Encrypted> {
        let stream = self.connector.connect(self.name.clone(), tcp).await?;
        Ok(Encrypted { unread: &[], stream })
    }

    /// A connection that is encrypted from here on: the server has greeted already.
    pub(super) async fn wrap_later(&self, tcp: TcpStream) -> io::Result<Encrypted> {
        Ok(Encrypted { unread: GREETING, ..self.wrap(tcp).await? })
    }
}

fn own_roots(pem: &str) -> Result<RootCertStore, SmtpConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        // Why it is none may repeat parts of it.
        let certificate = certificate.map_err(|_| SmtpConfigError::RootCertificates)?;
        roots.add(certificate).map_err(|_| SmtpConfigError::RootCertificates)?;
    }
    if roots.is_empty() { Err(SmtpConfigError::RootCertificates) } else { Ok(roots) }
}

/// A connection under TLS.
#[derive(Debug)]
pub(super) struct Encrypted {
    /// To be read before what really comes.
    unread: &'static [u8],
    stream: TlsStream<TcpStream>,
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let (now, later) = self.unread.split_at(self.unread.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.unread = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A connection that is lent to lettre until STARTTLS, and taken back then. What lettre has read too much stays
/// with it.
#[derive(Debug, Clone)]
pub(super) struct Lent(Arc<Mutex<Option<TcpStream>>>);

impl Lent {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(Some(tcp))))
    }

    /// Takes the connection back.
    pub(super) fn take(&self) -> io::Result<TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(taken_back)
    }

    fn with<T>(&self, work: impl FnOnce(&mut TcpStream) -> T) -> io::Result<T> {
        let mut tcp = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tcp.as_mut().map(work).ok_or_else(taken_back)
    }

    fn poll<T>(&self, work: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.with(|tcp| work(Pin::new(tcp))).unwrap_or_else(|error| Poll::Ready(Err(error)))
    }
}

fn taken_back() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl AsyncTokioStream for Lent {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.with(|tcp| tcp.peer_addr())?
    }
}

impl AsyncRead for Lent {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|tcp| tcp.poll_read(context, buffer))
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(|tcp| tcp.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|tcp| tcp.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|tcp| tcp.poll_shutdown(context))
    }
}
