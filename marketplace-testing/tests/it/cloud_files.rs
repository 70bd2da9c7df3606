//! The file store of `docs/write-a-file-store.md`: a cloud that takes files in chunks and delivers them by signed addresses.
//! The cloud stands in this process; what an adapter does with it is what it would do over HTTP.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use marketplace_core::{
    file::{
        ByteRange, ByteStream, BytesError, Digest, FileError, FileStore, ObjectKey, ObjectMeta, OpenObject,
        PresignRequest, content_disposition,
    },
    time::{Clock, ManualClock, Timestamp},
};
use marketplace_testing::contract::files::{
    AddressWorld, FilesHarness, FilesWorld, FreshFiles, Trouble, Visit,
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

// [cloud]
/// What the cloud answers instead of an answer.
#[derive(Debug)]
pub enum NoAnswer {
    Down,
    NoRoom,
    NoSuchFile,
}

/// How the cloud signs: the parameters by name, the account's secret behind them.
fn signature(parameters: &BTreeMap<&str, String>, secret: &str) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    hex::encode(Sha256::digest(format!("{}{secret}", pairs.join("&"))))
}
// [/cloud]

#[derive(Default)]
struct Shelves {
    files: BTreeMap<String, Bytes>,
    uploads: BTreeMap<u64, Vec<u8>>,
    trouble: Option<Trouble>,
}

/// The cloud: what a host would reach over HTTP.
pub struct Cloud {
    shelves: Mutex<Shelves>,
    secret: String,
    clock: ManualClock,
}

impl Cloud {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().expect("no test panics with it")
    }

    fn up(&self) -> Result<MutexGuard<'_, Shelves>, NoAnswer> {
        let shelves = self.shelves();
        if shelves.trouble == Some(Trouble::Down) { Err(NoAnswer::Down) } else { Ok(shelves) }
    }

    /// A chunk of an upload, which nobody sees yet.
    fn append(&self, upload: u64, chunk: &[u8]) -> Result<(), NoAnswer> {
        let mut shelves = self.up()?;
        if shelves.trouble == Some(Trouble::Full) {
            return Err(NoAnswer::NoRoom);
        }
        shelves.uploads.entry(upload).or_default().extend_from_slice(chunk);
        Ok(())
    }

    /// Makes a file of an upload.
    fn finish(&self, upload: u64, id: &str) -> Result<(), NoAnswer> {
        let mut shelves = self.up()?;
        let bytes = shelves.uploads.remove(&upload).unwrap_or_default();
        shelves.files.insert(id.to_owned(), bytes.into());
        Ok(())
    }

    fn discard(&self, upload: u64) {
        self.shelves().uploads.remove(&upload);
    }

    fn size(&self, id: &str) -> Result<u64, NoAnswer> {
        self.up()?.files.get(id).map(|bytes| bytes.len() as u64).ok_or(NoAnswer::NoSuchFile)
    }

    /// Bytes of a file from a place on, at most so many. A connection may break.
    fn read(&self, id: &str, from: u64, most: usize) -> Result<Bytes, NoAnswer> {
        let shelves = self.up()?;
        if shelves.trouble == Some(Trouble::BreaksOff) && from > 150_000 {
            return Err(NoAnswer::Down);
        }
        let bytes = shelves.files.get(id).ok_or(NoAnswer::NoSuchFile)?;
        let from = usize::try_from(from).expect("it is in memory").min(bytes.len());
        Ok(bytes.slice(from..from.saturating_add(most).min(bytes.len())))
    }

    fn remove(&self, id: &str) -> Result<(), NoAnswer> {
        self.up()?.files.remove(id).map(|_| ()).ok_or(NoAnswer::NoSuchFile)
    }

    /// What somebody gets who opens an address.
    fn deliver(&self, method: &str, address: &str, range: Option<&str>) -> Visit {
        let refused = |status| Visit { status, headers: Vec::new(), body: Bytes::new() };
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let mut given: BTreeMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name, value.to_owned())))
            .collect();
        let signed = given.remove("signature").unwrap_or_default();
        if signed != signature(&given, &self.secret) {
            return refused(401);
        }
        let now = self.clock.now().as_micros() / 1_000_000;
        if given["expires_at"].parse::<i64>().is_ok_and(|ends| now >= ends) {
            return refused(403);
        }
        if method != "GET" {
            return refused(405);
        }
        let Some(bytes) = self.shelves().files.get(&given["public_id"]).cloned() else { return refused(404) };
        let text = |name| String::from_utf8(hex::decode(&given[name]).expect("signed")).expect("signed");
        let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let body = bytes.slice(from.unwrap_or(0)..);
        let mut headers = vec![
            ("content-disposition".to_owned(), text("disposition")),
            ("content-type".to_owned(), text("type")),
            ("content-length".to_owned(), body.len().to_string()),
        ];
        if let Some(from) = from {
            let size = bytes.len();
            headers.push(("content-range".to_owned(), format!("bytes {from}-{}/{size}", size - 1)));
        }
        Visit { status: if from.is_some() { 206 } else { 200 }, headers, body }
    }
}

