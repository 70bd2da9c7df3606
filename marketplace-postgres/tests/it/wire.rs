//! A wire that can be watched and cut: a TCP proxy that knows PostgreSQL's messages.

use marketplace_postgres::sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex as AsyncMutex,
    task::JoinSet,
};

/// A message of the client that a plan waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At {
    /// A simple query that begins so.
    Query(&'static str),
    /// The execution of a prepared statement that contains this.
    Statement(&'static str),
}

/// What happens to it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// The connection ends; the server never sees the message.
    LoseBefore,
    /// The server does it, and the connection ends before the client hears of it.
    LoseAfter,
    /// The server never sees it; the client gets this SQLSTATE.
    Answer(&'static str),
    /// Nothing moves any more, and nobody says so.
    Hang,
}

#[derive(Debug, Default)]
struct Shared {
    plan: Mutex<Option<(At, Act)>>,
    /// Refuse new connections with this SQLSTATE.
    refuse: Mutex<Option<&'static str>>,
    /// What clients asked for, in order: simple queries, and statements with each execution.
    asked: Mutex<Vec<String>>,
    /// How often a client waited for the server's "ready".
    turns: Mutex<usize>,
}

/// The proxy. Ends with the value.
#[derive(Debug)]
pub(crate) struct Wire {
    url: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// A wire to a database.
    pub(crate) async fn to(url: &str) -> Self {
        let server: PgConnectOptions = url.parse().unwrap();
        let target = (server.get_host().to_owned(), server.get_port());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, Arc::clone(&shared)));
        let url = server.host("127.0.0.1").port(port).to_url_lossy().to_string();
        Self { url, shared, _tasks: tasks }
    }

    /// The address of the database on this wire.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Does this to the next message that fits, once.
    pub(crate) fn plan(&self, at: At, act: Act) {
        *self.shared.plan.lock().unwrap() = Some((at, act));
    }

    /// Whether a plan still waits for its message.
    pub(crate) fn is_planned(&self) -> bool {
        self.shared.plan.lock().unwrap().is_some()
    }

    /// Refuses new connections with this SQLSTATE from now on.
    pub(crate) fn refuse(&self, with: Option<&'static str>) {
        *self.shared.refuse.lock().unwrap() = with;
    }

    /// Forgets what went over the wire so far.
    pub(crate) fn reset(&self) {
        self.shared.asked.lock().unwrap().clear();
        *self.shared.turns.lock().unwrap() = 0;
    }

    /// How often clients waited for the server.
    pub(crate) fn turns(&self) -> usize {
        *self.shared.turns.lock().unwrap()
    }

    /// How often something that begins so was asked for.
    pub(crate) fn asked(&self, beginning: &str) -> usize {
        self.shared.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(beginning)).count()
    }
}

async fn accept(listener: TcpListener, target: (String, u16), shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (target, shared) = (target.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            // An end of a connection is no error of the proxy.
            let _ = connect(client, target, shared).await;
        });
    }
}

async fn connect(client: TcpStream, target: (String, u16), shared: Arc<Shared>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (mut from_client, to_client) = client.into_split();
    let to_client = Arc::new(AsyncMutex::new(to_client));
    let startup = startup(&mut from_client, &to_client).await?;
    let refuse = *shared.refuse.lock().unwrap();
    if let Some(code) = refuse {
        return to_client.lock().await.write_all(&error("FATAL", code)).await;
    }
    let server = TcpStream::connect(target).await?;
    server.set_nodelay(true)?;
    let (from_server, mut to_server) = server.into_split();
    to_server.write_all(&startup).await?;
    let withhold = Arc::new(AtomicBool::new(false));
    let ahead = Ahead {
        to_client: Arc::clone(&to_client),
        to_server,
        withhold: Arc::clone(&withhold),
        shared,
        statements: HashMap::new(),
    };
    // Whichever ends first takes the other with it, and both sockets.
    tokio::select! {
        ended = ahead.run(from_client) => ended,
        ended = back(from_server, to_client, withhold) => ended,
    }
}

