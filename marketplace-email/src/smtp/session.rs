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
    stream::{Lent, Tls},
};
use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, AsyncTokioStream},
        commands::{Data, Mail, Noop, Rcpt, Starttls},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret as _;
use std::{future::Future, io, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// How long a farewell, or a look whether anybody is there, may take.
const SHORT: Duration = Duration::from_secs(5);

/// Where to connect to.
pub(super) struct Server {
    pub(super) config: SmtpConfig,
    /// There unless nothing is encrypted.
    pub(super) tls: Option<Tls>,
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
        let tcp = io_step(Step::Connect, limit, connect(&server.config)).await?;
        let mut session = match (&server.tls, server.config.tls) {
            (None, _) => Self::greet(server, tcp).await?,
            (Some(tls), SmtpTls::Implicit) => {
                let stream = io_step(Step::Connect, limit, tls.wrap(tcp)).await?;
                Self::greet(server, stream).await?
            }
            (Some(tls), _) => Self::open_in_the_clear(server, tls, tcp).await?,
        };
        let Some(login) = &server.config.login else { return Ok(session) };
        match session.sign_in(limit, login).await {
            Ok(()) => Ok(session),
            Err(failure) => {
                session.leave(&failure).await;
                Err(failure)
            }
        }
    }

    /// Begins without TLS and goes on with it, if the server is willing or has to be.
    async fn open_in_the_clear(server: &Server, tls: &Tls, tcp: TcpStream) -> Result<Self, Failure> {
        let limit = server.config.step_timeout;
        let lent = Lent::new(tcp);
        let mut session = Self::greet(server, lent.clone()).await?;
        if !session.0.can_starttls() {
            if server.config.tls == SmtpTls::Opportunistic {
                return Ok(session);
            }
            session.leave(&Failure::NoStartTls).await;
            return Err(Failure::NoStartTls);
        }
        if let Err(failure) = step(Step::StartTls, limit, session.0.command(Starttls)).await {
            session.leave(&failure).await;
            return Err(failure);
        }
        let encrypting = async {
            let tcp = lent.take()?;
            // With everything that came too early.
            drop(session);
            tls.wrap_later(tcp).await
        };
        Self::greet(server, io_step(Step::StartTls, limit, encrypting).await?).await
    }

    /// Waits for the greeting, and says who we are.
    async fn greet(server: &Server, stream: impl AsyncTokioStream + 'static) -> Result<Self, Failure> {
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &server.hello);
        Ok(Self(step(Step::Connect, server.config.step_timeout, connecting).await?))
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

async fn connect(config: &SmtpConfig) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect((config.host.as_str(), config.port)).await?;
    // lettre writes the end of a mail by itself; it should not wait for the answer to what came before.
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

async fn io_step<T>(
    step: Step,
    limit: Duration,
    work: impl Future<Output = io::Result<T>> + Send,
) -> Result<T, Failure> {
    match timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Failure::of_io(step, &error)),
        Err(_) => Err(Failure::Silence(step)),
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
