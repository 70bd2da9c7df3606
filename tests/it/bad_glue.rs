//! Glue with one defect each, planted between the suite of answers and a sound server: the suite finds every one, where it
//! is.

use crate::same_answers::keys;
use marketplace_testing::contract::http::answers_alike;
use marketplace_tests::{Client, Server, ServerOptions};
use std::fmt::Write as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// One test per defect: it is found in the answer whose record begins like this.
macro_rules! found {
    ($($name:ident: $at:literal, $defect:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            let difference = played($defect).await.expect_err("it is found");
            assert!(difference.starts_with(concat!("recorded:\n", $at)), "{difference}");
        })*
    };
}

found! {
    takes_bodies_of_two_megabytes: "upload: 201", Defect { refuses: large, ..SOUND };
    takes_chunks_of_two_megabytes: "upload in chunks: 201", Defect { refuses: endless, ..SOUND };
    decodes_paths: "GET /api/v1/pr%6fducts: 404", Defect { asks: |head| head.replace_path(decoded), ..SOUND };
    drops_queries: "GET /api/v1/products?limit=0: 422", Defect { asks: |head| head.replace_path(bare), ..SOUND };
    joins_slashes: "GET //api/v1/products: 404",
        Defect { asks: |head| head.replace_path(|path| path.replace("//", "/")), ..SOUND };
    trims_slashes: "GET /api/v1/products/: 404",
        Defect { asks: |head| head.replace_path(|path| path.trim_end_matches('/').to_owned()), ..SOUND };
    knows_no_other_methods: "TRACE /api/v1/me: 405", Defect { refuses: strange, ..SOUND };
    keeps_one_line_of_a_header: "two sign-ins: 4", Defect { asks: Head::keep_first, ..SOUND };
    drops_what_is_not_ascii: "no key: 4",
        Defect { asks: |head| head.0.retain(|line| line.is_ascii()), ..SOUND };
    drops_ranges: "GET the file, range: bytes=0-99: 206",
        Defect { asks: |head| head.remove("range"), ..SOUND };
    drops_lengths_of_heads: "its head: 200",
        Defect { answers: |asked, head| if asked.0[0].starts_with("HEAD ") { head.remove("content-length") }, ..SOUND };
    types_what_is_empty: "remove the second file: 204", Defect { answers: |_, head| head.default_type(), ..SOUND };
    keeps_cookies: "checkout: 201", Defect { answers: |_, head| head.remove("set-cookie"), ..SOUND };
    names_requests_anew: "POST /api/v1/auth/register: 201",
        Defect { answers: |_, head| head.set("x-request-id", "0123456789abcdef0123456789abcdef"), ..SOUND };
    lowers_values: "POST /api/v1/auth/login: 401", Defect { answers: |_, head| head.lower_values(), ..SOUND };
    redirects_in_its_own_way: "a claim: 303",
        Defect { answers: |_, head| head.0[0] = head.0[0].replace(" 303 ", " 302 "), ..SOUND };
}

/// Else the tests above would prove nothing.
#[tokio::test]
async fn without_a_defect_nothing_is_found() {
    assert_eq!(played(SOUND).await, Ok(()));
}

/// What glue makes of what passes.
#[derive(Clone, Copy)]
struct Defect {
    /// Of a request.
    asks: fn(&mut Head),
    /// Of a request that it answers itself: the status.
    refuses: fn(&Head) -> Option<u16>,
    /// Of an answer, to this request.
    answers: fn(&Head, &mut Head),
}

const SOUND: Defect = Defect { asks: |_| {}, refuses: |_| None, answers: |_, _| {} };

/// What a framework reads of a body by itself.
const TWO_MEGABYTES: u64 = 2 * 1024 * 1024;

fn large(head: &Head) -> Option<u16> {
    let length: u64 = head.get("content-length")?.parse().expect("a length");
    (length > TWO_MEGABYTES).then_some(413)
}

/// The one body in chunks that is a form has more.
fn endless(head: &Head) -> Option<u16> {
    head.get("transfer-encoding")?;
    head.get("content-type")?.starts_with("multipart/").then_some(413)
}

fn strange(head: &Head) -> Option<u16> {
    ["TRACE ", "PROPFIND "].iter().any(|method| head.0[0].starts_with(method)).then_some(501)
}

fn decoded(path: &str) -> String {
    path.replace("%6f", "o").replace("%2F", "/")
}

fn bare(path: &str) -> String {
    path.split('?').next().unwrap_or_default().to_owned()
}