// [adapter]
/// Files in the cloud.
pub struct CloudFiles {
    cloud: Arc<Cloud>,
    secret: String,
    clock: Arc<dyn Clock>,
    uploads: AtomicU64,
}

/// Without the secret.
impl fmt::Debug for CloudFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudFiles").finish_non_exhaustive()
    }
}

/// What can heal is unavailable; what a person must mend is a defect.
fn failed(why: NoAnswer) -> FileError {
    match why {
        NoAnswer::Down => FileError::Unavailable("the cloud does not answer".into()),
        NoAnswer::NoRoom => FileError::Unavailable("the account has no room left".into()),
        NoAnswer::NoSuchFile => FileError::Defect("the cloud does not know the file".into()),
    }
}

/// An absent file is an answer.
fn known<T>(answer: Result<T, NoAnswer>) -> Result<Option<T>, FileError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(NoAnswer::NoSuchFile) => Ok(None),
        Err(why) => Err(failed(why)),
    }
}

/// Discards an upload that was not finished: by an error, or because its future was dropped.
struct Unfinished<'a>(&'a Cloud, u64);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.discard(self.1);
    }
}

#[async_trait]
impl FileStore for CloudFiles {
    async fn put(
        &self,
        key: &ObjectKey,
        mut body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError> {
        let upload = Unfinished(&self.cloud, self.uploads.fetch_add(1, Ordering::Relaxed));
        let (mut size, mut hasher) = (0, Sha256::new());
        while let Some(piece) = body.next().await {
            let piece = piece?;
            size += piece.len() as u64;
            if size > limit {
                return Err(FileError::TooLarge);
            }
            hasher.update(&piece);
            self.cloud.append(upload.1, &piece).map_err(failed)?;
        }
        self.cloud.finish(upload.1, key.as_str()).map_err(failed)?;
        Ok((ObjectMeta { size }, Digest::from_bytes(hasher.finalize().into())))
    }

    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError> {
        let Some(size) = known(self.cloud.size(key.as_str()))? else { return Ok(None) };
        let (start, end) = range.map_or((0, size), |range| (range.start.min(size), range.end.min(size)));
        let (cloud, id) = (Arc::clone(&self.cloud), key.as_str().to_owned());
        let bytes = stream::try_unfold(start, move |from| {
            let left = usize::try_from(end.saturating_sub(from)).unwrap_or(usize::MAX);
            let next = (left > 0).then(|| cloud.read(&id, from, left.min(65_536)));
            async move {
                match next {
                    None => Ok(None),
                    // Fewer bytes than were told are a broken stream, not a short one.
                    Some(Ok(piece)) if !piece.is_empty() => {
                        let from = from + piece.len() as u64;
                        Ok(Some((piece, from)))
                    }
                    Some(_) => Err(BytesError::Broken("the cloud broke off".into())),
                }
            }
        });
        Ok(Some(OpenObject { size, bytes: bytes.boxed() }))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
        Ok(known(self.cloud.size(key.as_str()))?.map(|size| ObjectMeta { size }))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError> {
        known(self.cloud.remove(key.as_str())).map(|_| ())
    }

    async fn presign(&self, key: &ObjectKey, request: PresignRequest) -> Result<Option<String>, FileError> {
        let lasts = request.expires_in.min(Duration::from_mins(1));
        let ends = self.clock.now().saturating_add(lasts).as_micros() / 1_000_000;
        let mut signed = BTreeMap::from([
            ("disposition", hex::encode(content_disposition(&request.name))),
            ("expires_at", ends.to_string()),
            ("public_id", key.to_string()),
            ("type", hex::encode(request.content_type.as_str())),
        ]);
        signed.insert("signature", signature(&signed, &self.secret));
        let query: Vec<String> = signed.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(Some(format!("https://cloud.example/download?{}", query.join("&"))))
    }
}
// [/adapter]

const SECRET: &str = "the secret of the cloud";

/// The cloud as its owner sees it.
#[derive(Clone)]
struct InHand(Arc<Cloud>);

impl fmt::Debug for InHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InHand").finish_non_exhaustive()
    }
}

