//! The HTTP contract of the marketplace, without a framework.
//!
//! Guarantees: [`Api::handle`] turns any [`Request`] into a [`Response`], with one table of routes
//! ([`route::ROUTES`]), one form of refusal (`application/problem+json`), one reading of bodies, queries,
//! sign-ins, limits and idempotency keys. No type of a web framework is in its signatures, so two frameworks
//! answer alike, byte for byte. [`openapi()`] describes it all in OpenAPI 3.1.
//!
//! Does not: open sockets, spawn tasks, serve assets, or know a gateway.
//!
//! Called by: the glue (the modules `axum` and `actix`, with the features of those names), or a host's own.
//!
//! `HEAD` is answered wherever `GET` is. `OPTIONS` has no route: the contract has no cross-origin callers.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod agent;
mod api;
mod auth;
mod call;
mod client_ip;
mod glue;
mod handlers;
mod headers;
mod idempotency;
mod json;
mod limits;
mod metrics;
mod openapi;
mod options;
mod problem;
mod query;
mod range;
mod request;
mod response;
pub mod route;
mod view;

pub use api::Api;
pub use client_ip::{Network, ParseNetworkError};
#[cfg(feature = "actix")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix")))]
pub use glue::actix;
#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use glue::axum;
pub use headers::{Headers, Repeated};
pub use marketplace_core;
pub use metrics::{METRICS_TYPE, metrics};
pub use openapi::openapi;
pub use options::HttpOptions;
pub use problem::Problem;
pub use query::Accepts;
pub use request::{Body, BodyError, Method, Request};
pub use response::{Response, ResponseBody};
