//! The bytes of a download session.
//!
//! Guarantees: the right is checked at every request; a range is answered exactly, so a broken download goes
//! on; bytes are an attachment that no browser runs or shows in place; the answer to `HEAD` reads no bytes; what came is
//! noted once its answer is decided, before the bytes go.

use crate::{
    call::Call,
    limits,
    problem::Problem,
    range::{Portion, portion},
    request::Method,
    response::{Response, ResponseBody},
    view::gone_page,
};
use marketplace_core::{
    delivery::{DeliveryError, DownloadPlan, Source, VisitKind, VisitResult},
    file::{ByteRange, content_disposition},
};

pub(super) async fn download(call: &Call<'_>) -> Result<Response, Problem> {
    let Some(token) = call.token("session") else {
        call.count(&limits::UNKNOWN_TOKEN).await?;
        return Ok(gone());
    };
    let plan = match call.market.delivery().download(&token).await {
        Ok(plan) => plan,
        Err(DeliveryError::Gone) => {
            let session = call.market.delivery().links.download_session(&token.hash()).await?;
            match session {
                Some(session) => {
                    let over = call.market.clock().now() >= session.expires_at;
                    let result = if over { VisitResult::Expired } else { VisitResult::Revoked };
                    call.note(session.link, VisitKind::Download, result).await;
                }
                None => call.count(&limits::UNKNOWN_TOKEN).await?,
            }
            return Ok(gone());
        }
        Err(error) => return Err(error.into()),
    };
    let (result, answer) = answered(call, &plan).await;
    if let Some(result) = result {
        call.note(plan.session.link, VisitKind::Download, result).await;
    }
    answer
}

/// The answer to a download that may go on, and what a timeline tells of it.
async fn answered(call: &Call<'_>, plan: &DownloadPlan) -> (Option<VisitResult>, Result<Response, Problem>) {
    let version = &plan.file.version;
    let etag = format!("\"{}\"", version.digest);
    // A range is for `GET` alone (RFC 9110, section 14.2): `HEAD` tells of the whole. Validators count for both.
    let asked = match (portion(call.headers, version.size, &etag), call.method) {
        (Portion::Unsatisfiable, Method::Head) => Portion::Whole,
        (asked, _) => asked,
    };
    let range = match asked {
        Portion::NotModified => {
            return (Some(VisitResult::NotModified), Ok(Response::empty(304).with_header("etag", etag)));
        }
        Portion::Unsatisfiable => {
            let problem = Problem::new(416, "range_not_satisfiable", "the file has no such bytes");
            let problem = problem.with_header("content-range", format!("bytes */{}", version.size));
            return (Some(VisitResult::OutOfRange), Err(problem));
        }
        Portion::Whole => None,
        Portion::Part(range) => Some(range),
    };
    if call.method == Method::Head {
        let length = version.size.to_string();
        let head = head(plan, &etag, None).with_header("content-length", length);
        return (Some(VisitResult::Head), Ok(head));
    }
    match call.market.delivery().bytes(plan, range).await {
        Ok(Source::Redirect(url)) => (Some(VisitResult::Redirected), Ok(Response::redirect(307, url))),
        Ok(Source::Bytes(object)) => {
            let length = range.map_or(version.size, |range| range.end.saturating_sub(range.start));
            let mut response = head(plan, &etag, range);
            response.body = ResponseBody::Stream(object.bytes, Some(length));
            let result = if range.is_some() { VisitResult::Part } else { VisitResult::Whole };
            (Some(result), Ok(response))
        }
        Err(error) => {
            let result = match &error {
                DeliveryError::Broken => Some(VisitResult::Damaged),
                DeliveryError::File(_) => Some(VisitResult::Unavailable),
                _ => None,
            };
            (result, Err(error.into()))
        }
    }
}

fn head(plan: &DownloadPlan, etag: &str, range: Option<ByteRange>) -> Response {
    let version = &plan.file.version;
    let response = Response::empty(if range.is_some() { 206 } else { 200 })
        .with_header("content-type", version.content_type.as_str())
        .with_header("content-disposition", content_disposition(&plan.file.file.name))
        .with_header("accept-ranges", "bytes")
        .with_header("etag", etag)
        .with_header("content-security-policy", "default-src 'none'; sandbox")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-robots-tag", "noindex");
    match range {
        Some(ByteRange { start, end }) => {
            let last = end.saturating_sub(1);
            response.with_header("content-range", format!("bytes {start}-{last}/{}", version.size))
        }
        None => response,
    }
}

fn gone() -> Response {
    Response::html(410, gone_page(false), None)
}
