//! Notices of the payment gateway.
//!
//! Guarantees: the bytes go to the signature check as they came, before anything reads them; 200 means
//! stored, 503 means send it again.

use crate::{call::Call, problem::Problem, response::Response};
use marketplace_core::{
    error::{ErrorKind, Failure},
    payment::{InboxError, RawNotice},
};

pub(super) async fn receive(call: &Call<'_>, body: &[u8]) -> Result<Response, Problem> {
    if call.params.get("gateway") != call.market.gateway().name {
        return Err(Problem::not_found());
    }
    let raw = RawNotice { headers: call.headers.as_pairs(), body };
    match call.market.inbox().receive(raw).await {
        Ok(_) => Ok(Response::empty(200)),
        Err(error @ InboxError::BadSignature) => Err(error.into()),
        Err(error) if error.kind() == ErrorKind::Unavailable => Err(error.into()),
        // Whatever kept it from being stored, the gateway is to send it again.
        Err(error) => {
            tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a notice was not stored");
            Err(Problem::new(503, "unavailable", "the notice was not stored"))
        }
    }
}
