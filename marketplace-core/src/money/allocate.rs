//! One way to split an amount: by largest remainder.

use super::{Money, MoneyError};

/// Splits `total` by `weights`.
///
/// The parts sum to `total` exactly, have its sign, and each lies within one minor unit of the exact share.
/// Leftover units go to the largest remainders, ties to the earlier position. With no positive weight every
/// share is equal. Splitting over nobody gives no parts, and is an error unless there is nothing to split.
pub fn allocate(total: Money, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    if weights.is_empty() {
        return if total.is_zero() { Ok(Vec::new()) } else { Err(MoneyError::Overflow) };
    }
    let equal = vec![1_u64; weights.len()];
    let weights = if weights.iter().all(|weight| *weight == 0) { &equal } else { weights };
    let sum = weights
        .iter()
        .try_fold(0_u128, |sum, weight| sum.checked_add(u128::from(*weight)))
        .ok_or(MoneyError::Overflow)?;
    let whole = u128::from(total.minor().unsigned_abs());

    let mut shares = Vec::with_capacity(weights.len());
    let mut given = 0_u128;
    for (position, weight) in weights.iter().enumerate() {
        let product = whole.checked_mul(u128::from(*weight)).ok_or(MoneyError::Overflow)?;
        let share = product.checked_div(sum).ok_or(MoneyError::Overflow)?;
        let remainder = product.checked_rem(sum).ok_or(MoneyError::Overflow)?;
        given = given.checked_add(share).ok_or(MoneyError::Overflow)?;
        shares.push((position, share, remainder));
    }
    shares.sort_by(|left, right| right.2.cmp(&left.2).then(left.0.cmp(&right.0)));
    let mut left_over = whole.checked_sub(given).ok_or(MoneyError::Overflow)?;
    for share in &mut shares {
        if left_over == 0 {
            break;
        }
        share.1 = share.1.saturating_add(1);
        left_over = left_over.saturating_sub(1);
    }
    shares.sort_by_key(|share| share.0);
    shares
        .into_iter()
        .map(|(_, share, _)| {
            let share = i128::try_from(share).map_err(|_| MoneyError::Overflow)?;
            let signed = if total.is_negative() { share.saturating_neg() } else { share };
            i64::try_from(signed)
                .map(|minor| Money::new(minor, total.currency()))
                .map_err(|_| MoneyError::Overflow)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    fn parts(total: i64, weights: &[u64]) -> Vec<i64> {
        allocate(Money::new(total, Currency::NGN), weights).unwrap().into_iter().map(Money::minor).collect()
    }

    #[test]
    fn gives_the_left_over_units_to_the_largest_remainders() {
        assert_eq!(parts(1_000_001, &[1, 1, 1]), [333_334, 333_334, 333_333]);
        assert_eq!(parts(-10, &[1, 1, 1]), [-4, -3, -3]);
        assert_eq!(parts(10, &[0, 0]), [5, 5]);
        assert_eq!(parts(7, &[0, 3]), [0, 7]);
        assert_eq!(parts(i64::MIN, &[1]), [i64::MIN]);
    }

    #[test]
    fn nothing_goes_to_nobody() {
        assert_eq!(allocate(Money::zero(Currency::NGN), &[]), Ok(vec![]));
        assert!(allocate(Money::new(1, Currency::NGN), &[]).is_err());
    }

    proptest! {
        #[test]
        fn parts_are_the_whole(total: i64, weights in prop::collection::vec(0..1_000_000_u64, 1..20)) {
            let parts = parts(total, &weights);
            prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(total));
            let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(i128::from(*part) * i128::from(total) >= 0);
                if sum > 0 {
                    let exact = i128::from(total) * i128::from(*weight);
                    let off = (i128::from(*part) * i128::try_from(sum).unwrap() - exact).abs();
                    prop_assert!(off < i128::try_from(sum).unwrap());
                }
            }
        }
    }
}
