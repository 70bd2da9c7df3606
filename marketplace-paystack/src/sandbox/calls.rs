//! The calls that were answered.
//!
//! Guarantees that every call of a route that the twin models is here once it was answered, whatever the answer was,
//! refusals and injected faults included, and that each has a number of its own that its answer carries as
//! `x-amzn-requestid`. In memory only, and the last ten thousand. A call whose client goes away while its answer hangs
//! is not here. Callers: `api` adds, tests read through [`Sandbox::calls`].

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::http::TwinResponse;
use super::route::Route;
use super::twin::Sandbox;

const MOST: usize = 10_000;

/// A call of the API, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CallAnswered {
    /// When.
    pub at: i64,
    /// Which.
    pub route: Route,
    /// What stood in the variable place of the path, as it came.
    pub argument: String,
    /// The fault that was ordered for it.
    pub fault: Option<Fault>,
    /// The HTTP status that was sent, or would have been had the connection not been broken off.
    pub status: u16,
    /// What the answer calls it.
    pub request_id: String,
}

/// The last calls, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Calls {
    count: u64,
    last: VecDeque<CallAnswered>,
}

impl Sandbox {
    /// The calls that were answered since the twin began, oldest first; the last ten thousand of them.
    pub fn calls(&self) -> Vec<CallAnswered> {
        self.lock().calls.last.iter().cloned().collect()
    }

    /// Takes a call down and gives its answer the number.
    pub(super) fn answered(
        &self,
        route: Route,
        argument: &str,
        fault: Option<Fault>,
        answer: TwinResponse,
    ) -> TwinResponse {
        let at = self.now();
        let mut shared = self.lock();
        let calls = &mut shared.calls;
        calls.count = calls.count.saturating_add(1);
        let request_id = self.config().ids.text("request", calls.count, 32);
        let (argument, status) = (argument.to_owned(), answer.status);
        if calls.last.len() >= MOST {
            calls.last.pop_front();
        }
        calls.last.push_back(CallAnswered {
            at,
            route,
            argument,
            fault,
            status,
            request_id: request_id.clone(),
        });
        drop(shared);
        answer.with_header("x-amzn-requestid", &request_id)
    }
}
