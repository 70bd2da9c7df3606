//! How values stand in columns, both ways.
//!
//! Guarantees: a row that cannot have been written by this store (an unknown word, a wrong length, a number out
//! of range) is a [`DamagedRow`] that names table, column and key, never a default and never a panic.
//!
//! Called by: the topic modules, which know the columns of their tables.

use crate::error::{DamagedRow, Fault};
use marketplace_core::{
    Version,
    error::Source,
    money::{Currency, Money},
    page::Page,
    time::Timestamp,
};
use sqlx::{Decode, Postgres, Row, Type, ValueRef, postgres::PgRow};
use std::{borrow::Cow, fmt::Write as _, str::FromStr};
use uuid::Uuid;

/// Bytes as PostgreSQL reads them in text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2).saturating_add(2));
    text.push_str("\\x");
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// An id as PostgreSQL reads it in text.
pub(crate) fn text(id: Uuid) -> String {
    id.to_string()
}

/// An optional time.
pub(crate) fn micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_micros)
}

/// The two columns of optional money.
pub(crate) fn split(money: Option<Money>) -> (Option<i64>, Option<&'static str>) {
    (money.map(Money::minor), money.map(|money| money.currency().code()))
}

/// Below which id a page begins. A bound that is always there lets an index find the page.
pub(crate) fn before(page: Page) -> Uuid {
    page.before.unwrap_or(Uuid::max())
}

/// How many rows a page has.
pub(crate) fn limit(page: Page) -> i64 {
    i64::from(page.limit)
}

/// A count as a BIGINT.
pub(crate) fn integer(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(Fault::defect)
}

/// A row, and what to call it when it is damaged.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'r> {
    row: &'r PgRow,
    table: &'static str,
    key: &'static str,
    /// What stands before the column's name in the row.
    prefix: &'static str,
}

impl<'r> Fields<'r> {
    /// The row of `table` whose key stands in the column `key`.
    pub(crate) fn new(row: &'r PgRow, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key, prefix: "" }
    }

    /// Likewise, in a row that holds more than one table.
    pub(crate) fn prefixed(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    fn name(&self, column: &'static str) -> Cow<'static, str> {
        if self.prefix.is_empty() { column.into() } else { format!("{}{column}", self.prefix).into() }
    }

    /// The error for a value that cannot be right.
    pub(crate) fn damaged(&self, column: &'static str, source: impl Into<Source>) -> Fault {
        DamagedRow { table: self.table, column, key: self.key_text(), source: source.into() }.into()
    }

    fn key_text(&self) -> String {
        let key = &*self.name(self.key);
        if let Ok(id) = self.row.try_get::<Uuid, _>(key) {
            return id.to_string();
        }
        if let Ok(text) = self.row.try_get::<String, _>(key) {
            return text;
        }
        if let Ok(bytes) = self.row.try_get::<&[u8], _>(key) {
            return hex(bytes);
        }
        self.row.try_get::<i64, _>(key).map_or_else(|_| "unreadable".to_owned(), |number| number.to_string())
    }

    /// A value as the driver reads it.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, Fault>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row.try_get(&*self.name(column)).map_err(|error| self.damaged(column, error))
    }

    /// Whether the column holds nothing.
    pub(crate) fn is_null(&self, column: &'static str) -> Result<bool, Fault> {
        self.row
            .try_get_raw(&*self.name(column))
            .map(|value| value.is_null())
            .map_err(|error| self.damaged(column, error))
    }

    /// A value that is kept as text: a word, an address, a code.
    pub(crate) fn parse<T>(&self, column: &'static str) -> Result<T, Fault>
    where
        T: FromStr,
        T::Err: Into<Source>,
    {
        self.get::<&str>(column)?.parse().map_err(|error: T::Err| self.damaged(column, error))
    }

    /// A text value that may be absent.
    pub(crate) fn parse_maybe<T>(&self, column: &'static str) -> Result<Option<T>, Fault>
    where
        T: FromStr,
        T::Err: Into<Source>,
    {
        let text = self.get::<Option<&str>>(column)?;
        text.map(str::parse).transpose().map_err(|error: T::Err| self.damaged(column, error))
    }

    /// Exactly so many bytes.
    pub(crate) fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N], Fault> {
        <[u8; N]>::try_from(self.get::<&[u8]>(column)?).map_err(|error| self.damaged(column, error))
    }

    /// An id.
    pub(crate) fn uuid(&self, column: &'static str) -> Result<Uuid, Fault> {
        self.get(column)
    }

    /// An id that may be absent.
    pub(crate) fn uuid_maybe(&self, column: &'static str) -> Result<Option<Uuid>, Fault> {
        self.get(column)
    }

    fn moment(&self, column: &'static str, micros: i64) -> Result<Timestamp, Fault> {
        let at = Timestamp::from_micros(micros);
        if at.as_micros() == micros { Ok(at) } else { Err(self.damaged(column, "time out of range")) }
    }

    /// A time.
    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, Fault> {
        self.moment(column, self.get(column)?)
    }

    /// A time that may be absent.
    pub(crate) fn time_maybe(&self, column: &'static str) -> Result<Option<Timestamp>, Fault> {
        self.get::<Option<i64>>(column)?.map(|micros| self.moment(column, micros)).transpose()
    }

    /// Money from its two columns.
    pub(crate) fn money(&self, minor: &'static str, currency: &'static str) -> Result<Money, Fault> {
        Ok(Money::new(self.get(minor)?, self.parse::<Currency>(currency)?))
    }

    /// Money that may be absent.
    pub(crate) fn money_maybe(
        &self,
        minor: &'static str,
        currency: &'static str,
    ) -> Result<Option<Money>, Fault> {
        if self.is_null(minor)? { Ok(None) } else { self.money(minor, currency).map(Some) }
    }

    /// A number that is never negative.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Fault>
    where
        T::Error: Into<Source>,
    {
        T::try_from(self.get::<i64>(column)?).map_err(|error| self.damaged(column, error))
    }

    /// The row's version.
    pub(crate) fn version(&self) -> Result<Version, Fault> {
        self.get("version").map(Version::from_i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_hexadecimal() {
        assert_eq!(hex(&[0, 0x0f, 0xff]), "\\x000fff");
        assert_eq!(hex(&[]), "\\x");
    }
}