/// The first line of a message and its header lines.
#[derive(Debug, Clone)]
struct Head(Vec<String>);

impl Head {
    /// Reads one; `None` at the end of the connection.
    async fn read(connection: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> Option<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).await.ok()?;
            match line.trim_end() {
                "" if lines.is_empty() => return None,
                "" => return Some(Self(lines)),
                line => lines.push(line.to_owned()),
            }
        }
    }

    fn is(line: &str, name: &str) -> bool {
        line.split_once(':').is_some_and(|(given, _)| given.eq_ignore_ascii_case(name))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let line = self.0[1..].iter().find(|line| Self::is(line, name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|line| !Self::is(line, name));
    }

    fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.0.push(format!("{name}: {value}"));
    }

    fn replace_path(&mut self, change: impl Fn(&str) -> String) {
        let words: Vec<&str> = self.0[0].split(' ').collect();
        self.0[0] = format!("{} {} {}", words[0], change(words[1]), words[2]);
    }

    fn keep_first(&mut self) {
        let mut seen = Vec::new();
        self.0.retain(|line| {
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new
        });
    }

    fn default_type(&mut self) {
        if self.get("content-type").is_none() {
            self.set("content-type", "text/plain");
        }
    }

    fn lower_values(&mut self) {
        for line in &mut self.0[1..] {
            *line = line.to_lowercase();
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = String::new();
        for line in &self.0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{line}\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

/// Plays the suite on a server behind such glue: what it finds.
async fn played(defect: Defect) -> Result<(), String> {
    let server = Server::start(ServerOptions::default()).await;
    let keys = keys(&server).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let glue = listener.local_addr().expect("it listens").to_string();
    let real = server.base().strip_prefix("http://").expect("plain HTTP").to_owned();
    // Ends with this function.
    let mut tasks = JoinSet::new();
    let base = format!("http://{glue}");
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            let (real, glue) = (real.clone(), glue.clone());
            connections.spawn(async move { pass(connection, &real, &glue, defect).await });
        }
    });
    let mut playing = JoinSet::new();
    playing.spawn(async move {
        answers_alike(Client::new(&base), &keys).await;
    });
    match playing.join_next().await.expect("it was begun") {
        Ok(()) => Ok(()),
        Err(panic) => {
            let words = panic.into_panic();
            Err(words.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic without words".to_owned()))
        }
    }
}

/// Takes one request to the server and its answer back, and ends the connection.
async fn pass(connection: TcpStream, real: &str, glue: &str, defect: Defect) -> Option<()> {
    let mut client = BufReader::new(connection);
    let mut asked = Head::read(&mut client).await?;
    let given = match (defect.refuses)(&asked) {
        Some(status) => format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n").into_bytes(),
        None => {
            (defect.asks)(&mut asked);
            // So that the answer ends with the connection.
            asked.set("connection", "close");
            let mut server = TcpStream::connect(real).await.ok()?;
            server.write_all(&asked.bytes()).await.ok()?;
            let (mut from, mut to) = server.split();
            let mut given = Vec::new();
            tokio::select! {
                // The body goes on as long as nobody has answered. What the server does not want any more is let go.
                read = from.read_to_end(&mut given) => drop(read.ok()?),
                () = async {
                    let _ = tokio::io::copy(&mut client, &mut to).await;
                    std::future::pending().await
                } => {}
            }
            answered(&asked, &given, (real, glue), defect).await?
        }
    };
    client.write_all(&given).await.ok()?;
    client.shutdown().await.ok()?;
    // What the client still sends is read, so that it gets to see the answer.
    tokio::io::copy(&mut client, &mut tokio::io::sink()).await.ok()?;
    Some(())
}

/// The answer as the glue gives it on, with its own address for the server's.
async fn answered(asked: &Head, given: &[u8], (real, glue): (&str, &str), defect: Defect) -> Option<Vec<u8>> {
    let mut rest = given;
    let mut head = Head::read(&mut rest).await?;
    (defect.answers)(asked, &mut head);
    let mut given = head.bytes();
    given.extend_from_slice(rest);
    // Both have ports of five digits, so lengths stay as they are.
    assert_eq!(real.len(), glue.len(), "{real}, {glue}");
    while let Some(at) = given.windows(real.len()).position(|window| window == real.as_bytes()) {
        given[at..at + real.len()].copy_from_slice(glue.as_bytes());
    }
    Some(given)
}
