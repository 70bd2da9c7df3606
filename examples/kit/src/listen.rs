//! Where a server listens.

use crate::settings::Settings;
use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (HOST, PORT)")]
pub struct ListenError {
    address: SocketAddr,
    #[source]
    source: io::Error,
}

/// Listens where the settings say, ready for an asynchronous runtime.
///
/// # Errors
/// If somebody else listens there, or nobody may.
pub fn listen(settings: &Settings) -> Result<TcpListener, ListenError> {
    let address = SocketAddr::new(settings.host, settings.port);
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    listen().map_err(|source| ListenError { address, source })
}