impl InHand {
    fn adapter(&self, secret: &str, behind: Duration) -> CloudFiles {
        let clock = Arc::new(ManualClock::new(self.0.clock.now().saturating_sub(behind)));
        let cloud = Arc::clone(&self.0);
        CloudFiles { cloud, secret: secret.to_owned(), clock, uploads: AtomicU64::default() }
    }
}

// [world]
#[async_trait]
impl FilesWorld for InHand {
    async fn trouble(&self, trouble: Trouble) -> bool {
        self.0.shelves().trouble = Some(trouble);
        true
    }
    async fn heal(&self) {
        self.0.shelves().trouble = None;
    }
    async fn cut(&self, key: &ObjectKey, size: u64) {
        let mut shelves = self.0.shelves();
        let file = shelves.files.get_mut(key.as_str()).expect("it is there");
        file.truncate(usize::try_from(size).expect("it is in memory"));
    }
    async fn lose(&self, key: &ObjectKey) {
        self.0.shelves().files.remove(key.as_str()).expect("it is there");
    }
    async fn remains(&self) -> usize {
        self.0.shelves().uploads.len()
    }
    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned()]
    }
}

#[async_trait]
impl AddressWorld for InHand {
    async fn visit(&self, method: &str, address: &str, range: Option<&str>) -> Visit {
        self.0.deliver(method, address, range)
    }
    fn stranger(&self) -> Arc<dyn FileStore> {
        Arc::new(self.adapter("another secret", Duration::ZERO))
    }
    fn behind(&self, by: Duration) -> Arc<dyn FileStore> {
        Arc::new(self.adapter(SECRET, by))
    }
}
// [/world]

// [harness]
struct Harness;

#[async_trait]
impl FilesHarness for Harness {
    async fn fresh(&self) -> FreshFiles {
        let clock = ManualClock::new(Timestamp::EPOCH.saturating_add(Duration::from_hours(24)));
        let shelves = Mutex::default();
        let world = Arc::new(InHand(Arc::new(Cloud { shelves, secret: SECRET.to_owned(), clock })));
        let files = Arc::new(world.adapter(SECRET, Duration::ZERO));
        FreshFiles { files, addresses: Some(world.clone()), parts: None, world, guard: Box::new(()) }
    }
}

mod contract {
    marketplace_testing::files_contract!(super::Harness);
}
// [/harness]

/// A test of the page: what stands there is what is compiled here.
#[test]
fn the_page_shows_this_code() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).expect("it is there");
    let (code, page) = (read("tests/it/cloud_files.rs"), read("../docs/write-a-file-store.md"));
    for name in ["cloud", "adapter", "world", "harness"] {
        let (begin, end) = (format!("// [{name}]\n"), format!("// [/{name}]\n"));
        let part = code.split_once(&begin).expect("it begins").1.split_once(&end).expect("it ends").0;
        assert!(page.contains(part.trim_end()), "docs/write-a-file-store.md does not show [{name}] as it is");
    }
}
