//! Row versions: the guard against deciding on stale data.

/// How often a row was changed. A change names the version that its decision saw; another one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of a new row.
    pub const FIRST: Self = Self(1);

    /// Wraps a stored version.
    pub const fn from_i64(version: i64) -> Self {
        Self(version)
    }

    /// The number, as stores keep it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }

    /// The version after the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
