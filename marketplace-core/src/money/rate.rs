//! Rates: fractions between 0 and 1 with at most six decimal digits, such as a fee of 10 %.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fraction from 0 to 1, exact to six decimal digits (a hundredth of a basis point).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

/// The number is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Below 0 or above 1.
    #[error("a rate lies between 0 and 1")]
    OutOfRange,
    /// More than six decimal digits, or no number.
    #[error("a rate has at most six decimal digits")]
    Malformed,
}

const DIGITS: u32 = 6;

impl Rate {
    /// No share at all.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// From basis points: 1000 is 10 %.
    pub fn from_basis_points(points: u32) -> Result<Self, RateError> {
        Self::try_from(Decimal::new(i64::from(points), 4))
    }

    /// The share of `minor` units, rounded half away from zero. `None` when it cannot be represented.
    pub(super) fn of(self, minor: i64) -> Option<i64> {
        // At most 19 + 6 digits: exact in the 28 digits of a Decimal, so there is one rounding only.
        let exact = Decimal::from(minor).checked_mul(self.0)?;
        exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
    }
}

impl TryFrom<Decimal> for Rate {
    type Error = RateError;
    fn try_from(value: Decimal) -> Result<Self, RateError> {
        let value = value.normalize();
        if value.scale() > DIGITS {
            return Err(RateError::Malformed);
        }
        if value < Decimal::ZERO || value > Decimal::ONE {
            Err(RateError::OutOfRange)
        } else {
            Ok(Self(value))
        }
    }
}
impl TryFrom<String> for Rate {
    type Error = RateError;
    fn try_from(text: String) -> Result<Self, RateError> {
        text.parse()
    }
}
impl std::str::FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::try_from(text.parse::<Decimal>().map_err(|_| RateError::Malformed)?)
    }
}
impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.to_string()
    }
}
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use proptest::prelude::*;

    #[test]
    fn rounds_half_away_from_zero() {
        let ten = Rate::from_basis_points(1000).unwrap();
        for (minor, share) in [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2), (250_000, 25_000), (-5, -1), (-4, 0)]
        {
            assert_eq!(Money::new(minor, Currency::NGN).share(ten).unwrap().minor(), share, "{minor}");
        }
    }

    #[test]
    fn stays_between_nothing_and_all() {
        assert_eq!(Rate::from_basis_points(10_001), Err(RateError::OutOfRange));
        assert_eq!("-0.1".parse::<Rate>(), Err(RateError::OutOfRange));
        assert_eq!("0.1234567".parse::<Rate>(), Err(RateError::Malformed));
        assert_eq!("x".parse::<Rate>(), Err(RateError::Malformed));
        assert_eq!("0.100000000".parse::<Rate>().unwrap().to_string(), "0.1");
    }

    proptest! {
        #[test]
        fn a_share_is_within_the_whole_and_a_unit_of_exact(minor in 0..=i64::MAX, points in 0..=10_000u32) {
            let share = Rate::from_basis_points(points).unwrap().of(minor).unwrap();
            prop_assert!((0..=minor).contains(&share));
            let off = (i128::from(share) * 10_000 - i128::from(minor) * i128::from(points)).abs();
            prop_assert!(off <= 5_000);
        }
    }
}
