//! Environment variables as text, and as what they mean.
//!
//! Guarantees: an empty variable counts as unset; `NAME_FILE` names a file that holds the value; errors name the variable,
//! never its value.
//!
//! Called by: the settings.

use crate::settings::SettingsError;
use std::{collections::BTreeMap, time::Duration};

/// The names that are ours alone.
pub(crate) const OWN: [&str; 9] = [
    "MARKETPLACE_DATA_DIR",
    "MARKETPLACE_RATE_LIMIT",
    "MARKETPLACE_PAYOUT_COOLDOWN_SECONDS",
    "MARKETPLACE_FEE_BPS",
    "MARKETPLACE_HOLD_SECONDS",
    "MARKETPLACE_MAX_FILE_BYTES",
    "MARKETPLACE_MAX_CREATOR_BYTES",
    "MARKETPLACE_LINK_TTL_SECONDS",
    "MARKETPLACE_WORKERS",
];

/// The variables that a process was started with.
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, SettingsError> {
        if let Some(value) = self.0.get(name).filter(|value| !value.is_empty()) {
            return Ok(Some(value.clone()));
        }
        let file_name = format!("{name}_FILE");
        let Some(path) = self.0.get(&file_name).filter(|path| !path.is_empty()) else { return Ok(None) };
        let text = std::fs::read_to_string(path).map_err(|_| SettingsError::Unreadable(file_name))?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty()))
    }

    pub(crate) fn parse<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsError> {
        let invalid = || SettingsError::Invalid { name: name.to_owned(), expected: expected.to_owned() };
        self.text(name)?.map(|text| parse(&text).ok_or_else(invalid)).transpose()
    }

    pub(crate) fn switch(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        self.parse(name, "it is on or off", |text| match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })
    }

    pub(crate) fn seconds(&self, name: &str, least: u64) -> Result<Option<Duration>, SettingsError> {
        // A hundred years: more than any rule needs, and far from every overflow.
        let most = 100 * 366 * 24 * 3600;
        let expected = format!("it is a whole number of seconds, at least {least}");
        let parse = |text: &str| text.parse().ok().filter(|seconds| (least..=most).contains(seconds));
        Ok(self.parse(name, &expected, parse)?.map(Duration::from_secs))
    }
}

/// `; did you mean …?` for a name that is near to one of ours.
pub(crate) fn suggestion(name: &str) -> String {
    let near = OWN.iter().min_by_key(|own| distance(own, name));
    near.filter(|own| distance(own, name) <= 4)
        .map(|own| format!("; did you mean {own}?"))
        .unwrap_or_default()
}

/// Edits between two words (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(a != b)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}
