//! `Money`: a number of minor units of a currency.

use super::{Currency, Rate};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in minor units (kobo for NGN, whole francs for XOF). May be negative in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// An operation on money that has no exact answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits of minor units.
    #[error("amount out of range")]
    Overflow,
    /// The two amounts are of different currencies.
    #[error("currencies differ")]
    MixedCurrencies,
}

/// Why a decimal text is not an amount of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseMoneyError {
    /// Not plain digits with exactly the currency's decimal digits: signs, exponents, blanks, other scales.
    #[error("not a plain decimal with exactly the digits of its currency")]
    Malformed,
    /// Too large for 64 bits of minor units.
    #[error("amount out of range")]
    OutOfRange,
}

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is exactly zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// The sum, if both are of one currency and it fits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor.checked_add(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }

    /// The difference, if both are of one currency and it fits.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor.checked_sub(other.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }

    /// The amount with its sign turned.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.minor.checked_neg().map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }

    /// The sum of amounts of one currency; zero of `currency` for none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The share `rate` of this amount, rounded half away from zero.
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        rate.of(self.minor).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Overflow)
    }

    /// Compares amounts of one currency.
    pub fn checked_cmp(self, other: Self) -> Result<std::cmp::Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    /// Parses the strict wire form: digits only, exactly the currency's decimal digits, no sign, no blank,
    /// no superfluous leading zero (`"2500.00"` NGN, `"2500"` XOF).
    pub fn parse(text: &str, currency: Currency) -> Result<Self, ParseMoneyError> {
        let digits = currency.digits() as usize;
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if digits > 0 => (whole, fraction),
            None if digits == 0 => (text, ""),
            _ => return Err(ParseMoneyError::Malformed),
        };
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let superfluous_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty()
            || superfluous_zero
            || fraction.len() != digits
            || !plain(whole)
            || !plain(fraction)
        {
            return Err(ParseMoneyError::Malformed);
        }
        let minor = format!("{whole}{fraction}").parse().map_err(|_| ParseMoneyError::OutOfRange)?;
        Ok(Self { minor, currency })
    }

    /// The decimal text of the amount without its currency, as on the wire: `"2500.00"`.
    pub fn to_decimal_string(self) -> String {
        let digits = self.currency.digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let units = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits.saturating_add(1));
        let (whole, fraction) = units.split_at(units.len().saturating_sub(digits));
        if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::MixedCurrencies) }
    }
}

/// For people: `NGN 2500.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.to_decimal_string())
    }
}
impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_the_wire_form_exactly() {
        for (text, minor) in
            [("0.00", 0), ("0.29", 29), ("1.10", 110), ("19.99", 1999), ("8.21", 821), ("2500.00", 250_000)]
        {
            let money = Money::parse(text, Currency::NGN).unwrap();
            assert_eq!(money.minor(), minor, "{text}");
            assert_eq!(money.to_decimal_string(), text);
        }
        assert_eq!(Money::parse("2500", Currency::XOF).unwrap().minor(), 2500);
        assert_eq!(Money::parse("92233720368547758.07", Currency::NGN).unwrap().minor(), i64::MAX);
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            ".",
            "1",
            "1.",
            "1.0",
            "1.000",
            ".50",
            "-1.00",
            "+1.00",
            "1e3",
            "1,00",
            " 1.00",
            "1.00 ",
            "NaN",
            "Infinity",
            "01.00",
            "00.00",
            "1.0a",
            "१.००",
            "0x1.00",
            "1_0.00",
            "1.-1",
        ] {
            assert_eq!(Money::parse(text, Currency::NGN), Err(ParseMoneyError::Malformed), "{text:?}");
        }
        assert_eq!(Money::parse("2500.00", Currency::XOF), Err(ParseMoneyError::Malformed));
        assert_eq!(Money::parse("92233720368547758.08", Currency::NGN), Err(ParseMoneyError::OutOfRange));
    }

    proptest! {
        #[test]
        fn text_and_amount_are_one(minor in 0..=i64::MAX, currency in prop::sample::select(vec!["NGN", "XOF", "KWD"])) {
            let money = Money::new(minor, Currency::from_code(currency).unwrap());
            prop_assert_eq!(Money::parse(&money.to_decimal_string(), money.currency()), Ok(money));
        }

        #[test]
        fn sums_never_wrap(left: i64, right: i64) {
            let sum = Money::new(left, Currency::NGN).checked_add(Money::new(right, Currency::NGN));
            prop_assert_eq!(sum.ok().map(Money::minor), left.checked_add(right));
        }
    }

    #[test]
    fn currencies_do_not_mix() {
        let (naira, dollar) = (Money::new(1, Currency::NGN), Money::new(1, Currency::USD));
        assert_eq!(naira.checked_add(dollar), Err(MoneyError::MixedCurrencies));
        assert_eq!(naira.checked_sub(dollar), Err(MoneyError::MixedCurrencies));
        assert_eq!(naira.checked_cmp(dollar), Err(MoneyError::MixedCurrencies));
    }
}
