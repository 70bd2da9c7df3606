//! What an operation refuses: what follows from its row, and what its use case adds.
//!
//! Guarantees: who may call, what is read, how it is limited and whether a key counts are read off the row.
//!
//! Called by: `document`; the tests of the project hold every refusal against it.

use super::operation::Operation;
use crate::{
    query::Accepts,
    request::Method,
    route::{BodyRule, Idempotency, LimitClass, Route, Who},
};
use std::collections::{BTreeMap, BTreeSet};

/// Codes by status.
#[derive(Debug, Default)]
pub(super) struct Refusals(pub(super) BTreeMap<u16, BTreeSet<&'static str>>);

impl Refusals {
    fn add(&mut self, status: u16, codes: &[&'static str]) {
        self.0.entry(status).or_default().extend(codes);
    }

    /// All refusals of an operation.
    pub(super) fn of(route: &Route, operation: &Operation) -> Self {
        let mut all = Self::default();
        for (status, codes) in &operation.refusals {
            all.add(*status, codes);
        }
        all.of_the_caller(route);
        all.of_the_input(route);
        if route.limit != LimitClass::Uncounted {
            all.add(429, &["too_many_requests"]);
        }
        if route.idempotency != Idempotency::Unused {
            all.add(400, &["idempotency_key_invalid"]);
            all.add(409, &["idempotency_key_reused", "request_in_progress"]);
        }
        if route.idempotency == Idempotency::Required {
            all.add(400, &["idempotency_key_required"]);
        }
        if !operation.certain {
            all.of_the_parts(route);
        }
        all
    }

    fn of_the_caller(&mut self, route: &Route) {
        if route.who != Who::Open {
            self.add(401, &["unauthenticated"]);
        }
        if matches!(route.who, Who::Creator | Who::Admin) {
            self.add(403, &["forbidden"]);
        }
    }

    fn of_the_input(&mut self, route: &Route) {
        // Pages say themselves that a thing is over.
        if route.pattern.starts_with("/api/") && route.pattern.contains('{') {
            self.add(404, &["not_found"]);
        }
        if matches!(route.query, Accepts::Only(_)) {
            self.add(422, &["invalid"]);
        }
        match route.body {
            BodyRule::Ignored | BodyRule::Stream => {}
            BodyRule::Empty | BodyRule::Json(_) => {
                self.add(400, &["body_broken_off", "malformed_json"]);
                self.add(413, &["payload_too_large"]);
                self.add(415, &["unsupported_media_type"]);
                self.add(422, &["invalid"]);
            }
            BodyRule::Raw(_) => {
                self.add(400, &["body_broken_off"]);
                self.add(413, &["payload_too_large"]);
            }
            BodyRule::Multipart => {
                self.add(400, &["malformed_multipart"]);
                self.add(413, &["payload_too_large"]);
                self.add(415, &["unsupported_media_type"]);
                self.add(422, &["invalid"]);
            }
        }
    }

    /// What comes of a part that fails, or of others who act at the same moment.
    fn of_the_parts(&mut self, route: &Route) {
        self.add(500, &["internal"]);
        self.add(503, &["unavailable"]);
        if route.method != Method::Get {
            self.add(409, &["conflict"]);
            self.add(503, &["outcome_unknown"]);
        }
    }
}
