//! Passwords: the port that hashes them, and the rules for new ones.

use crate::error::{FieldError, Source};
use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A password's hash in PHC text form, salt and parameters included.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps stored text.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC text, as stores keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Hashing did not happen.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// All hashing places are taken; try again shortly.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The hash in the store is damaged, or hashing itself failed.
    #[error("a password could not be hashed")]
    Defect(#[source] Source),
}

/// Hashes and checks passwords, slowly on purpose and with bounded parallelism.
///
/// Cancellation: dropping a future abandons the work and has no effect.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: fmt::Debug + Send + Sync + 'static {
    /// A new hash with its own salt.
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError>;

    /// Whether `password` matches. With `None` the work is done all the same and the answer is `false`, so
    /// that an unknown address takes as long as a wrong password.
    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>)
    -> Result<bool, PasswordError>;
}

const SHORTEST: usize = 8;
const LONGEST: usize = 1024;

/// The most common passwords of at least eight characters: the first that anybody tries.
const COMMON: &[&str] = &[
    "password",
    "12345678",
    "123456789",
    "1234567890",
    "qwertyuiop",
    "qwerty123",
    "password1",
    "password123",
    "iloveyou",
    "11111111",
    "00000000",
    "88888888",
    "12341234",
    "abcd1234",
    "1q2w3e4r",
    "1qaz2wsx",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "welcome1",
    "passw0rd",
    "letmein1",
    "qwerty12",
    "asdfghjkl",
    "zxcvbnm1",
    "87654321",
    "987654321",
    "q1w2e3r4",
    "admin123",
    "changeme",
    "whatever",
    "starwars",
    "computer",
    "michelle",
    "jennifer",
    "liverpool",
    "chelsea1",
    "arsenal1",
    "nigeria1",
    "jesus123",
    "blessing",
];

/// Refuses passwords that are too short, too long or too well known. Everything else is allowed, whole.
pub(crate) fn check_new_password(field: &str, password: &SecretString) -> Result<(), FieldError> {
    let text = password.expose_secret();
    let wrong = |code, message: &str| Err(FieldError::new(field, code, message));
    if text.chars().count() < SHORTEST {
        return wrong("too_short", "a password has at least 8 characters");
    }
    if text.len() > LONGEST {
        return wrong("too_long", "a password has at most 1024 bytes");
    }
    if text.contains('\0') {
        return wrong("invalid", "a password has no NUL character");
    }
    if COMMON.contains(&text.to_lowercase().as_str()) {
        return wrong("too_common", "this password is among the first that anybody tries");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_named() {
        let check =
            |text: &str| check_new_password("password", &text.to_owned().into()).map_err(|error| error.code);
        assert_eq!(check("7 chars"), Err("too_short"));
        assert_eq!(check("Password123"), Err("too_common"));
        assert_eq!(check("nul\0nul\0nul"), Err("invalid"));
        assert_eq!(check(&"x".repeat(1025)), Err("too_long"));
        assert_eq!(check(&"x".repeat(1024)), Ok(()));
        assert_eq!(check(" leading blank 🦀"), Ok(()));
    }
}
