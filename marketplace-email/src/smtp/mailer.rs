//! The mailer: letters, connections and their number.
//!
//! Called by: hosts, the core's mail jobs.

use super::{
    config::{SmtpConfig, SmtpConfigError, SmtpTls},
    failure::Failure,
    session::{Parcel, Server, Session},
    stream::Tls,
    url::is_host,
};
use crate::{letter, sender::Sender};
use async_trait::async_trait;
use lettre::transport::smtp::extension::ClientId;
use marketplace_core::{
    mail::{Mail, MailError, Mailer},
    time::{Clock, Timestamp},
};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// Sends mail over SMTP.
pub struct SmtpMailer {
    server: Server,
    sender: Sender,
    clock: Arc<dyn Clock>,
    /// One for each connection that there may be.
    places: Semaphore,
    /// Connections without work, the one used last at the end, and since when.
    idle: Mutex<Vec<(Session, Timestamp)>>,
}

impl SmtpMailer {
    /// A mailer for mails from this sender. Connects to nobody.
    ///
    /// # Errors
    /// Root certificates that are none, a greeting that is none, or no TLS to another machine without
    /// [permission](SmtpConfig::with_unprotected_allowed).
    pub fn new(config: SmtpConfig, sender: Sender, clock: Arc<dyn Clock>) -> Result<Self, SmtpConfigError> {
        if !(config.tls.is_sure() || config.is_local() || config.unprotected_allowed) {
            return Err(SmtpConfigError::Unprotected);
        }
        let hello = config.hello_name.as_deref().unwrap_or_else(|| sender.domain());
        if !is_host(hello) {
            return Err(SmtpConfigError::HelloName);
        }
        let hello = ClientId::Domain(hello.to_owned());
        let tls = if config.tls == SmtpTls::Plain { None } else { Some(Tls::new(&config)?) };
        let places = Semaphore::new(config.connections.get().min(Semaphore::MAX_PERMITS));
        let server = Server { config, tls, hello };
        Ok(Self { server, sender, clock, places, idle: Mutex::default() })
    }

    /// Connects, signs in and leaves: whether the settings work. Sends nothing.
    ///
    /// # Errors
    /// As [`Mailer::send`] would.
    pub async fn check(&self) -> Result<(), MailError> {
        Session::open(&self.server).await?.close().await;
        Ok(())
    }

    async fn hand_over(&self, parcel: &Parcel) -> Result<(), Failure> {
        // Nobody closes it; if somebody did, a connection too many would harm nobody.
        let _place = self.places.acquire().await;
        let session = match self.idle_session().await {
            Some(session) => session,
            None => Session::open(&self.server).await?,
        };
        let session = session.deliver(&self.server, parcel).await?;
        self.with_idle(|idle| idle.push((session, self.clock.now())));
        Ok(())
    }

    /// A connection from before, if one still lives.
    async fn idle_session(&self) -> Option<Session> {
        loop {
            let (mut session, since) = self.with_idle(Vec::pop)?;
            let usable_until = since.saturating_add(self.server.config.idle_timeout);
            if self.clock.now() <= usable_until && session.is_alive().await {
                return Some(session);
            }
        }
    }

    fn with_idle<T>(&self, work: impl FnOnce(&mut Vec<(Session, Timestamp)>) -> T) -> T {
        work(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let refused = |error: letter::LetterError| MailError::Permanent(error.into());
        let parcel = Parcel {
            from: letter::address(self.sender.address()).map_err(refused)?,
            to: letter::address(&mail.to).map_err(refused)?,
            letter: letter::write(&mail, &self.sender, self.clock.now()).map_err(refused)?,
        };
        Ok(self.hand_over(&parcel).await?)
    }
}

/// Without the login.
impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("config", &self.server.config).finish_non_exhaustive()
    }
}
