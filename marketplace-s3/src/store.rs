//! The file store on S3.
//!
//! Called by: the core's catalogue and delivery.

use crate::{
    client,
    config::{ConfigError, S3Config},
    error::{failed, has_code, has_status, nonsense},
    put, read,
    unfinished::Unfinished,
};
use async_trait::async_trait;
use aws_sdk_s3::{Client, presigning::PresigningConfig};
use marketplace_core::{
    file::{
        ByteRange, ByteStream, Digest, FileError, FileStore, ObjectKey, ObjectMeta, OpenObject,
        PresignRequest, content_disposition,
    },
    time::Clock,
};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// What is said of every object itself: nobody who finds another way to it has it shown in place.
pub(crate) const ATTACHMENT: &str = "attachment";
/// Types are labels that people give; they go into addresses, not into the store.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// The longest that an address opens: until then a revocation does not bite.
const LONGEST: Duration = Duration::from_mins(1);

/// Objects in a bucket.
pub struct S3Store {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) checksum_headers: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) unfinished: Arc<Unfinished>,
}

/// Without the client, which knows the key.
impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl S3Store {
    /// Checks the settings. Connects to nothing: whether bucket and key are good shows at the first call, such as the
    /// health check's.
    ///
    /// Addresses open for their time after `clock`, and the server looks at its own: give the machine's clock, also where
    /// the rest of a development server lives in another time.
    pub fn new(config: S3Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let config = config.checked()?;
        Ok(Self {
            client: client::build(&config)?,
            bucket: config.bucket,
            checksum_headers: config.checksum_headers,
            clock,
            unfinished: Arc::default(),
        })
    }

    /// Where browsers fetch objects: scheme and host, for policies that list the origins a page may lead to.
    pub async fn origin(&self) -> Result<String, FileError> {
        const DOING: &str = "tell the origin of addresses";
        let address = self.signed("files/none", LONGEST, ATTACHMENT, OCTETS).await?;
        let uri: http::Uri = address.parse().map_err(|_| nonsense(DOING, "the address cannot be read"))?;
        match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => Ok(format!("{scheme}://{authority}")),
            _ => Err(nonsense(DOING, "the address has no host")),
        }
    }

    /// From now on, by our clock, for a time.
    pub(crate) fn presigning(
        &self,
        expires_in: Duration,
        doing: &'static str,
    ) -> Result<PresigningConfig, FileError> {
        let now = u64::try_from(self.clock.now().as_micros()).unwrap_or(0);
        let start = SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(now));
        let start = start.ok_or_else(|| nonsense(doing, "the clock is beyond all times"))?;
        // Whole seconds, and at least one: a shorter address would be none.
        let expires_in = Duration::from_secs(expires_in.as_secs().max(1));
        let config = PresigningConfig::builder().start_time(start).expires_in(expires_in).build();
        config.map_err(|_| nonsense(doing, "the time is out of range"))
    }

    async fn signed(
        &self,
        key: &str,
        expires_in: Duration,
        disposition: &str,
        content_type: &str,
    ) -> Result<String, FileError> {
        const DOING: &str = "sign an address";
        let config = self.presigning(expires_in.min(LONGEST), DOING)?;
        let signed = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(disposition)
            .response_content_type(content_type)
            .response_cache_control("private, no-store")
            .presigned(config)
            .await
            .map_err(|error| failed(DOING, error))?;
        Ok(signed.uri().to_owned())
    }

    /// Whether an object is there, has this size and was made of so many parts, which its entity tag tells.
    pub(crate) async fn is_made_of(
        &self,
        key: &ObjectKey,
        size: u64,
        parts: usize,
    ) -> Result<bool, FileError> {
        let object = match self.client.head_object().bucket(&self.bucket).key(key.as_str()).send().await {
            Err(error) if has_status(&error, 404) => return Ok(false),
            object => object.map_err(|error| failed("look at an object", error))?,
        };
        let of_size = object.content_length().and_then(|length| u64::try_from(length).ok()) == Some(size);
        let of_parts =
            object.e_tag().is_some_and(|tag| tag.trim_matches('"').ends_with(&format!("-{parts}")));
        Ok(of_size && of_parts)
    }
}

#[async_trait]
impl FileStore for S3Store {
    async fn put(
        &self,
        key: &ObjectKey,
        body: ByteStream,
        limit: u64,
    ) -> Result<(ObjectMeta, Digest), FileError> {
        self.unfinished.clean(&self.client, &self.bucket).await;
        put::put(self, key, body, limit).await
    }

    async fn open(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Option<OpenObject>, FileError> {
        read::open(self, key, range).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, FileError> {
        read::head(self, key).await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), FileError> {
        self.unfinished.clean(&self.client, &self.bucket).await;
        match self.client.delete_object().bucket(&self.bucket).key(key.as_str()).send().await {
            Ok(_) => Ok(()),
            // S3 says nothing of the kind; some servers do.
            Err(error) if has_code(&error, "NoSuchKey") => Ok(()),
            Err(error) => Err(failed("delete an object", error)),
        }
    }

    async fn presign(&self, key: &ObjectKey, request: PresignRequest) -> Result<Option<String>, FileError> {
        let name = content_disposition(&request.name);
        let signed = self.signed(key.as_str(), request.expires_in, &name, request.content_type.as_str());
        signed.await.map(Some)
    }
}
