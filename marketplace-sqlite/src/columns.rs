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
use sqlx::{Decode, Row, Sqlite, Type, ValueRef, sqlite::SqliteRow};
use std::{borrow::Cow, fmt::Write as _, str::FromStr};
use uuid::Uuid;

/// An id as a BLOB.
pub(crate) fn blob(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// The two columns of optional money.
pub(crate) fn split(money: Option<Money>) -> (Option<i64>, Option<&'static str>) {
    (money.map(Money::minor), money.map(|money| money.currency().code()))
}

/// The lower bound of a page.
pub(crate) fn before(page: Page) -> Option<Vec<u8>> {
    page.before.map(blob)
}

/// A count as SQLite's only integer.
pub(crate) fn integer(number: u64) -> Result<i64, Fault> {
    i64::try_from(number).map_err(Fault::defect)
}

/// A row, and what to call it when it is damaged.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    key: &'static str,
    prefix: &'static str,
}

impl<'r> Fields<'r> {
    /// The row of `table` whose key stands in the column `key`.
    pub(crate) fn new(row: &'r SqliteRow, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key, prefix: "" }
    }

    /// The same where the names of the columns begin so: a statement that reads several tables.
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
        let key = self.name(self.key);
        if let Ok(text) = self.row.try_get::<String, _>(&*key) {
            return text;
        }
        match self.row.try_get::<&[u8], _>(&*key) {
            Ok(bytes) => bytes.iter().fold(String::new(), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            }),
            Err(_) => {
                self.row.try_get::<i64, _>(&*key).map_or_else(|_| "unreadable".to_owned(), |n| n.to_string())
            }
        }
    }

    /// A value as the driver reads it.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T, Fault>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(&*self.name(column)).map_err(|error| self.damaged(column, error))
    }

    /// Whether the column holds nothing.
    pub(crate) fn is_null(&self, column: &'static str) -> Result<bool, Fault> {
        let value = self.row.try_get_raw(&*self.name(column));
        value.map(|value| value.is_null()).map_err(|error| self.damaged(column, error))
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
        self.bytes(column).map(Uuid::from_bytes)
    }

    /// An id that may be absent.
    pub(crate) fn uuid_maybe(&self, column: &'static str) -> Result<Option<Uuid>, Fault> {
        if self.is_null(column)? { Ok(None) } else { self.uuid(column).map(Some) }
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
