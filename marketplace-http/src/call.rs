//! A request on its way through a handler: everything that was checked before it got there.
//!
//! Called by: the dispatch (makes it), handlers (read it).

use crate::{
    agent::classify,
    auth::Caller,
    headers::Headers,
    idempotency::Ports,
    limits,
    openapi::Document,
    options::HttpOptions,
    problem::Problem,
    query::Query,
    request::{Body, Method},
    route::{Params, Route},
};
use bytes::Bytes;
use marketplace_core::{
    answer::Answers,
    delivery::{VisitKind, VisitResult},
    id::{IdGen, LinkId, Token},
    identity::User,
    limiter::{RateClass, RateLimiter},
    market::Marketplace,
    time::Clock,
};
use std::{
    str::FromStr,
    sync::{Arc, OnceLock},
};

/// A request whose caller, query and body are checked. Has no `Debug`: its path holds tokens.
pub(crate) struct Call<'a> {
    pub(crate) market: &'a Marketplace,
    pub(crate) options: &'a HttpOptions,
    pub(crate) limiter: &'a dyn RateLimiter,
    pub(crate) route: &'static Route,
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) params: Params,
    pub(crate) query: Query,
    pub(crate) headers: &'a Headers,
    pub(crate) caller: Caller,
    pub(crate) client: &'a str,
    /// What this API is, once somebody has asked.
    pub(crate) document: &'a OnceLock<Document>,
}

/// The body, as the route's rule left it.
pub(crate) struct Payload {
    /// What was read; empty where nothing is.
    pub(crate) read: Bytes,
    /// What is still to be read.
    pub(crate) rest: Body,
}

impl Call<'_> {
    /// An id of the path. What is no id names nothing: 404.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.params.get(name).parse().map_err(|_| Problem::not_found())
    }

    /// The token of the path, if it can be one.
    pub(crate) fn token(&self, name: &str) -> Option<Token> {
        self.params.get(name).parse().ok()
    }

    /// The signed-in user.
    pub(crate) fn user(&self) -> Result<&User, Problem> {
        self.caller.user()
    }

    /// Counts this call in a class of its own.
    pub(crate) async fn count(&self, class: &RateClass) -> Result<(), Problem> {
        limits::count(self.limiter, class, self.client).await
    }

    /// Notes for the timeline of its order what this call wanted of a link, and what it is answered. The answer is
    /// decided by then, and is the same whether it can be noted or not.
    pub(crate) async fn note(&self, link: LinkId, kind: VisitKind, result: VisitResult) {
        let agent = classify(self.method, self.headers);
        self.market.delivery().note(link, kind, agent, result).await;
    }

    /// A public address on this server.
    pub(crate) fn address(&self, path: std::fmt::Arguments<'_>) -> String {
        format!("{}{path}", self.market.base_url())
    }

    /// The path below which everything lies: that of the marketplace's public address. Empty at the root.
    pub(crate) fn prefix(&self) -> &str {
        let address = self.market.base_url();
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        rest.find('/').and_then(|start| rest.get(start..)).unwrap_or_default()
    }

    /// The ports that idempotency keys need.
    pub(crate) fn key_ports(&self) -> KeyPorts {
        KeyPorts { answers: self.market.answers(), clock: self.market.clock(), ids: self.market.ids() }
    }
}

/// Owned handles of the ports that idempotency keys need.
pub(crate) struct KeyPorts {
    answers: Arc<dyn Answers>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
}

impl KeyPorts {
    /// The ports.
    pub(crate) fn get(&self) -> Ports<'_> {
        Ports { answers: &*self.answers, clock: &*self.clock, ids: &*self.ids }
    }
}
