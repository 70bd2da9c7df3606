//! The server's uploads in parts, as strict as S3: the program behind it forgets entity tags, knows no upload that is over,
//! and destroys one whose completion it refuses.

use async_trait::async_trait;
use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        DeleteObjectInput, DeleteObjectOutput, ETag, GetObjectInput, GetObjectOutput, HeadBucketInput,
        HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part, PutObjectInput,
        PutObjectOutput, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};
use s3s_fs::FileSystem;
use std::{
    collections::BTreeMap,
    fs,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::Mutex;

/// How many parts stand on a page of their list, and uploads on a page of theirs: few, so that pages are turned.
const PARTS: usize = 5;
const UPLOADS: usize = 1;

/// Parts but the last one are at least as large.
const SMALLEST: u64 = 5 * 1024 * 1024;

#[derive(Debug, Clone)]
struct Kept {
    size: u64,
    etag: String,
}

#[derive(Debug, Default)]
struct Upload {
    key: String,
    parts: BTreeMap<i32, Kept>,
}

type Uploads = BTreeMap<String, Upload>;

/// A file system that is strict.
#[derive(Clone)]
pub(crate) struct Strict {
    files: Arc<FileSystem>,
    root: PathBuf,
    uploads: Arc<Mutex<Uploads>>,
}

impl Strict {
    pub(crate) fn new(root: &Path) -> Self {
        let files = Arc::new(FileSystem::new(root).unwrap());
        Self { files, root: root.to_owned(), uploads: Arc::default() }
    }

    fn part(&self, id: &str, number: i32) -> PathBuf {
        self.root.join(format!(".upload_id-{id}.part-{number}"))
    }

    async fn complete(
        self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let mut uploads = self.uploads.lock().await;
        let (id, key) = (request.input.upload_id.clone(), request.input.key.clone());
        let named =
            request.input.multipart_upload.clone().and_then(|upload| upload.parts).unwrap_or_default();
        let upload = known(&uploads, &id, &key)?;
        let mut last = 0;
        for (place, part) in named.iter().enumerate() {
            let number = part.part_number.unwrap_or_default();
            if number <= last {
                return Err(s3_error!(InvalidPartOrder));
            }
            last = number;
            let kept = upload.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
            if part.e_tag.as_ref().map(ETag::value) != Some(kept.etag.as_str()) {
                return Err(s3_error!(InvalidPart));
            }
            if kept.size < SMALLEST && place.checked_add(1) != Some(named.len()) {
                return Err(s3_error!(EntityTooSmall));
            }
        }
        let numbers: Vec<i32> = upload.parts.keys().copied().collect();
        let completed = self.files.complete_multipart_upload(request).await?;
        for number in numbers {
            fs::remove_file(self.part(&id, number)).ok();
        }
        uploads.remove(&id);
        Ok(completed)
    }

    async fn abort(
        self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let mut uploads = self.uploads.lock().await;
        let (id, key) = (request.input.upload_id.clone(), request.input.key.clone());
        known(&uploads, &id, &key)?;
        let aborted = self.files.abort_multipart_upload(request).await?;
        uploads.remove(&id);
        Ok(aborted)
    }
}

fn known<'a>(uploads: &'a Uploads, id: &str, key: &str) -> S3Result<&'a Upload> {
    uploads.get(id).filter(|upload| upload.key == key).ok_or_else(|| s3_error!(NoSuchUpload))
}

/// Goes on when the client hangs up, as a server does.
#[expect(clippy::disallowed_methods, reason = "a server of the tests")]
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = S3Result<T>> + Send + 'static,
) -> S3Result<T> {
    tokio::spawn(work).await.unwrap()
}

#[async_trait]
impl S3 for Strict {
    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let key = request.input.key.clone();
        let begun = self.files.create_multipart_upload(request).await?;
        let id = begun.output.upload_id.clone().unwrap_or_default();
        self.uploads.lock().await.insert(id, Upload { key, ..Upload::default() });
        Ok(begun)
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let (id, key) = (request.input.upload_id.clone(), request.input.key.clone());
        let number = request.input.part_number;
        known(&*self.uploads.lock().await, &id, &key)?;
        let sent = self.files.upload_part(request).await?;
        let mut uploads = self.uploads.lock().await;
        let part = self.part(&id, number);
        let Some(upload) = uploads.get_mut(&id) else {
            fs::remove_file(part).ok();
            return Err(s3_error!(NoSuchUpload));
        };
        let size = fs::metadata(part).unwrap().len();
        let etag = sent.output.e_tag.as_ref().map(|etag| etag.value().to_owned()).unwrap_or_default();
        upload.parts.insert(number, Kept { size, etag });
        Ok(sent)
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let uploads = self.uploads.lock().await;
        let upload = known(&uploads, &input.upload_id, &input.key)?;
        let after = input.part_number_marker.unwrap_or(0);
        let mut left = upload.parts.range((Bound::Excluded(after), Bound::Unbounded));
        let page: Vec<(i32, Kept)> =
            left.by_ref().take(PARTS).map(|(number, part)| (*number, part.clone())).collect();
        let parts = page.iter().map(|(number, part)| Part {
            part_number: Some(*number),
            size: Some(i64::try_from(part.size).unwrap()),
            e_tag: Some(ETag::Strong(part.etag.clone())),
            ..Part::default()
        });
        Ok(S3Response::new(ListPartsOutput {
            is_truncated: Some(left.next().is_some()),
            next_part_number_marker: page.last().map(|(number, _)| *number),
            parts: Some(parts.collect()),
            ..ListPartsOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        to_its_end(self.clone().complete(request)).await
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        to_its_end(self.clone().abort(request)).await
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let prefix = input.prefix.unwrap_or_default();
        let after = (input.key_marker.unwrap_or_default(), input.upload_id_marker.unwrap_or_default());
        let uploads = self.uploads.lock().await;
        let all = uploads.iter().map(|(id, upload)| (upload.key.clone(), id.clone()));
        let mut left: Vec<_> = all.filter(|at| at.0.starts_with(&prefix) && *at > after).collect();
        left.sort();
        let is_truncated = left.len() > UPLOADS;
        left.truncate(UPLOADS);
        let last = left.last().cloned();
        let uploads = left.into_iter().map(|(key, id)| MultipartUpload {
            key: Some(key),
            upload_id: Some(id),
            ..MultipartUpload::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            is_truncated: Some(is_truncated),
            next_key_marker: last.as_ref().map(|(key, _)| key.clone()),
            next_upload_id_marker: last.map(|(_, id)| id),
            uploads: Some(uploads.collect()),
            ..ListMultipartUploadsOutput::default()
        }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.files.put_object(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.files.get_object(request).await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.files.head_object(request).await
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.files.head_bucket(request).await
    }
}
