//! The server.

use super::{
    ServerTls, SmtpServerOptions, authority,
    conversation::Conversation,
    received::Received,
    script::{Fault, Script, Stage},
    wire::Wire,
};
use rustls::ServerConfig;
use std::{
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
};

/// What happened, and what is to happen.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) script: Script,
    pub(super) received: Vec<Received>,
    pub(super) commands: Vec<String>,
    pub(super) connections: u64,
    pub(super) greylisted: HashSet<(String, String)>,
}

/// What conversations share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: SmtpServerOptions,
    pub(super) tls: Arc<ServerConfig>,
    state: Mutex<State>,
    /// Rises when every connection is to be closed.
    closed: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An SMTP server on the loopback, on any free port. Dropping it closes every connection.
#[derive(Debug)]
pub struct SmtpServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: String,
    accepting: AbortHandle,
}

impl SmtpServer {
    /// Starts a server.
    ///
    /// # Panics
    /// If there is no free port.
    #[expect(clippy::disallowed_methods, reason = "a fixture of tests, which goes with its handle")]
    pub async fn start(options: SmtpServerOptions) -> Self {
        let (authority, tls) = authority::issue(&options.names);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (state, closed) = (Mutex::default(), watch::Sender::new(0));
        let shared = Arc::new(Shared { options, tls, state, closed });
        let accepting = tokio::spawn(accept(Arc::clone(&shared), listener)).abort_handle();
        Self { shared, address, authority, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for `localhost`, with the login if there is one, percent-encoded where need be.
    pub fn url(&self) -> String {
        let options = &self.shared.options;
        let (scheme, query) = match options.tls {
            ServerTls::Implicit => ("smtps", ""),
            ServerTls::StartTls => ("smtp", ""),
            ServerTls::None => ("smtp", "?tls=none"),
        };
        let login = options
            .login
            .as_ref()
            .map(|(user, password)| format!("{}:{}@", encoded(user), encoded(password)))
            .unwrap_or_default();
        format!("{scheme}://{login}localhost:{}{query}", self.address.port())
    }

    /// The certificate of the authority that issued the server's, as PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The next time that a conversation comes to this stage, this happens.
    pub fn next(&self, stage: Stage, fault: Fault) {
        self.shared.with(|state| state.script.add(stage, fault, false));
    }

    /// This happens at this stage until [`SmtpServer::recover`].
    pub fn always(&self, stage: Stage, fault: Fault) {
        self.shared.with(|state| state.script.add(stage, fault, true));
    }

    /// Nothing unusual happens any more.
    pub fn recover(&self) {
        self.shared.with(|state| state.script.clear());
    }

    /// Closes every connection, without a word.
    pub fn hang_up(&self) {
        self.shared.closed.send_modify(|number| *number += 1);
    }

    /// The mails that were taken, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared.with(|state| state.received.clone())
    }

    /// Every command line that came, but for what followed `AUTH`. What was no command begins with `?`.
    pub fn commands(&self) -> Vec<String> {
        self.shared.with(|state| state.commands.clone())
    }

    /// How many connections there were.
    pub fn connections(&self) -> u64 {
        self.shared.with(|state| state.connections)
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    // Dropped with this task, and every conversation with it.
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((socket, _)) = accepted {
                    let closed = shared.closed.subscribe();
                    conversations.spawn(converse(Arc::clone(&shared), socket, closed));
                }
            }
            Some(_) = conversations.join_next() => {}
        }
    }
}

async fn converse(shared: Arc<Shared>, socket: TcpStream, mut closed: watch::Receiver<u64>) {
    let number = shared.with(|state| {
        state.connections += 1;
        state.connections
    });
    let conversation = async {
        // Otherwise small answers wait for the system to see whether more comes.
        socket.set_nodelay(true)?;
        let mut wire = Wire::new(Box::new(socket));
        let implicit = shared.options.tls == ServerTls::Implicit;
        if implicit {
            wire = wire.encrypted(Arc::clone(&shared.tls)).await?;
        }
        Conversation::new(&shared, wire, number, implicit).hold().await
    };
    tokio::select! {
        // A client that hangs up, or does not like the certificate, ends its conversation and nothing else.
        ended = conversation => { let _: io::Result<()> = ended; }
        _ = closed.changed() => {}
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
