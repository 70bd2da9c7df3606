//! One connection to a mail server.
//!
//! Guarantees: each step has a time limit; `deliver` gives `Ok` only for the server's last word on the mail.
//!
//! Does not: recover. After an error a session is good for a farewell at most. A future that is dropped leaves
//! the session in the middle of something, so it must go with it: [`Session::deliver`] takes it by value.
//!
//! Called by: `mailer`.

use super::{
    config::{Login, SmtpConfig, SmtpTls},
    failure::{Failure, Step},
};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Noop, Rcpt},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret as _;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// How long a farewell, or a look whether anybody is there, may take.
const SHORT: Duration = Duration::from_secs(5);

/// Where to connect to.
pub(super) struct Server {
    pub(super) config: SmtpConfig,
    /// There unless nothing is encrypted.
    pub(super) tls: Option<TlsParameters>,
    pub(super) hello: ClientId,
}

/// A mail, ready to go.
pub(super) struct Parcel {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) letter: Vec<u8>,
}

/// A connection that is ready for a mail.
pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    pub(super) async fn open(server: &Server) -> Result<Self, Failure> {
        let limit = server.config.step_timeout;
        let place = (server.config.host.as_str(), server.config.port);
        let implicit = server.tls.clone().filter(|_| server.config.tls == SmtpTls::Implicit);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(place, Some(limit), &server.hello, implicit, None);
        let mut session = Self(step(Step::Connect, limit, connecting).await?);
        match session.prepare(server).await {
            Ok(()) => Ok(session),
            Err(failure) => {
                session.leave(&failure).await;
                Err(failure)
            }
        }
    }

    async fn prepare(&mut self, server: &Server) -> Result<(), Failure> {
        let limit = server.config.step_timeout;
        let offered = self.0.can_starttls();
        match (server.config.tls, &server.tls) {
            (SmtpTls::StartTls, Some(tls)) if offered => self.encrypt(limit, tls, &server.hello).await?,
            (SmtpTls::Opportunistic, Some(tls)) if offered => self.encrypt(limit, tls, &server.hello).await?,
            (SmtpTls::StartTls, _) => return Err(Failure::NoStartTls),
            _ => {}
        }
        match &server.config.login {
            Some(login) => self.sign_in(limit, login).await,
            None => Ok(()),
        }
    }

    async fn encrypt(
        &mut self,
        limit: Duration,
        tls: &TlsParameters,
        hello: &ClientId,
    ) -> Result<(), Failure> {
        step(Step::StartTls, limit, self.0.starttls(tls.clone(), hello)).await
    }

    async fn sign_in(&mut self, limit: Duration, login: &Login) -> Result<(), Failure> {
        if self.0.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(Failure::NoLogin);
        }
        let (user, password) = (login.user.expose_secret(), login.password.expose_secret());
        let credentials = Credentials::new(user.to_owned(), password.to_owned());
        step(Step::Auth, limit, self.0.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        Ok(())
    }

    /// Hands a mail over, and gives the session back for the next one.
    pub(super) async fn deliver(mut self, server: &Server, parcel: &Parcel) -> Result<Self, Failure> {
        match self.hand_over(server, parcel).await {
            Ok(()) => Ok(self),
            Err(failure) => {
                self.leave(&failure).await;
                Err(failure)
            }
        }
    }

    async fn hand_over(&mut self, server: &Server, parcel: &Parcel) -> Result<(), Failure> {
        let (limit, end) = (server.config.step_timeout, server.config.end_timeout);
        let connection = &mut self.0;
        step(Step::Mail, limit, connection.command(Mail::new(Some(parcel.from.clone()), Vec::new()))).await?;
        step(Step::Rcpt, limit, connection.command(Rcpt::new(parcel.to.clone(), Vec::new()))).await?;
        step(Step::Data, limit, connection.command(Data)).await?;
        step(Step::End, end, connection.message(&parcel.letter)).await?;
        Ok(())
    }

    /// Whether somebody is still there.
    pub(super) async fn is_alive(&mut self) -> bool {
        matches!(timeout(SHORT, self.0.command(Noop)).await, Ok(Ok(_)))
    }

    /// Says goodbye, if there is somebody to say it to.
    async fn leave(mut self, failure: &Failure) {
        if failure.leaves_connection() {
            self.close().await;
        }
    }

    /// Says goodbye. What comes of it changes nothing.
    pub(super) async fn close(&mut self) {
        timeout(SHORT, self.0.quit()).await.ok();
    }
}

async fn step<T>(
    step: Step,
    limit: Duration,
    work: impl Future<Output = Result<T, Error>> + Send,
) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Failure::of(step, &error)),
        Err(_) => Err(Failure::Silence(step)),
    }
}
