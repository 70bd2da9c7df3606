//! Amounts between ISO 4217 minor units and Paystack's subunits.
//!
//! Guarantees: one conversion for every amount that crosses the wire, in integers, checked. Paystack counts
//! in hundredths of every currency, also of those that have no minor unit (XOF: 1 franc is 100 on the wire).
//!
//! Called by: whoever reads or writes an amount.

use marketplace_core::money::{Currency, Money};

/// What to do with a part of a subunit that the currency cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fraction {
    /// There is no such amount.
    Refused,
    /// Down to the next whole minor unit.
    Dropped,
    /// Up to the next whole minor unit.
    Raised,
}

/// Decimal digits of every amount on the wire.
const WIRE_DIGITS: u32 = 2;

/// `minor * numerator / denominator` is the amount on the wire.
struct Scale {
    numerator: u64,
    denominator: u64,
}

impl Scale {
    fn of(currency: Currency) -> Option<Self> {
        let digits = currency.digits();
        let numerator = 10_u64.checked_pow(WIRE_DIGITS.saturating_sub(digits))?;
        let denominator = 10_u64.checked_pow(digits.saturating_sub(WIRE_DIGITS))?;
        Some(Self { numerator, denominator })
    }
}

/// The amount on the wire; `None` for a negative amount and for one that the wire cannot hold.
pub(crate) fn to_wire(amount: Money) -> Option<u64> {
    let scale = Scale::of(amount.currency())?;
    let scaled = u64::try_from(amount.minor()).ok()?.checked_mul(scale.numerator)?;
    if scaled.checked_rem(scale.denominator)? == 0 { scaled.checked_div(scale.denominator) } else { None }
}

/// The amount that `subunits` on the wire mean; `None` if money cannot hold it.
pub(crate) fn from_wire(subunits: u64, currency: Currency, fraction: Fraction) -> Option<Money> {
    let scale = Scale::of(currency)?;
    let scaled = subunits.checked_mul(scale.denominator)?;
    let whole = scaled.checked_div(scale.numerator)?;
    let exact = scaled.checked_rem(scale.numerator)? == 0;
    let minor = match fraction {
        Fraction::Dropped => whole,
        _ if exact => whole,
        Fraction::Raised => whole.checked_add(1)?,
        Fraction::Refused => return None,
    };
    i64::try_from(minor).ok().map(|minor| Money::new(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::from_code(code).unwrap()
    }

    #[test]
    fn every_currency_counts_in_hundredths() {
        for (code, minor, wire) in [
            ("NGN", 250_000, 250_000),
            ("NGN", 1_999, 1_999),
            ("KES", 1, 1),
            ("XOF", 2_500, 250_000),
            ("XOF", 0, 0),
        ] {
            let money = Money::new(minor, currency(code));
            assert_eq!(to_wire(money), Some(wire), "{money}");
            assert_eq!(from_wire(wire, currency(code), Fraction::Refused), Some(money));
        }
    }

    #[test]
    fn decimal_texts_survive_the_wire() {
        for text in ["19.99", "8.21", "1.10", "0.29", "92233720368547758.07"] {
            let wire = to_wire(Money::parse(text, Currency::NGN).unwrap()).unwrap();
            let back = from_wire(wire, Currency::NGN, Fraction::Refused).unwrap();
            assert_eq!(back.to_decimal_string(), text);
        }
    }

    #[test]
    fn what_cannot_be_held_is_no_amount() {
        assert_eq!(to_wire(Money::new(-1, Currency::NGN)), None);
        assert_eq!(to_wire(Money::new(i64::MAX, Currency::XOF)), None);
        assert_eq!(from_wire(u64::MAX, Currency::NGN, Fraction::Refused), None);
        let dinar = currency("KWD");
        assert_eq!(to_wire(Money::new(1_005, dinar)), None, "half a hundredth");
        assert_eq!(to_wire(Money::new(1_010, dinar)), Some(101));
        assert_eq!(from_wire(101, dinar, Fraction::Refused), Some(Money::new(1_010, dinar)));
    }

    #[test]
    fn fractions_of_a_franc_go_where_they_are_told() {
        let francs = |minor| Some(Money::new(minor, Currency::XOF));
        for (wire, refused, dropped, raised) in [
            (3_300, francs(33), francs(33), francs(33)),
            (3_301, None, francs(33), francs(34)),
            (3_399, None, francs(33), francs(34)),
        ] {
            assert_eq!(from_wire(wire, Currency::XOF, Fraction::Refused), refused);
            assert_eq!(from_wire(wire, Currency::XOF, Fraction::Dropped), dropped);
            assert_eq!(from_wire(wire, Currency::XOF, Fraction::Raised), raised);
        }
    }

    proptest! {
        #[test]
        fn to_the_wire_and_back_is_the_same(
            minor in 0..=i64::MAX,
            code in prop::sample::select(vec!["NGN", "USD", "GHS", "ZAR", "KES", "XOF", "KWD"]),
        ) {
            let money = Money::new(minor, currency(code));
            if let Some(wire) = to_wire(money) {
                for fraction in [Fraction::Refused, Fraction::Dropped, Fraction::Raised] {
                    prop_assert_eq!(from_wire(wire, money.currency(), fraction), Some(money));
                }
            } else {
                prop_assert!(money.currency().digits() != 2, "hundredths always fit: {}", money);
            }
        }

        #[test]
        fn from_the_wire_and_back_is_the_same(
            wire in 0..=u64::MAX,
            code in prop::sample::select(vec!["NGN", "XOF", "KWD"]),
        ) {
            if let Some(money) = from_wire(wire, currency(code), Fraction::Refused) {
                prop_assert_eq!(to_wire(money), Some(wire));
            }
        }
    }
}
