//! A request without a framework.
//!
//! Guarantees: nothing of a body is read before the contract asks for it, and never more than it allows;
//! `Debug` shows neither path nor query nor header values, because tokens live there.
//!
//! Called by: the glue and tests (make one), [`crate::Api`] (takes one).

use crate::headers::Headers;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use marketplace_core::{
    Actor,
    file::{ByteStream, BytesError},
};
use std::{fmt, net::IpAddr};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// Acts.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
    /// Asks what is possible.
    Options,
    /// Any other word.
    Other,
}

impl Method {
    /// The method of a request line.
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => Self::Other,
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "OTHER",
        }
    }
}

/// A request.
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path as sent, percent-encoded.
    pub path: String,
    /// What follows the `?`, as sent.
    pub query: Option<String>,
    /// Its header lines.
    pub headers: Headers,
    /// The other end of the connection, by which limits count: all requests without one are one client. Where an
    /// operation answers inside a route of the host's, it is better to take the client's request and give it another
    /// path ([`Request::with_path`]) than to make a new one.
    pub peer: Option<IpAddr>,
    /// Who acts, if the host vouches for it: then no sign-in of the request is looked at.
    ///
    /// [`Actor::User`] and [`Actor::Operator`] are that user, with the role it has here; [`Actor::Guest`] is
    /// nobody; nobody comes by HTTP as one of the others, so they are refused like a dead sign-in.
    pub actor: Option<Actor>,
    /// Its body.
    pub body: Body,
}

impl Request {
    /// A request without headers and body, of no client: see [`Request::peer`].
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let (path, query) = split(path.into());
        Self { method, path, query, headers: Headers::new(), peer: None, actor: None, body: Body::empty() }
    }

    /// With another path, and the query that is behind its `?`, or none: an operation inside a route of the host's own.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        (self.path, self.query) = split(path.into());
        self
    }

    /// With one more header line.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// In the name of somebody whom the host has signed in.
    #[must_use]
    pub const fn with_actor(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }
}

/// A path, and the query behind its `?`.
fn split(path: String) -> (String, Option<String>) {
    match path.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (path, None),
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// A body that has not been read.
pub struct Body(ByteStream);

/// Why a body could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is longer than allowed; reading stopped there.
    #[error("the body is larger than allowed")]
    TooLarge,
    /// The sender broke off.
    #[error("the body broke off")]
    Broken(#[source] BytesError),
}

impl Body {
    /// No bytes.
    pub fn empty() -> Self {
        Self(Box::pin(futures_util::stream::empty()))
    }

    /// Bytes as they come.
    pub fn from_stream(stream: ByteStream) -> Self {
        Self(stream)
    }

    /// The bytes as they come, without a limit of their own.
    pub fn into_stream(self) -> ByteStream {
        self.0
    }

    /// Reads the whole body, which may have `max` bytes at most; stops at the chunk that exceeds it.
    pub async fn read(mut self, max: usize) -> Result<Bytes, BodyError> {
        let mut read = BytesMut::new();
        while let Some(chunk) = self.0.next().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(BytesError::TooLarge) => return Err(BodyError::TooLarge),
                Err(error @ BytesError::Broken(_)) => return Err(BodyError::Broken(error)),
            };
            if chunk.len() > max.saturating_sub(read.len()) {
                return Err(BodyError::TooLarge);
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        Self(Box::pin(futures_util::stream::once(std::future::ready(Ok(bytes)))))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[test]
    fn another_path_keeps_the_client() {
        let mut asked = Request::new(Method::Head, "/newest?limit=9").with_header("accept", "x");
        asked.peer = Some([1, 2, 3, 4].into());
        let (peer, asked) = (asked.peer, asked.with_path("/api/v1/products?limit=3"));
        assert_eq!((asked.method, asked.peer, asked.headers.get("accept")), (Method::Head, peer, Some("x")));
        assert_eq!((&*asked.path, asked.query.as_deref()), ("/api/v1/products", Some("limit=3")));
        assert_eq!(asked.with_path("/x").query, None);
    }

    #[tokio::test]
    async fn reading_stops_at_the_limit() {
        let given = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&given);
        let endless = futures_util::stream::repeat_with(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(Bytes::from_static(&[0; 1000]))
        });
        let body = Body::from_stream(Box::pin(endless));
        assert!(matches!(body.read(2500).await, Err(BodyError::TooLarge)));
        assert_eq!(given.load(Ordering::SeqCst), 3);
        assert_eq!(Body::from("abc").read(3).await.unwrap(), "abc");
    }
}
