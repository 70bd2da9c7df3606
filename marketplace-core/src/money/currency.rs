//! ISO 4217 currencies.
//!
//! Guarantees: a `Currency` is always a known code with a known number of decimal digits. The table comes
//! from the `iso_currency` crate, which is not part of the public interface.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{cmp::Ordering, fmt, str::FromStr};

/// An ISO 4217 currency that has minor units (funds and metals are refused).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

/// The text is not the upper-case code of a currency with minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency code")]
pub struct UnknownCurrency;

impl Currency {
    /// Nigerian naira, the home currency of the first gateway.
    pub const NGN: Self = Self(iso_currency::Currency::NGN);
    /// West African CFA franc: no minor digits.
    pub const XOF: Self = Self(iso_currency::Currency::XOF);
    /// US dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);
    /// Ghanaian cedi.
    pub const GHS: Self = Self(iso_currency::Currency::GHS);
    /// Kenyan shilling.
    pub const KES: Self = Self(iso_currency::Currency::KES);
    /// South African rand.
    pub const ZAR: Self = Self(iso_currency::Currency::ZAR);

    /// Parses an upper-case code such as `NGN`.
    pub fn from_code(code: &str) -> Result<Self, UnknownCurrency> {
        let known = iso_currency::Currency::from_code(code).ok_or(UnknownCurrency)?;
        if known.code() == code && known.exponent().is_some() {
            Ok(Self(known))
        } else {
            Err(UnknownCurrency)
        }
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of decimal digits: 2 for NGN, 0 for XOF, 3 for KWD.
    pub fn digits(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The symbol people write, for example `₦`.
    pub fn symbol(self) -> String {
        self.0.symbol().symbol
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl FromStr for Currency {
    type Err = UnknownCurrency;
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::from_code(code)
    }
}
/// By code, so that lists of balances have one order everywhere.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}
impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_code(&code).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_digits_of_the_gateways_currencies() {
        for (code, digits) in
            [("NGN", 2), ("GHS", 2), ("KES", 2), ("ZAR", 2), ("USD", 2), ("XOF", 0), ("KWD", 3)]
        {
            assert_eq!(Currency::from_code(code).unwrap().digits(), digits, "{code}");
        }
    }

    #[test]
    fn refuses_what_is_no_currency_code() {
        for text in ["", "ngn", "NG", "NGNN", "ZZZ", " NGN", "XAU", "€"] {
            assert_eq!(Currency::from_code(text), Err(UnknownCurrency), "{text:?}");
        }
    }
}
