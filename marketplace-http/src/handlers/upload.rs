//! Uploading a file: one part of a form, streamed into the file store.
//!
//! Guarantees: memory does not grow with the upload, however the parts are shaped or how fast they come;
//! a form with anything but one part `file` leaves nothing behind, also when the surplus comes last.

use crate::{
    call::Call, json::check_not_packed, problem::Problem, request::Body, response::Response,
    view::StoredFileView,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use marketplace_core::{
    catalog::NewFile,
    file::{ByteStream, BytesError, ContentType, FileName},
};
use multer::{Field, Multipart};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

/// How many bytes may come around a part's content: boundaries and headers.
const AROUND: usize = 64 * 1024;
/// How many bytes the parser gets at once around a part's content.
const PIECE: usize = 16 * 1024;
/// How many it gets at once of the content. Each piece is a turn of the whole way down to the file store.
const CONTENT_PIECE: usize = 128 * 1024;

pub(super) async fn upload(call: &Call<'_>, body: Body) -> Result<Response, Problem> {
    let user = call.user()?;
    let id = call.id("id")?;
    let budget = Arc::new(AtomicUsize::new(AROUND));
    let mut form = open(call, body, &budget)?;
    let field = form.next_field().await.map_err(|error| unreadable(&error))?;
    let field = field.filter(|field| field.name() == Some("file")).ok_or_else(not_one_file)?;
    let name = field.file_name().ok_or_else(not_one_file)?;
    let name: FileName = name
        .parse()
        .map_err(|_| Problem::invalid_field("file", "invalid_name", "the file has no usable name"))?;
    let declared = field.headers().get("content-type").and_then(|value| value.to_str().ok());
    let new = NewFile { name, content_type: declared.and_then(|kind| kind.parse::<ContentType>().ok()) };
    // From here on the file store's own limit counts.
    budget.store(usize::MAX, Ordering::Relaxed);
    let surplus = Arc::new(AtomicBool::new(false));
    let bytes = content(Reading { form, field, budget, surplus: Arc::clone(&surplus) });
    match call.market.catalog().upload(user, id, new, bytes).await {
        Ok(stored) => Response::json(201, &StoredFileView::from(stored)),
        Err(_) if surplus.load(Ordering::Relaxed) => Err(not_one_file()),
        Err(error) => Err(error.into()),
    }
}

fn open(call: &Call<'_>, body: Body, budget: &Arc<AtomicUsize>) -> Result<Multipart<'static>, Problem> {
    check_not_packed(call.headers)?;
    let refuse = || {
        Problem::new(415, "unsupported_media_type", "the body must be multipart/form-data with a boundary")
    };
    let given = call.headers.single("content-type").map_err(|_| refuse())?.ok_or_else(refuse)?;
    let boundary = multer::parse_boundary(given).map_err(|_| refuse())?;
    if boundary.is_empty() || boundary.len() > 70 {
        return Err(refuse());
    }
    let paced =
        Paced { body: body.into_stream(), rest: Bytes::new(), budget: Arc::clone(budget), rested: true };
    Ok(Multipart::new(paced, boundary))
}

fn not_one_file() -> Problem {
    Problem::invalid_field("file", "required", "the form has exactly one part, named file, with a file name")
}

fn unreadable(error: &multer::Error) -> Problem {
    tracing::debug!(error = %error, "a form could not be read");
    Problem::new(400, "malformed_multipart", "the body is no multipart form, or it broke off")
}

struct Reading {
    form: Multipart<'static>,
    field: Field<'static>,
    budget: Arc<AtomicUsize>,
    surplus: Arc<AtomicBool>,
}

/// The content of the part. It ends well only if the form ends with it.
fn content(reading: Reading) -> ByteStream {
    Box::pin(futures_util::stream::try_unfold(Some(reading), |reading| async {
        let Some(mut reading) = reading else { return Ok(None) };
        let broken = |error: multer::Error| match error {
            // What the client's own stream said is passed on, so that too much stays too much.
            multer::Error::StreamReadFailed(cause) => match cause.downcast::<BytesError>() {
                Ok(cause) => *cause,
                Err(cause) => BytesError::Broken(cause),
            },
            other => BytesError::Broken(Box::new(other)),
        };
        if let Some(chunk) = reading.field.next().await {
            return Ok(Some((chunk.map_err(broken)?, Some(reading))));
        }
        let Reading { mut form, field, budget, surplus } = reading;
        drop(field);
        budget.store(AROUND, Ordering::Relaxed);
        if form.next_field().await.map_err(broken)?.is_some() {
            surplus.store(true, Ordering::Relaxed);
            return Err(BytesError::Broken("the form has a second part".into()));
        }
        Ok(None)
    }))
}

/// Feeds the parser piece by piece. It reads until its source has nothing ready, so a fast source would be
/// buffered whole: after every piece this one pauses once. And it looks for the end of a part's headers
/// without a limit of its own: the budget is one.
struct Paced {
    body: ByteStream,
    rest: Bytes,
    budget: Arc<AtomicUsize>,
    rested: bool,
}

impl Stream for Paced {
    type Item = Result<Bytes, BytesError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let paced = self.get_mut();
        if !paced.rested {
            paced.rested = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if paced.rest.is_empty() {
            paced.rest = match paced.body.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(chunk))) => chunk,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            };
        }
        let left = paced.budget.load(Ordering::Relaxed);
        let most = if left == usize::MAX { CONTENT_PIECE } else { PIECE };
        let piece = paced.rest.split_to(paced.rest.len().min(most));
        if left < piece.len() {
            let error = "the headers of a part are too long";
            return Poll::Ready(Some(Err(BytesError::Broken(error.into()))));
        }
        if left != usize::MAX {
            paced.budget.store(left.saturating_sub(piece.len()), Ordering::Relaxed);
        }
        paced.rested = false;
        Poll::Ready(Some(Ok(piece)))
    }
}
