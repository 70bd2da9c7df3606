//! What a host may set of the contract.

use crate::client_ip::Network;

/// Settings of the HTTP side. The marketplace's own rules are in the core's `Rules`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Proxies whose `X-Forwarded-For` is believed. None by default: the connection's other end is the client.
    pub trusted_proxies: Vec<Network>,
    /// The origin of presigned addresses (`https://bucket.s3.example`), if the file store has such. Browsers
    /// apply a page's `form-action` to the redirects that follow its form, so the download page has to name it.
    pub file_origin: Option<String>,
    /// Whether the host has users of its own: then registering, signing in and signing out are no routes, however they are
    /// reached.
    pub own_users: bool,
}

impl HttpOptions {
    /// With proxies that are believed.
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: Vec<Network>) -> Self {
        self.trusted_proxies = proxies;
        self
    }

    /// With users of the host's own, who act by [`Request::with_actor`](crate::Request::with_actor). The contract's own ways to
    /// register, sign in and sign out answer 404; its description still has them.
    #[must_use]
    pub const fn with_own_users(mut self) -> Self {
        self.own_users = true;
        self
    }

    /// With the origin of presigned addresses.
    #[must_use]
    pub fn with_file_origin(mut self, origin: impl Into<String>) -> Self {
        self.file_origin = Some(origin.into());
        self
    }
}
