//! A strict server of S3's protocol: it checks every signature and digest, and keeps objects in a folder. Before it
//! stands what a test wants to see or to go wrong.

use crate::uploads::Strict;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Method, Request, Response,
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use marketplace_core::{
    file::{DirectUpload, FileStore, ObjectKey, PartAddress},
    time::{Clock, ManualClock, SystemClock},
};
use marketplace_s3::{S3Config, S3Store};
use marketplace_testing::contract::files::{
    AddressWorld, FilesWorld, FreshFiles, FreshParts, PartAddressWorld, Trouble, Visit,
};
use s3s::{
    Body,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub(crate) const BUCKET: &str = "shop-files";
const KEY_ID: &str = "AKIAOFTHETESTS";
const SECRET: &str = "the-secret-of-the-tests";

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: hyper::HeaderMap,
}

impl Seen {
    /// What it is, by the protocol's names.
    pub(crate) fn call(&self) -> &'static str {
        let (object, query) = (self.path.trim_end_matches('/').matches('/').count() > 1, &self.query);
        let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        match (&self.method, object) {
            (&Method::POST, _) if has("uploads") => "CreateMultipartUpload",
            (&Method::POST, _) if has("uploadId") => "CompleteMultipartUpload",
            (&Method::PUT, _) if has("partNumber") => "UploadPart",
            (&Method::DELETE, _) if has("uploadId") => "AbortMultipartUpload",
            (&Method::PUT, true) => "PutObject",
            (&Method::GET, true) if has("uploadId") => "ListParts",
            (&Method::GET, true) => "GetObject",
            (&Method::HEAD, true) => "HeadObject",
            (&Method::HEAD, false) => "HeadBucket",
            (&Method::DELETE, true) => "DeleteObject",
            (&Method::GET, false) if has("uploads") => "ListMultipartUploads",
            _ => "another call",
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What happens to a call.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// The server answers this, and does nothing.
    Answer(u16, &'static str),
    /// The server answers well with this document, and does nothing.
    Say(&'static str),
    /// The connection breaks, and nothing was done.
    Cut,
    /// It is done, and the connection breaks before the answer.
    AnswerLost,
    /// Nothing ever comes.
    Silence,
}

#[derive(Default)]
struct State {
    trouble: Option<Trouble>,
    seen: Vec<Seen>,
    /// For the next call of a name.
    fates: Vec<(&'static str, Fate)>,
}

/// The server.
pub(crate) struct Server {
    folder: TempDir,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// A server with an empty bucket.
    pub(crate) async fn start() -> Arc<Self> {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(Strict::new(folder.path()));
        builder.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let s3 = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let serving = (s3, Arc::clone(&state));
        spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let (s3, state) = serving.clone();
                let service = service_fn(move |request| answer(s3.clone(), Arc::clone(&state), request));
                spawn(async move {
                    // A client that goes away is none of the server's business.
                    http1::Builder::new().serve_connection(TokioIo::new(socket), service).await.ok();
                });
            }
        });
        Arc::new(Self { folder, address, state })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap())
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Settings for it, with tries that do not wait.
    pub(crate) fn config(&self, secret: &str) -> S3Config {
        S3Config::new(BUCKET, "us-east-1", KEY_ID, secret.into())
            .with_endpoint(self.endpoint())
            .with_tries(2, Duration::from_millis(1))
    }

    pub(crate) fn store(&self) -> S3Store {
        S3Store::new(self.config(SECRET), Arc::new(SystemClock)).unwrap()
    }

    /// The same with other settings.
    pub(crate) fn store_with(&self, change: impl FnOnce(S3Config) -> S3Config) -> S3Store {
        S3Store::new(change(self.config(SECRET)), Arc::new(SystemClock)).unwrap()
    }

    /// The next call of this name meets this.
    pub(crate) fn next(&self, call: &'static str, fate: Fate) {
        self.locked(|state| state.fates.push((call, fate)));
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.locked(|state| state.seen.clone())
    }

    /// The names of the calls that came so far.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.seen().iter().map(Seen::call).collect()
    }

    pub(crate) fn object(&self, key: &ObjectKey) -> PathBuf {
        self.folder.path().join(BUCKET).join(key.as_str())
    }

    /// What lies beside the objects: parts, uploads, halves.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".upload") || name.starts_with(".tmp")).collect()
    }

    /// What the server keeps of an object beside its bytes.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let kept = entries.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        kept.map(|path| fs::read_to_string(path).unwrap()).collect()
    }

    pub(crate) fn remove_the_bucket(&self) {
        fs::remove_dir_all(self.folder.path().join(BUCKET)).unwrap();
    }

    /// An adapter in front of it.
    pub(crate) async fn fresh() -> FreshFiles {
        let server = Self::start().await;
        let store = Arc::new(server.store());
        let world = Arc::new(World { server, store: Arc::clone(&store) });
        let parts = Some(FreshParts { direct: store.clone(), addresses: Some(world.clone()) });
        FreshFiles { files: store, addresses: Some(world.clone()), parts, world, guard: Box::new(()) }
    }
}

#[expect(clippy::disallowed_methods, reason = "a server of the tests")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

fn broken() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionReset)
}

fn said(status: u16, code: &str) -> Response<Body> {
    let xml = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    let response = Response::builder().status(status).header("content-type", "application/xml");
    response.body(Body::from(xml)).unwrap()
}

