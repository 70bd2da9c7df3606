//! Several accounts behind one address.
//!
//! Guarantees that each call goes to the account whose secret key it carries and to no other, so that accounts, and
//! the two modes of one integration, know nothing of each other: references, ids, balances, limits, faults and
//! webhooks are each one's own. A key that nobody has is refused with 401. Payment pages and uploads, which carry no
//! key, go to the account that made them. Callers: hosts with more than one account, the binary, tests.

use std::future::Future;

use futures_util::future::{self, Either, join_all};

use super::error::SandboxError;
use super::http::{TwinRequest, TwinResponse};
use super::twin::Sandbox;

/// Accounts that share an address. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub struct Integrations {
    first: Sandbox,
    others: Vec<Sandbox>,
}

impl Integrations {
    /// Puts accounts, each with a key of its own, behind one address: give each the same public address.
    pub fn new(accounts: impl IntoIterator<Item = Sandbox>) -> Result<Self, SandboxError> {
        let mut accounts = accounts.into_iter();
        let mut all = Self { first: accounts.next().ok_or(SandboxError::Accounts)?, others: Vec::new() };
        for account in accounts {
            if all.accounts().any(|known| known.has_key_of(&account)) {
                return Err(SandboxError::Accounts);
            }
            all.others.push(account);
        }
        Ok(all)
    }

    /// Every account, in the order in which they were given.
    pub fn accounts(&self) -> impl Iterator<Item = &Sandbox> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The account whose key the request carries.
    pub fn account_of(&self, request: &TwinRequest) -> Option<&Sandbox> {
        self.accounts().find(|account| account.is_called_by(request))
    }

    /// Answers one request. Dropping the future does not undo what the request did.
    pub async fn handle(&self, request: TwinRequest) -> TwinResponse {
        let maker = || self.accounts().find(|account| account.made(&request.path));
        // Whoever has no key of any account is refused by the first one.
        let account = self.account_of(&request).or_else(maker).unwrap_or(&self.first);
        account.handle(request).await
    }

    /// Delivers the webhooks of all until `shutdown` completes, as [`Sandbox::run`] does.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) {
        let all = join_all(self.accounts().map(|account| account.run(future::pending())));
        match future::select(std::pin::pin!(shutdown), all).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    /// Makes [`Integrations::run`] look at the clock again, which hosts do after moving it.
    pub fn wake(&self) {
        self.accounts().for_each(Sandbox::wake);
    }
}
