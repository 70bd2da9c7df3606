//! Argon2id, off the async threads and bounded.
//!
//! Guarantees: at most `parallel` hashes run at once (each takes its 19 MiB and some 30 ms), a bounded number
//! waits, and the rest is refused as busy, so a flood of sign-ins cannot exhaust the machine.

use crate::identity::{PasswordError, PasswordHash, PasswordHasher};
use argon2::{
    Argon2, PasswordHasher as _, PasswordVerifier as _,
    password_hash::{self, phc},
};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Argon2id with the parameters recommended by OWASP (19 MiB, 2 passes), on tokio's blocking threads.
pub struct Argon2Hasher {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    /// The hash of nobody's password: what an unknown address is checked against.
    nobody: PasswordHash,
}

/// The parameters do not work on this machine.
#[derive(Debug, thiserror::Error)]
#[error("argon2 does not work here")]
pub struct Argon2Error(#[source] password_hash::Error);

impl Argon2Hasher {
    /// A hasher that runs `parallel` hashes at once (usually the number of cores) and lets 64 times as many
    /// wait.
    pub fn new(parallel: usize) -> Result<Self, Argon2Error> {
        let nobody = hash("nobody's password").map_err(Argon2Error)?;
        let parallel = parallel.max(1);
        Ok(Self {
            places: Arc::new(Semaphore::new(parallel)),
            waiting: AtomicUsize::new(0),
            most_waiting: parallel.saturating_mul(64),
            nobody,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = Waiting::begin(&self.waiting, self.most_waiting).ok_or(PasswordError::Busy)?;
        let permit = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|error| PasswordError::Defect(error.into()))?;
        // The permit goes with the work: a dropped caller does not free a place that is still in use.
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| PasswordError::Defect(error.into()))
    }
}

impl fmt::Debug for Argon2Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Argon2Hasher")
            .field("places", &self.places.available_permits())
            .finish_non_exhaustive()
    }
}

/// A place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize, most: usize) -> Option<Self> {
        let waiting = count.fetch_add(1, Ordering::SeqCst);
        let place = Self(count);
        (waiting < most).then_some(place)
    }
}
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn hash(password: &str) -> password_hash::Result<PasswordHash> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| PasswordHash::new(hash.to_string()))
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        let hashed = self.run(move || hash(password.expose_secret())).await?;
        hashed.map_err(|error| PasswordError::Defect(error.into()))
    }

    async fn verify(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let verified = self
            .run(move || {
                let parsed = phc::PasswordHash::new(hash.as_str())
                    .map_err(|error| PasswordError::Defect(error.into()))?;
                match Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed) {
                    Ok(()) => Ok(true),
                    Err(password_hash::Error::PasswordInvalid) => Ok(false),
                    Err(error) => Err(PasswordError::Defect(error.into())),
                }
            })
            .await??;
        Ok(verified && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_its_own_hashes_only() {
        let hasher = Argon2Hasher::new(2).unwrap();
        let secret = |text: &str| SecretString::from(text.to_owned());
        let hash = hasher.hash(secret("correct horse")).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$"));
        assert!(hasher.verify(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(secret("correct horse "), Some(hash)).await.unwrap());
        assert!(!hasher.verify(secret("nobody's password"), None).await.unwrap());
        let damaged = Some(PasswordHash::new("x"));
        assert!(matches!(hasher.verify(secret("x"), damaged).await, Err(PasswordError::Defect(_))));
    }

    #[tokio::test]
    async fn a_flood_is_refused() {
        let hasher = Argon2Hasher { most_waiting: 0, ..Argon2Hasher::new(1).unwrap() };
        assert!(matches!(hasher.hash("x".to_owned().into()).await, Err(PasswordError::Busy)));
    }
}
