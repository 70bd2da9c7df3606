//! Argon2id, off the async threads and bounded.
//!
//! Guarantees: at most `parallel` hashes run at once (each takes its 19 MiB and some 30 ms), a bounded number
//! waits, and the rest is refused as busy, so a flood of sign-ins cannot exhaust the machine. The memory is taken
//! once for each of them and kept: hashes run on many threads, and an allocator that keeps what each thread has
//! given back holds 19 MiB and more for every one.

use crate::identity::{PasswordError, PasswordHash, PasswordHasher};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self,
        phc::{self, Output, ParamsString, Salt},
    },
};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Semaphore;

/// Argon2id with the parameters recommended by OWASP (19 MiB, 2 passes), on tokio's blocking threads.
pub struct Argon2Hasher {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    memory: Arc<Memory>,
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
        let memory = Arc::new(Memory::default());
        let nobody = memory.lend(|blocks| hash("nobody's password", blocks)).map_err(Argon2Error)?;
        let parallel = parallel.max(1);
        Ok(Self {
            places: Arc::new(Semaphore::new(parallel)),
            waiting: AtomicUsize::new(0),
            most_waiting: parallel.saturating_mul(64),
            memory,
            nobody,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = Waiting::begin(&self.waiting, self.most_waiting).ok_or(PasswordError::Busy)?;
        let permit = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|error| PasswordError::Defect(error.into()))?;
        // The permit goes with the work: a dropped caller does not free a place that is still in use.
        let memory = Arc::clone(&self.memory);
        let work = move || {
            let result = memory.lend(work);
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

/// The memory of hashes that are not running.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    /// Lends it to a hash. As many are kept as ever ran at once, which places bound.
    fn lend<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = kept().pop().unwrap_or_default();
        let result = work(&mut blocks);
        kept().push(blocks);
        result
    }
}

/// What a password comes to.
fn derive(
    argon: &Argon2<'_>,
    password: &str,
    salt: &Salt,
    length: usize,
    blocks: &mut Vec<Block>,
) -> password_hash::Result<Output> {
    let wanted = argon.params().block_count();
    if blocks.len() < wanted {
        blocks.resize(wanted, Block::default());
    }
    let mut buffer = [0; Output::MAX_LENGTH];
    let out = buffer.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
    argon.hash_password_into_with_memory(password.as_bytes(), salt, out, blocks)?;
    Output::new(out).map_err(Into::into)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a salt is drawn where the hash is made, as argon2 itself does"
)]
fn hash(password: &str, blocks: &mut Vec<Block>) -> password_hash::Result<PasswordHash> {
    let argon = Argon2::default();
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| password_hash::Error::RngFailure)?;
    let salt = Salt::new(&random)?;
    let output = derive(&argon, password, &salt, Params::DEFAULT_OUTPUT_LEN, blocks)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(argon.params())?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(PasswordHash::new(hash.to_string()))
}

/// Whether the password comes to this hash, by the parameters that stand in it.
fn verify(password: &str, known: &phc::PasswordHash, blocks: &mut Vec<Block>) -> password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (&known.salt, &known.hash) else {
        return Err(password_hash::Error::EncodingInvalid);
    };
    let version = known.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon =
        Argon2::new(Algorithm::try_from(known.algorithm.as_str())?, version, Params::try_from(known)?);
    let output = derive(&argon, password, salt, expected.len(), blocks)?;
    // Compared in constant time.
    Ok(output == *expected)
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        let hashed = self.run(move |blocks| hash(password.expose_secret(), blocks)).await?;
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
            .run(move |blocks| {
                let parsed = phc::PasswordHash::new(hash.as_str())
                    .map_err(|error| PasswordError::Defect(error.into()))?;
                verify(password.expose_secret(), &parsed, blocks)
                    .map_err(|error| PasswordError::Defect(error.into()))
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
    async fn memory_is_kept_for_as_many_as_run_at_once() {
        let hasher = Argon2Hasher::new(2).unwrap();
        let hash = |text: &str| hasher.hash(text.to_owned().into());
        let (one, two, three, four) = tokio::join!(hash("a"), hash("b"), hash("c"), hash("d"));
        let made = [one.unwrap(), two.unwrap(), three.unwrap(), four.unwrap()];
        // What another password has left in the memory is no part of a hash.
        for (text, hash) in ["a", "b", "c", "d"].into_iter().zip(made) {
            assert!(hasher.verify(text.to_owned().into(), Some(hash.clone())).await.unwrap());
            let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
            argon2::PasswordVerifier::verify_password(&Argon2::default(), text.as_bytes(), &parsed).unwrap();
        }
        let kept = hasher.memory.0.lock().unwrap();
        assert!((1..=2).contains(&kept.len()), "{}", kept.len());
    }

    #[tokio::test]
    async fn a_hash_of_the_library_s_own_is_verified() {
        use argon2::PasswordHasher as _;
        let hasher = Argon2Hasher::new(1).unwrap();
        // Other parameters than ours, and less memory.
        let argon = Argon2::from(Params::new(8 * 1024, 3, 1, Some(24)).unwrap());
        let hash: phc::PasswordHash = argon.hash_password(b"correct horse").unwrap();
        let known = Some(PasswordHash::new(hash.to_string()));
        assert!(hasher.verify("correct horse".to_owned().into(), known.clone()).await.unwrap());
        assert!(!hasher.verify("correct horses".to_owned().into(), known).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_refused() {
        let hasher = Argon2Hasher { most_waiting: 0, ..Argon2Hasher::new(1).unwrap() };
        assert!(matches!(hasher.hash("x".to_owned().into()).await, Err(PasswordError::Busy)));
    }
}
