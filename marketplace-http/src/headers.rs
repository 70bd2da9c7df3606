//! Header lines of a request, in the order they came.
//!
//! Guarantees: names are lower case; nothing prints a value, because values carry sign-ins, cookies and
//! signatures; a header that must occur once is told apart from one that occurs twice.
//!
//! Called by: the glue (fills it), every piece of the contract (reads it), the gateway's signature check.

use std::fmt;

/// Header lines with lower-case names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

/// The header occurs more than once, where one value decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header occurs more than once")]
pub struct Repeated;

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// The first value of a header, by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of a header, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header that may occur once only.
    pub fn single(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.get_all(name);
        let first = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    /// All lines.
    pub fn as_pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(lines: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in lines {
            headers.push(name.as_ref(), value);
        }
        headers
    }
}

/// Names only.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_and_values_stay_unprinted() {
        let headers: Headers =
            [("Authorization", "Bearer secret"), ("X-A", "1"), ("x-a", "2")].into_iter().collect();
        assert_eq!(headers.get("authorization"), Some("Bearer secret"));
        assert_eq!(headers.get_all("x-a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(headers.single("x-a"), Err(Repeated));
        assert_eq!(headers.single("x-b"), Ok(None));
        assert_eq!(format!("{headers:?}"), r#"["authorization", "x-a", "x-a"]"#);
    }
}
