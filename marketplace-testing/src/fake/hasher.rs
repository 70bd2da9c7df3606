//! Password hashing without cost.

use async_trait::async_trait;
use marketplace_core::identity::{PasswordError, PasswordHash, PasswordHasher};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// One round of SHA-256 without a salt: worth nothing outside of tests, and says so in every hash.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainHasher;

fn hashed(password: &SecretString) -> String {
    let digest = Sha256::digest(password.expose_secret().as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("$for-tests-only${hex}")
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, PasswordError> {
        Ok(PasswordHash::new(hashed(&password)))
    }

    async fn verify(
        &self,
        password: SecretString,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let wanted = hashed(&password);
        Ok(hash.is_some_and(|hash| hash.as_str() == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tells_right_from_wrong_and_keeps_no_password() {
        let hash = PlainHasher.hash("correct horse".into()).await.expect("hashes");
        assert!(!hash.as_str().contains("correct"));
        assert!(PlainHasher.verify("correct horse".into(), Some(hash.clone())).await.expect("verifies"));
        assert!(!PlainHasher.verify("wrong horse".into(), Some(hash)).await.expect("verifies"));
        assert!(!PlainHasher.verify("correct horse".into(), None).await.expect("verifies"));
    }
}