async fn answer(
    s3: S3Service,
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let seen = Seen {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
    };
    let call = seen.call();
    let (trouble, fate) = {
        let mut state = state.lock().unwrap();
        state.seen.push(seen);
        let place = state.fates.iter().position(|(name, _)| *name == call);
        (state.trouble, place.map(|place| state.fates.remove(place).1))
    };
    let adds = ["PutObject", "UploadPart", "CreateMultipartUpload"].contains(&call);
    match (fate, trouble) {
        (Some(Fate::Answer(status, code)), _) => {
            // A server that answers before it has read everything may be answered by a broken pipe.
            request.into_body().collect().await.map_err(io::Error::other)?;
            return Ok(said(status, code));
        }
        (Some(Fate::Say(xml)), _) => return Ok(Response::new(Body::from(xml.to_owned()))),
        (Some(Fate::Silence), _) => return std::future::pending().await,
        (Some(Fate::Cut), _) | (None, Some(Trouble::Down)) => return Err(broken()),
        (None, Some(Trouble::Full)) if adds && call != "CreateMultipartUpload" => {
            request.into_body().collect().await.map_err(io::Error::other)?;
            return Ok(said(507, "XMinioStorageFull"));
        }
        (Some(Fate::AnswerLost), _) | (None, Some(Trouble::LosesAnswers)) => {
            let done = s3.call(request.map(Body::from)).await.map_err(|_| broken())?;
            // Its effect may come with its body.
            BodyExt::collect(done.into_body()).await.map_err(|_| broken())?;
            return Err(broken());
        }
        _ => {}
    }
    let response = s3.call(request.map(Body::from)).await.map_err(|_| broken())?;
    if trouble == Some(Trouble::BreaksOff) && call == "GetObject" {
        return Ok(response.map(|body| {
            let first = body.take(3).map(|piece| piece.map(Frame::data).map_err(|_| broken()));
            // What came before is on its way only once there is a wait.
            let then = futures_util::stream::once(async {
                tokio::task::yield_now().await;
                Err(broken())
            });
            Body::http_body_unsync(StreamBody::new(first.chain(then)))
        }));
    }
    Ok(response)
}

/// The server as its owner sees it.
#[derive(Debug)]
struct World {
    server: Arc<Server>,
    store: Arc<S3Store>,
}

#[async_trait]
impl FilesWorld for World {
    async fn trouble(&self, trouble: Trouble) -> bool {
        self.server.locked(|state| state.trouble = Some(trouble));
        true
    }

    async fn heal(&self) {
        self.server.locked(|state| state.trouble = None);
    }

    async fn cut(&self, key: &ObjectKey, size: u64) {
        let object = fs::OpenOptions::new().write(true).open(self.server.object(key)).unwrap();
        object.set_len(size).unwrap();
    }

    async fn lose(&self, key: &ObjectKey) {
        fs::remove_file(self.server.object(key)).unwrap();
    }

    async fn remains(&self) -> usize {
        // Any write takes with it what was left.
        self.store.delete(&super::key(u128::MAX)).await.unwrap();
        self.server.unfinished().len()
    }

    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned()]
    }
}

#[async_trait]
impl AddressWorld for World {
    async fn visit(&self, method: &str, address: &str, range: Option<&str>) -> Visit {
        visit(method, address, range).await
    }

    fn stranger(&self) -> Arc<dyn FileStore> {
        Arc::new(self.foreign())
    }

    fn behind(&self, by: Duration) -> Arc<dyn FileStore> {
        Arc::new(self.earlier(by))
    }
}

#[async_trait]
impl PartAddressWorld for World {
    async fn send(&self, address: &PartAddress, body: Bytes) -> Visit {
        send(address, body).await
    }

    fn stranger_to_parts(&self) -> Arc<dyn DirectUpload> {
        Arc::new(self.foreign())
    }

    fn behind_with_parts(&self, by: Duration) -> Arc<dyn DirectUpload> {
        Arc::new(self.earlier(by))
    }
}

impl World {
    fn foreign(&self) -> S3Store {
        S3Store::new(self.server.config("another-secret"), Arc::new(SystemClock)).unwrap()
    }

    fn earlier(&self, by: Duration) -> S3Store {
        let clock = ManualClock::new(SystemClock.now().saturating_sub(by));
        S3Store::new(self.server.config(SECRET), Arc::new(clock)).unwrap()
    }
}

/// Opens an address as a browser does that keeps to it.
async fn visit(method: &str, address: &str, range: Option<&str>) -> Visit {
    let mut request = client().request(method.parse().unwrap(), address);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    visited(request).await.unwrap()
}

/// Sends a part as a browser does.
pub(crate) async fn send(address: &PartAddress, body: impl Into<Bytes>) -> Visit {
    let mut request = client().put(&address.url);
    // A browser tells the length by itself, and lets nobody else tell it.
    for (name, value) in address.headers.iter().filter(|(name, _)| name != "content-length") {
        request = request.header(name, value);
    }
    // A server that refuses before it has read everything may hang up meanwhile.
    let hung_up = Visit { status: 499, headers: Vec::new(), body: Bytes::new() };
    let body: Bytes = body.into();
    visited(request.body(body)).await.unwrap_or(hung_up)
}

#[expect(clippy::disallowed_methods, reason = "the TLS provider is given here")]
fn client() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

async fn visited(request: reqwest::RequestBuilder) -> reqwest::Result<Visit> {
    let response = request.send().await?;
    let text = |value: &reqwest::header::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
    let headers =
        response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let status = response.status().as_u16();
    Ok(Visit { status, headers, body: response.bytes().await.unwrap_or_else(|_| Bytes::new()) })
}
