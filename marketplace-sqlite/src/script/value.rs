//! A value of a statement, before the driver has it.

use marketplace_core::{Version, time::Timestamp};
use sqlx::{Arguments as _, error::BoxDynError, sqlite::SqliteArguments};
use uuid::Uuid;

/// What SQLite can keep; this store has no REAL.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn add_to(&self, arguments: &mut SqliteArguments) -> Result<(), BoxDynError> {
        match self {
            Self::Null => arguments.add(None::<i64>),
            Self::Integer(number) => arguments.add(number),
            Self::Text(text) => arguments.add(text.clone()),
            Self::Blob(bytes) => arguments.add(bytes.clone()),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Integer(i64::from(is))
    }
}

impl From<Version> for Value {
    fn from(version: Version) -> Self {
        Self::Integer(version.as_i64())
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Integer(at.as_micros())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Blob(id.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
