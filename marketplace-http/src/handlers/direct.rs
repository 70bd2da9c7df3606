//! Files in parts, straight to the file store, or to the server where that has no addresses of its own.
//!
//! Guarantees: what is announced is checked before anything begins; a part is refused by its announced length before its
//! first byte is read, and is streamed; a token of an upload opens nothing else, and a dead one answers like an unknown one.
//!
//! Does not: answer for parts that go to the file store's own addresses.

use crate::{
    call::Call,
    json::{check_not_packed, present, typed},
    limits,
    openapi::wire,
    problem::Problem,
    request::Body,
    response::Response,
    view::{BegunUploadView, CompletedUploadView, UploadStatusView},
};
use marketplace_core::{
    catalog::{CatalogError, NewUpload},
    error::FieldError,
    file::{ContentType, Digest, FileName},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A file that is to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadInput {
    #[schema(value_type = wire::FileName)]
    name: String,
    /// Exactly how many bytes.
    #[schema(examples(1_048_576), minimum = 1)]
    size: u64,
    #[schema(value_type = wire::ContentType)]
    content_type: String,
    #[schema(value_type = Option<wire::GivenSha256>, nullable = false)]
    #[serde(default, deserialize_with = "present")]
    sha256: Option<String>,
}

/// All parts of an upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartsInput {
    parts: Vec<PartInput>,
}

/// A part, as the file store answered it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartInput {
    #[schema(examples(1))]
    number: u16,
    #[schema(value_type = wire::ETag)]
    etag: String,
}

pub(super) async fn begin(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let product = call.id("id")?;
    let new = announced(&typed(body)?)?;
    let begun = call.market.catalog().begin_upload(call.user()?, product, new).await?;
    Response::json(201, &BegunUploadView::from(begun))
}

fn announced(input: &UploadInput) -> Result<NewUpload, Problem> {
    let mut wrong = Vec::new();
    let name = input.name.parse::<FileName>();
    if name.is_err() {
        wrong.push(FieldError::new("name", "invalid_name", "the file has no usable name"));
    }
    let content_type = input.content_type.parse::<ContentType>();
    if content_type.is_err() {
        wrong.push(FieldError::new("content_type", "invalid", "a type has the form type/subtype"));
    }
    let digest = input.sha256.as_deref().map(str::parse::<Digest>).transpose();
    if digest.is_err() {
        wrong.push(FieldError::new("sha256", "invalid", "a SHA-256 is 64 hexadecimal digits"));
    }
    match (name, content_type, digest) {
        (Ok(name), Ok(content_type), Ok(digest)) => {
            Ok(NewUpload { name, size: input.size, content_type: Some(content_type), digest })
        }
        _ => Err(Problem::invalid(wrong)),
    }
}

pub(super) async fn status(call: &Call<'_>) -> Result<Response, Problem> {
    let status = call.market.catalog().upload_status(call.user()?, call.id("upload_id")?).await?;
    Response::json(200, &UploadStatusView::from(status))
}

pub(super) async fn complete(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    let id = call.id("upload_id")?;
    let input: PartsInput = typed(body)?;
    // As answered by the file store, quoted or not.
    let parts: Vec<_> =
        input.parts.into_iter().map(|part| (part.number, part.etag.trim_matches('"').to_owned())).collect();
    let completed = call.market.catalog().complete_upload(call.user()?, id, &parts).await?;
    Response::json(201, &CompletedUploadView::from(completed))
}

pub(super) async fn cancel(call: &Call<'_>) -> Result<Response, Problem> {
    call.market.catalog().cancel_upload(call.user()?, call.id("upload_id")?).await?;
    Ok(Response::empty(204))
}

pub(super) async fn put_part(call: &Call<'_>, body: Body) -> Result<Response, Problem> {
    check_not_packed(call.headers)?;
    let length = call.headers.single("content-length").ok().flatten();
    let length = length.and_then(|length| length.trim().parse::<u64>().ok());
    let length =
        length.ok_or_else(|| Problem::new(411, "length_required", "a part comes with its length"))?;
    let (catalog, token) = (call.market.catalog(), call.token("token"));
    let part = match (&token, call.params.get("number").parse()) {
        (Some(token), Ok(number)) => catalog.put_part(token, number, length, body.into_stream()).await,
        _ => Err(CatalogError::UploadGone),
    };
    if matches!(part, Err(CatalogError::UploadGone)) {
        // A part may come once more after the upload is over; a guess is counted.
        let is_known = match &token {
            Some(token) => catalog.knows_upload(token).await?,
            None => false,
        };
        if !is_known {
            call.count(&limits::UNKNOWN_TOKEN).await?;
        }
    }
    Ok(Response::empty(200).with_header("etag", format!("\"{}\"", part?.etag)))
}
