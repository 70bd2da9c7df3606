//! A large upload as a form through the built servers into both file stores, beside the same bytes hashed and copied without
//! the library: read from a socket, SHA-256, then into a file that is synced, or in parts through the SDK to the same S3 server.
//!
//! Everything runs on this machine, the S3 server and the sender in this process, so a ratio says what the library adds
//! to a way that is as crowded without it. Memory is what the server's process holds at its highest, less what it held before.

use super::table;
use aws_sdk_s3::{
    Client as S3,
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation},
    types::{CompletedMultipartUpload, CompletedPart},
};
use aws_smithy_http_client::Builder;
use marketplace_tests::{Bucket, Server, ServerOptions, program, repository};
use sha2::{Digest as _, Sha256};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Five GiB, the largest file unless a marketplace says otherwise.
const WHOLE: u64 = 5 << 30;

/// What a server's memory may grow by, in KiB.
const MOST: u64 = 32 << 10;

const SERVERS: [&str; 2] = ["axum-server", "actix-server"];

/// The bytes that are sent, from a block that is repeated: nothing on the way compresses.
struct Load {
    block: Vec<u8>,
    size: u64,
    digest: String,
}

impl Load {
    fn of(size: u64) -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut block = b"%PDF-1.4\n".to_vec();
        while block.len() < 4 << 20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            block.extend_from_slice(&state.to_le_bytes()[4..]);
        }
        let mut load = Self { block, size, digest: String::new() };
        let mut hasher = Sha256::new();
        load.pieces(|piece| hasher.update(piece));
        load.digest = hex::encode(hasher.finalize());
        load
    }

    fn pieces(&self, mut each: impl FnMut(&[u8])) {
        let mut left = self.size;
        while left > 0 {
            for piece in self.block.chunks(256 << 10) {
                let piece = &piece[..usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()))];
                each(piece);
                left -= piece.len() as u64;
            }
        }
    }

    /// Sends a head, the bytes and a tail, and hears the answer; how long all that took.
    fn send(&self, address: &str, head: &[u8], tail: &[u8]) -> (Duration, String) {
        let begun = Instant::now();
        let mut connection = TcpStream::connect(address).expect("somebody listens");
        connection.write_all(head).expect("it is read");
        self.pieces(|piece| connection.write_all(piece).expect("it is read"));
        connection.write_all(tail).expect("it is read");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("there is an answer");
        (begun.elapsed(), String::from_utf8_lossy(&answer).into_owned())
    }
}

/// All cells, a hundredth of the size in a smoke test.
pub async fn run(smoke: bool) {
    build();
    let load = Arc::new(Load::of(if smoke { WHOLE / 100 } else { WHOLE }));
    let rounds = if smoke { 1 } else { 3 };
    table::upload_head();
    for in_bucket in [false, true] {
        let (mut bare, mut ours) = (Duration::MAX, [(Duration::MAX, 0_u64); SERVERS.len()]);
        for _ in 0..rounds {
            bare = bare.min(if in_bucket { to_bucket(&load).await } else { to_disk(&load).await });
            for (server, best) in SERVERS.iter().zip(&mut ours) {
                let (taken, growth) = through(server, in_bucket, &load).await;
                *best = (best.0.min(taken), best.1.max(growth));
            }
        }
        for (server, (taken, growth)) in SERVERS.iter().zip(ours) {
            let store = if in_bucket { "a bucket" } else { "a folder" };
            table::upload(&format!("an upload into {store}, {server}"), load.size, bare, taken, growth);
            assert!(growth < MOST, "{server} grew by {growth} KiB");
        }
    }
}

/// The servers as fast as they are, if the benchmark is. In another profile they are built before, as for the tests.
fn build() {
    let own = std::env::current_exe().expect("a benchmark knows where it lies");
    if own.components().any(|part| part.as_os_str() == "release") {
        let arguments = ["build", "--release", "--locked", "--bin", SERVERS[0], "--bin", SERVERS[1]];
        let built = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).status();
        assert!(built.expect("cargo is there").success(), "the servers can be built");
    }
    SERVERS.iter().for_each(|name| drop(program(name)));
}

