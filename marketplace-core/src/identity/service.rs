//! Registering, signing in and out.

use super::{
    Email, PasswordError, PasswordHasher, Role, Session, Sessions, User, Users, decide,
    password::check_new_password,
};
use crate::{
    actor::Actor,
    commit::{CommitFailure, Committer, Step},
    error::{ErrorKind, Failure, FieldError, StoreError},
    id::{AppSecret, IdGen, Nonce, Purpose, SessionId, Token, UserId},
    time::{Clock, Timestamp},
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};

/// Why identity said no.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Some fields are wrong.
    #[error("invalid account data")]
    Invalid(Vec<FieldError>),
    /// The address belongs to somebody.
    #[error("the address is taken")]
    EmailTaken,
    /// Unknown address, wrong password or suspended account: never said which.
    #[error("address and password do not match")]
    InvalidCredentials,
    /// No such user.
    #[error("no such user")]
    NotFound,
    /// Hashing failed.
    #[error("the password could not be checked")]
    Password(#[from] PasswordError),
    /// A commit failed.
    #[error("a commit failed")]
    Commit(#[from] CommitFailure),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Failure for IdentityError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::EmailTaken => ErrorKind::Conflict,
            Self::InvalidCredentials => ErrorKind::Unauthenticated,
            Self::NotFound => ErrorKind::NotFound,
            Self::Password(PasswordError::Busy) => ErrorKind::Unavailable,
            Self::Password(PasswordError::Defect(_)) => ErrorKind::Internal,
            Self::Commit(failure) => failure.kind(),
            Self::Store(error) => error.kind(),
        }
    }
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::EmailTaken => "email_taken",
            Self::InvalidCredentials => "invalid_credentials",
            Self::NotFound => "not_found",
            Self::Password(PasswordError::Busy) => "unavailable",
            Self::Password(PasswordError::Defect(_)) => "internal",
            Self::Commit(failure) => failure.code(),
            Self::Store(error) => error.code(),
        }
    }
    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(fields) => fields,
            _ => &[],
        }
    }
}

/// Somebody who wants an account.
#[derive(Debug)]
pub struct NewAccount {
    /// The address, as typed.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// What others see, 1 to 100 characters.
    pub display_name: String,
    /// Customer or creator. Operators are made by [`Identity::create_operator`].
    pub role: Role,
}

/// A user who has just signed in, with the token to show once.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The bearer token.
    pub token: Token,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What identity needs.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Reads users.
    pub users: Arc<dyn Users>,
    /// Keeps sign-ins.
    pub sessions: Arc<dyn Sessions>,
    /// Commits decisions.
    pub committer: Committer,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and nonces.
    pub ids: Arc<dyn IdGen>,
    /// Derives tokens.
    pub secret: AppSecret,
    /// How long a sign-in lasts.
    pub sign_in_ttl: Duration,
}

impl Identity {
    /// Makes an account and signs it in.
    ///
    /// Two registrations of one address at once make one account; the other is [`IdentityError::EmailTaken`].
    pub async fn register(&self, account: NewAccount) -> Result<SignedIn, IdentityError> {
        if account.role == Role::Admin {
            let error = FieldError::new("role", "invalid", "the role is customer or creator");
            return Err(IdentityError::Invalid(vec![error]));
        }
        let user = self.create(account, Actor::Guest).await?;
        self.sign_in(user).await
    }

    /// Makes an operator. For the host's command line, never for a route.
    pub async fn create_operator(
        &self,
        email: String,
        password: SecretString,
    ) -> Result<User, IdentityError> {
        let display_name = "Operator".to_owned();
        self.create(NewAccount { email, password, display_name, role: Role::Admin }, Actor::System).await
    }

    /// Signs in by address and password. An unknown address costs the same time as a wrong password.
    pub async fn login(&self, email: &str, password: SecretString) -> Result<SignedIn, IdentityError> {
        let user = match email.parse::<Email>() {
            Ok(email) => self.users.user_by_email(&email).await?,
            Err(_) => None,
        };
        let hash = user.as_ref().and_then(|user| user.password.clone());
        let matches = self.hasher.verify(password, hash).await?;
        match user {
            Some(user) if matches && user.suspended_at.is_none() => self.sign_in(user).await,
            _ => Err(IdentityError::InvalidCredentials),
        }
    }

