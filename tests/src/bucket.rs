//! A bucket on a strict server of S3's protocol, in this process.

use crate::server::ServerOptions;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

const NAME: &str = "shop-files";
const KEY_ID: &str = "AKIAOFTHEJOURNEYS";

/// An empty bucket, and the server that has it.
#[derive(Debug)]
pub struct Bucket {
    folder: TempDir,
    address: SocketAddr,
}

impl Bucket {
    /// The key's secret.
    pub const SECRET: &str = "the-secret-of-the-journeys";

    /// Starts the server.
    ///
    /// # Panics
    /// If there is no room for it.
    #[expect(clippy::disallowed_methods, reason = "a server of the tests")]
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("marketplace-bucket-").expect("there is room for a folder");
        std::fs::create_dir(folder.path().join(NAME)).expect("there is room for a bucket");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("the folder is there"));
        builder.set_auth(SimpleAuth::from_single(KEY_ID, Self::SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let served = http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
                tokio::spawn(async move {
                    // A client that goes away is none of the server's business.
                    served.await.ok();
                });
            }
        });
        Self { folder, address }
    }

    /// Where it is: scheme and host.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A server that keeps its files here.
    pub fn options(&self) -> ServerOptions {
        self.used_by(ServerOptions::default())
    }

    /// The same for a server that is otherwise as these options say.
    pub fn used_by(&self, options: ServerOptions) -> ServerOptions {
        options
            .with_variable("AWS_BUCKET", NAME)
            .with_variable("AWS_REGION", "us-east-1")
            .with_variable("AWS_ENDPOINT_URL_S3", self.origin())
            .with_variable("AWS_ACCESS_KEY_ID", KEY_ID)
            .with_variable("AWS_SECRET_ACCESS_KEY", Self::SECRET)
    }

    /// The objects as they lie there.
    ///
    /// # Panics
    /// If they cannot be read.
    pub fn objects(&self) -> Vec<PathBuf> {
        let objects = self.folder.path().join(NAME).join("files");
        let entries = |folder: &Path| std::fs::read_dir(folder).map(Iterator::collect::<Vec<_>>);
        let entries = entries(&objects).unwrap_or_default();
        entries.into_iter().map(|entry| entry.expect("an object is readable").path()).collect()
    }

    /// Takes the bucket away.
    ///
    /// # Panics
    /// If it is not there.
    pub fn remove(&self) {
        std::fs::remove_dir_all(self.folder.path().join(NAME)).expect("it was there");
    }
}