/// Refuses encryption, which a proxy could not read, and gives the startup message.
async fn startup(from: &mut OwnedReadHalf, to: &AsyncMutex<OwnedWriteHalf>) -> io::Result<Vec<u8>> {
    loop {
        let length = from.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;
        let code = u32::from_be_bytes(body[..4].try_into().unwrap());
        if code == 80_877_103 || code == 80_877_104 {
            to.lock().await.write_all(b"N").await?;
        } else {
            let mut message = length.to_be_bytes().to_vec();
            message.extend(body);
            return Ok(message);
        }
    }
}

async fn message(from: &mut OwnedReadHalf) -> io::Result<(u8, Vec<u8>, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    from.read_exact(&mut body).await?;
    let mut whole = vec![kind];
    whole.extend(length.to_be_bytes());
    whole.extend(&body);
    Ok((kind, body, whole))
}

fn text(body: &[u8]) -> (String, &[u8]) {
    let end = body.iter().position(|byte| *byte == 0).unwrap();
    (String::from_utf8_lossy(&body[..end]).into_owned(), &body[end + 1..])
}

/// From the client to the server.
struct Ahead {
    to_client: Arc<AsyncMutex<OwnedWriteHalf>>,
    to_server: OwnedWriteHalf,
    withhold: Arc<AtomicBool>,
    shared: Arc<Shared>,
    statements: HashMap<String, String>,
}

impl Ahead {
    async fn run(mut self, mut from: OwnedReadHalf) -> io::Result<()> {
        loop {
            let (kind, body, whole) = message(&mut from).await?;
            let asked = match kind {
                b'P' => {
                    let (name, rest) = text(&body);
                    self.statements.insert(name, text(rest).0);
                    None
                }
                b'Q' => Some((true, text(&body).0)),
                b'B' => {
                    let (_, rest) = text(&body);
                    self.statements.get(&text(rest).0).map(|statement| (false, statement.clone()))
                }
                _ => None,
            };
            if kind == b'S' || kind == b'Q' {
                *self.shared.turns.lock().unwrap() += 1;
            }
            if let Some((simple, asked)) = asked {
                self.shared.asked.lock().unwrap().push(asked.clone());
                if let Some(act) = self.due(simple, &asked) {
                    match act {
                        Act::LoseBefore => return Ok(()),
                        Act::LoseAfter => self.withhold.store(true, Ordering::SeqCst),
                        Act::Hang => return std::future::pending().await,
                        Act::Answer(code) => {
                            while !simple && message(&mut from).await?.0 != b'S' {}
                            let mut answer = error("ERROR", code);
                            answer.extend([b'Z', 0, 0, 0, 5, b'I']);
                            self.to_client.lock().await.write_all(&answer).await?;
                            continue;
                        }
                    }
                }
            }
            self.to_server.write_all(&whole).await?;
        }
    }

    fn due(&self, simple: bool, asked: &str) -> Option<Act> {
        let mut plan = self.shared.plan.lock().unwrap();
        let fits = match plan.as_ref()?.0 {
            At::Query(beginning) => simple && asked.starts_with(beginning),
            At::Statement(part) => !simple && asked.contains(part),
        };
        if fits { plan.take().map(|(_, act)| act) } else { None }
    }
}

/// From the server to the client.
async fn back(
    mut from: OwnedReadHalf,
    to: Arc<AsyncMutex<OwnedWriteHalf>>,
    withhold: Arc<AtomicBool>,
) -> io::Result<()> {
    loop {
        let (kind, _, whole) = message(&mut from).await?;
        if withhold.load(Ordering::SeqCst) {
            // Ready: what was asked for is done.
            if kind == b'Z' {
                return Ok(());
            }
        } else {
            to.lock().await.write_all(&whole).await?;
        }
    }
}

fn error(severity: &str, code: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in [(b'S', severity), (b'V', severity), (b'C', code), (b'M', "injected")] {
        body.push(field);
        body.extend(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut whole = vec![b'E'];
    whole.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    whole.extend(body);
    whole
}
