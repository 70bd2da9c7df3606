//! Everything that a server answers, as one function.

use crate::dev::Dev;
use marketplace_http::{Api, Request, Response};
use std::{error::Error, sync::Arc};

/// The contract, and in development the pages around it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    api: Api,
    dev: Option<Arc<Dev>>,
}

impl Site {
    pub(crate) fn new(api: Api, dev: Option<Dev>) -> Self {
        Self { api, dev: dev.map(Arc::new) }
    }

    /// Answers a request.
    pub async fn handle(&self, request: Request) -> Response {
        match &self.dev {
            Some(dev) if Dev::answers(&request) => dev.handle(request).await,
            _ => self.api.handle(request).await,
        }
    }

    /// The answer to a request over which the host broke down.
    pub fn broken(&self, error: &(dyn Error + 'static)) -> Response {
        self.api.broken(error)
    }
}