/// One upload through a fresh server: how long it took, and by how many KiB its memory grew.
async fn through(binary: &str, in_bucket: bool, load: &Arc<Load>) -> (Duration, u64) {
    let bucket = if in_bucket { Some(Bucket::start().await) } else { None };
    let options = bucket.as_ref().map_or_else(ServerOptions::default, Bucket::options);
    let server = Server::start(options.with_binary(binary)).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let draft = client.draft(&ada, "A film", "2500.00").await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"film.pdf\"\r\n\r\n";
    let tail = "\r\n--b--\r\n";
    let length = load.size + (form.len() + tail.len()) as u64;
    let head = format!(
        "POST /api/v1/creator/products/{draft}/files HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
         authorization: Bearer {}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n{form}",
        ada.token
    );
    let address = server.base().strip_prefix("http://").expect("plain HTTP").to_owned();
    let process = server.process().id();
    // The highest mark begins anew; sign-ups hash passwords in a lot of memory.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").expect("the process is ours");
    let before = memory(process, "VmRSS");
    let sent = Arc::clone(load);
    let sending = move || sent.send(&address, head.as_bytes(), tail.as_bytes());
    let (taken, answer) = tokio::task::spawn_blocking(sending).await.expect("it does not panic");
    let growth = memory(process, "VmHWM").saturating_sub(before);
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains(&load.digest), "{answer}");
    (taken, growth)
}

/// KiB, as the system tells of a process.
fn memory(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("the system tells it")
}

/// Reads every byte of one connection and gives them on, with their digest at the end; then answers.
fn receive(
    listener: &TcpListener,
    size: u64,
    piece: usize,
    mut take: impl FnMut(Vec<u8>),
) -> (TcpStream, String) {
    let (mut connection, _) = listener.accept().expect("somebody comes");
    let (mut left, mut hasher) = (size, Sha256::new());
    while left > 0 {
        let mut bytes = vec![0; usize::try_from(left).map_or(piece, |left| left.min(piece))];
        connection.read_exact(&mut bytes).expect("all of it comes");
        hasher.update(&bytes);
        left -= bytes.len() as u64;
        take(bytes);
    }
    (connection, hex::encode(hasher.finalize()))
}

/// The same without the library: one thread that receives, hashes and passes on.
async fn bare(
    load: &Arc<Load>,
    work: impl FnOnce(&TcpListener, u64) -> (TcpStream, String) + Send + 'static,
) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it has an address").to_string();
    let size = load.size;
    let receiving = thread::spawn(move || {
        let (mut connection, digest) = work(&listener, size);
        connection.write_all(digest.as_bytes()).expect("it is heard");
    });
    let sent = Arc::clone(load);
    let sending = move || sent.send(&address, b"", b"");
    let (taken, digest) = tokio::task::spawn_blocking(sending).await.expect("it does not panic");
    receiving.join().expect("it does not panic");
    assert_eq!(digest, load.digest);
    taken
}

async fn to_disk(load: &Arc<Load>) -> Duration {
    let folder = TempDir::with_prefix("marketplace-bench-").expect("there is room");
    let path = folder.path().join("film");
    bare(load, move |listener, size| {
        let mut file = File::create(path).expect("there is room");
        let received =
            receive(listener, size, 256 << 10, |bytes| file.write_all(&bytes).expect("there is room"));
        file.sync_all().expect("the disk works");
        received
    })
    .await
}

async fn to_bucket(load: &Arc<Load>) -> Duration {
    let bucket = Bucket::start().await;
    let options = bucket.options();
    let variable = |name: &str| options.variable(name).expect("it is set").to_owned();
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "bench",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
        .region(Region::new(variable("AWS_REGION")))
        .endpoint_url(variable("AWS_ENDPOINT_URL_S3"))
        .credentials_provider(credentials)
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .build();
    let name = variable("AWS_BUCKET");
    bare(load, move |listener, size| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut upload = runtime.block_on(Parts::begin(S3::from_conf(config), name));
        let received = receive(listener, size, 8 << 20, |bytes| runtime.block_on(upload.send(bytes)));
        runtime.block_on(upload.complete());
        received
    })
    .await
}

/// An object in parts, as the SDK's own examples put one together.
struct Parts {
    client: S3,
    bucket: String,
    upload: String,
    parts: Vec<CompletedPart>,
}

const KEY: &str = "files/film";

impl Parts {
    async fn begin(client: S3, bucket: String) -> Self {
        let begun =
            client.create_multipart_upload().bucket(&bucket).key(KEY).send().await.expect("it begins");
        let upload = begun.upload_id.expect("it has an id");
        Self { client, bucket, upload, parts: Vec::new() }
    }

    async fn send(&mut self, bytes: Vec<u8>) {
        let number = i32::try_from(self.parts.len() + 1).expect("not that many");
        let part = self.client.upload_part().bucket(&self.bucket).key(KEY).upload_id(&self.upload);
        let sent = part.part_number(number).body(bytes.into()).send().await.expect("a part is taken");
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
    }

    async fn complete(self) {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        let whole =
            self.client.complete_multipart_upload().bucket(&self.bucket).key(KEY).upload_id(&self.upload);
        whole.multipart_upload(parts).send().await.expect("it is whole");
    }
}
