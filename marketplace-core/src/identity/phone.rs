//! Telephone numbers in one canonical form.
//!
//! Guarantees: a `Phone` is `+` and 8 to 15 digits of which the first is not zero (E.164); blanks, dots, dashes and
//! brackets that people write are left out. It is not shown by `Debug`.
//!
//! Does not: prove that the number exists, or add a country: a number without `+` is none.

use std::{fmt, str::FromStr};

/// A canonical telephone number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// The text is no international telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an international telephone number")]
pub struct ParsePhoneError;

impl Phone {
    /// The number, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = ParsePhoneError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().strip_prefix('+').ok_or(ParsePhoneError)?;
        let mut phone = String::from("+");
        for character in number.chars() {
            match character {
                '0'..='9' => phone.push(character),
                ' ' | '.' | '-' | '(' | ')' => {}
                _ => return Err(ParsePhoneError),
            }
        }
        if (9..=16).contains(&phone.len()) && !phone.starts_with("+0") {
            Ok(Self(phone))
        } else {
            Err(ParsePhoneError)
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("+…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (text, number) in [
            ("+254710000000", "+254710000000"),
            (" +254 (710) 000-000 ", "+254710000000"),
            ("+1.202.555.0100", "+12025550100"),
            ("+12345678", "+12345678"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(text.parse::<Phone>().unwrap().as_str(), number);
        }
        for wrong in [
            "",
            "+",
            "0710000000",
            "254710000000",
            "+0710000000",
            "+1234567",
            "+1234567890123456",
            "+25471000000x",
            "+２５４７１００００００",
        ] {
            assert_eq!(wrong.parse::<Phone>(), Err(ParsePhoneError), "{wrong}");
        }
        assert_eq!(format!("{:?}", "+254710000000".parse::<Phone>().unwrap()), "+…");
    }
}