    /// Who holds this token, if it is alive and its user is not suspended.
    pub async fn authenticate(&self, token: &Token) -> Result<Option<User>, IdentityError> {
        let Some(session) = self.sessions.session(&token.hash(), self.clock.now()).await? else {
            return Ok(None);
        };
        let user = self.users.user(session.user).await?;
        Ok(user.filter(|user| user.suspended_at.is_none()))
    }

    /// Ends a sign-in at once. Returns whether it was alive.
    pub async fn logout(&self, token: &Token) -> Result<bool, IdentityError> {
        Ok(self.sessions.end_session(&token.hash(), self.clock.now()).await?)
    }

    /// Changes what others see.
    pub async fn rename(&self, id: UserId, display_name: &str) -> Result<User, IdentityError> {
        let name = check_display_name(display_name).map_err(|error| IdentityError::Invalid(vec![error]))?;
        self.change(id, "rename", |user| user.display_name.clone_from(&name)).await
    }

    /// Makes a customer a creator. A creator stays one; an operator keeps its role.
    pub async fn become_creator(&self, id: UserId) -> Result<User, IdentityError> {
        self.change(id, "become-creator", |user| {
            if user.role == Role::Customer {
                user.role = Role::Creator;
            }
        })
        .await
    }

    async fn create(&self, account: NewAccount, actor: Actor) -> Result<User, IdentityError> {
        let mut wrong = Vec::new();
        let email = account
            .email
            .parse::<Email>()
            .map_err(|_| wrong.push(FieldError::new("email", "invalid", "this is not an e-mail address")));
        let name = check_display_name(&account.display_name).map_err(|error| wrong.push(error));
        if let Err(error) = check_new_password("password", &account.password) {
            wrong.push(error);
        }
        let (Ok(email), Ok(name), true) = (email, name, wrong.is_empty()) else {
            return Err(IdentityError::Invalid(wrong));
        };
        if self.users.user_by_email(&email).await?.is_some() {
            return Err(IdentityError::EmailTaken);
        }
        let hash = self.hasher.hash(account.password).await?;
        let at = self.clock.now();
        let id = UserId::generate(&*self.ids, at);
        let decide = || async {
            match self.users.user_by_email(&email).await? {
                Some(user) if user.id != id => Err(IdentityError::EmailTaken),
                Some(user) => Ok(Step::Done(user)),
                None => {
                    let (set, user) = decide::register(
                        id,
                        email.clone(),
                        hash.clone(),
                        name.clone(),
                        account.role,
                        actor,
                        at,
                    );
                    Ok(Step::Commit(set, user))
                }
            }
        };
        Ok(self.committer.run(decide).await?.0)
    }

    async fn sign_in(&self, user: User) -> Result<SignedIn, IdentityError> {
        let now = self.clock.now();
        let id = SessionId::generate(&*self.ids, now);
        let nonce = Nonce::generate(&*self.ids);
        let token = self.secret.derive(Purpose::SignIn, id.uuid(), &nonce);
        let expires_at = now.saturating_add(self.sign_in_ttl);
        let session = Session { id, user: user.id, token: token.hash(), created_at: now, expires_at };
        self.sessions.start_session(session).await?;
        Ok(SignedIn { user, token, expires_at })
    }

    async fn change(
        &self,
        id: UserId,
        name: &'static str,
        edit: impl Fn(&mut User) + Send + Sync,
    ) -> Result<User, IdentityError> {
        let at = self.clock.now();
        let decide = || async {
            let old = self.users.user(id).await?.ok_or(IdentityError::NotFound)?;
            let mut to = old.clone();
            edit(&mut to);
            if to == old {
                return Ok(Step::Done(old));
            }
            let (set, to) = decide::change(name, &old, to, at);
            Ok::<_, IdentityError>(Step::Commit(set, to))
        };
        Ok(self.committer.run(decide).await?.0)
    }
}

fn check_display_name(text: &str) -> Result<String, FieldError> {
    let name = text.trim();
    let length = name.chars().count();
    if length == 0 || length > 100 || name.chars().any(char::is_control) {
        return Err(FieldError::new("display_name", "invalid", "a name has 1 to 100 characters on one line"));
    }
    Ok(name.to_owned())
}
