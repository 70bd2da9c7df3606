//! Uploads in parts on the wire.

use crate::openapi::wire;
use marketplace_core::{
    catalog::{BegunUpload, CompletedUpload, PartTarget, UploadRefusal, UploadState, UploadStatus},
    file::{ContentType, FileName, StoredPart},
    id::{FileId, UploadId},
    time::Timestamp,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A part that is to be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
struct PartView {
    #[schema(examples(1))]
    number: u16,
    #[schema(value_type = wire::PartUrl)]
    url: String,
    #[schema(value_type = wire::PartHeaders)]
    headers: BTreeMap<String, String>,
    #[schema(examples(1_048_576))]
    size: u64,
}

impl From<PartTarget> for PartView {
    fn from(target: PartTarget) -> Self {
        let PartTarget { part, address } = target;
        let headers = address.headers.into_iter().collect();
        Self { number: part.number, url: address.url, headers, size: part.size }
    }
}

/// A part that is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceivedPart)]
struct ReceivedPartView {
    #[schema(examples(1))]
    number: u16,
    #[schema(examples(1_048_576))]
    size: u64,
    #[schema(value_type = wire::ETag)]
    etag: String,
}

/// An upload that has begun.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BegunUpload)]
pub(crate) struct BegunUploadView {
    #[schema(value_type = wire::UploadId)]
    upload_id: UploadId,
    parts: Vec<PartView>,
    #[schema(value_type = wire::Timestamp)]
    expires_at: Timestamp,
}

impl From<BegunUpload> for BegunUploadView {
    fn from(begun: BegunUpload) -> Self {
        let parts = begun.parts.into_iter().map(PartView::from).collect();
        Self { upload_id: begun.id, parts, expires_at: begun.expires_at }
    }
}

/// Where an upload stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadStatusView {
    #[schema(value_type = wire::UploadStatus)]
    status: UploadState,
    #[schema(value_type = Option<wire::UploadRefusal>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<UploadRefusal>,
    #[schema(value_type = Option<wire::FileId>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<FileId>,
    /// Those that have not come, with fresh addresses.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartView>>,
    /// Those that are there.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<Vec<ReceivedPartView>>,
    #[schema(value_type = Option<wire::Timestamp>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl From<UploadStatus> for UploadStatusView {
    fn from(status: UploadStatus) -> Self {
        let of = |status| Self {
            status,
            reason: None,
            file_id: None,
            parts: None,
            received: None,
            expires_at: None,
        };
        match status {
            UploadStatus::Open { missing, received, expires_at } => {
                let received = received
                    .into_iter()
                    .map(|StoredPart { number, size, etag }| ReceivedPartView { number, size, etag });
                Self {
                    parts: Some(missing.into_iter().map(PartView::from).collect()),
                    received: Some(received.collect()),
                    expires_at: Some(expires_at),
                    ..of(UploadState::Open)
                }
            }
            UploadStatus::Checking => of(UploadState::Checking),
            UploadStatus::Ready(file) => Self { file_id: Some(file), ..of(UploadState::Ready) },
            UploadStatus::Refused(reason) => Self { reason: Some(reason), ..of(UploadState::Refused) },
        }
    }
}

/// A file whose bytes are there and are being looked at, or were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CompletedUpload)]
pub(crate) struct CompletedUploadView {
    #[schema(value_type = wire::FileId)]
    id: FileId,
    #[schema(value_type = wire::FileName)]
    name: FileName,
    #[schema(examples(1_048_576))]
    size: u64,
    #[schema(value_type = wire::ContentType)]
    content_type: ContentType,
    /// As announced; the file has its own when it is ready.
    #[schema(value_type = Option<wire::Sha256>, required)]
    sha256: Option<String>,
    #[schema(value_type = wire::CompletedUploadStatus)]
    status: UploadState,
}

impl From<CompletedUpload> for CompletedUploadView {
    fn from(completed: CompletedUpload) -> Self {
        let CompletedUpload { file, announced, state } = completed;
        Self {
            id: file,
            name: announced.name,
            size: announced.size,
            content_type: announced.content_type.unwrap_or_else(ContentType::octet_stream),
            sha256: announced.digest.map(|digest| digest.to_string()),
            status: state,
        }
    }
}
