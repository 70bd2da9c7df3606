//! Bearer tokens: derived, unguessable, hashed at rest.
//!
//! A token is `HMAC-SHA256(secret, purpose, row id, nonce)`. The row keeps id, nonce and the token's hash;
//! whoever holds the application secret can write the token again (in a mail, in a replayed answer), and a
//! stolen database is worth nothing.

use super::IdGen;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What a token opens. Part of its derivation, so a token of one purpose never opens another door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A sign-in session.
    SignIn,
    /// One order, for the browser or guest that placed it.
    Order,
    /// The page of one order, which shows and opens nothing else.
    OrderPage,
    /// A one-time link to a file.
    Link,
    /// A download session.
    Download,
    /// The parts of an upload, for whoever sends them.
    Upload,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SignIn => b"marketplace/sign-in/1",
            Self::Order => b"marketplace/order/1",
            Self::OrderPage => b"marketplace/order-page/1",
            Self::Link => b"marketplace/link/1",
            Self::Download => b"marketplace/download/1",
            Self::Upload => b"marketplace/upload/1",
        }
    }
}

/// The host's secret from which all tokens are derived: at least 32 bytes.
#[derive(Clone)]
pub struct AppSecret(SecretSlice<u8>);

/// The secret is too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the application secret needs at least 32 bytes")]
pub struct WeakSecret;

impl AppSecret {
    /// Takes over the secret bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, WeakSecret> {
        let bytes = bytes.into();
        if bytes.len() < 32 { Err(WeakSecret) } else { Ok(Self(bytes.into())) }
    }

    /// The token of `purpose` for the row `id` with `nonce`. The same every time.
    pub fn derive(&self, purpose: Purpose, id: Uuid, nonce: &Nonce) -> Token {
        // HMAC takes keys of any length, so the error arm is unreachable; an empty token would match nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            return Token(String::new());
        };
        mac.update(purpose.label());
        mac.update(id.as_bytes());
        mac.update(&nonce.0);
        Token(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }
}
impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecret(..)")
    }
}

/// A random part of a token's derivation, stored beside the row. Not secret by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// Draws a nonce.
    pub fn generate(ids: &dyn IdGen) -> Self {
        let mut nonce = [0; 16];
        let bytes = ids.bytes();
        nonce.copy_from_slice(bytes.first_chunk::<16>().unwrap_or(&[0; 16]));
        Self(nonce)
    }

    /// Wraps stored bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, as stores keep them.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A bearer secret of 256 bits, 43 characters of base64url. Shown to its owner once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// The text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct ParseTokenError;

impl Token {
    /// The secret text, for an answer or a mail. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a store keeps and looks up.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}
impl FromStr for Token {
    type Err = ParseTokenError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.to_owned())),
            _ => Err(ParseTokenError),
        }
    }
}
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// SHA-256 of a token. Safe to store: 256 random bits cannot be searched.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Wraps stored bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, as stores keep them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_secret_purpose_row_and_nonce() {
        let secret = |byte| AppSecret::new([byte; 32]).unwrap();
        let (id, nonce) = (Uuid::from_u128(1), Nonce::from_bytes([7; 16]));
        let token = secret(1).derive(Purpose::Link, id, &nonce);
        assert_eq!(token.expose().len(), 43);
        assert_eq!(token, secret(1).derive(Purpose::Link, id, &nonce));
        assert_eq!(token.expose().parse(), Ok(token.clone()));
        for other in [
            secret(2).derive(Purpose::Link, id, &nonce),
            secret(1).derive(Purpose::Download, id, &nonce),
            secret(1).derive(Purpose::Link, Uuid::from_u128(2), &nonce),
            secret(1).derive(Purpose::Link, id, &Nonce::from_bytes([8; 16])),
        ] {
            assert_ne!(token, other);
            assert_ne!(token.hash(), other.hash());
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = AppSecret::new(*b"0123456789abcdef0123456789abcdef").unwrap();
        let token = secret.derive(Purpose::Order, Uuid::from_u128(1), &Nonce::from_bytes([0; 16]));
        assert_eq!(
            format!("{secret:?} {token:?} {:?}", token.hash()),
            "AppSecret(..) Token(..) TokenHash(..)"
        );
        assert_eq!(AppSecret::new(*b"short").unwrap_err(), WeakSecret);
    }
}
