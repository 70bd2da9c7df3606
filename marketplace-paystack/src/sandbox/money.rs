//! What Paystack does with amounts: minimum, maximum and fee of each currency, in integers.
//!
//! Guarantees integer arithmetic that cannot overflow. The table is Paystack's published price list for a
//! local card; VAT, international cards and other channels are left out, and the rounding of fractions of a
//! subunit, which Paystack does not document, is half up. A client must therefore read `fees` and never
//! compute it. Callers: `builder`, `initialize`, `transaction`, `transfer`.

/// The rules of one currency. All amounts are subunits (a hundredth, for every currency at Paystack).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) code: &'static str,
    pub(super) minimum: u64,
    /// In ten-thousandths of the amount.
    rate: u64,
    flat: u64,
    /// Below this amount the flat part is waived.
    flat_from: u64,
    cap: u64,
    /// Paystack ignores the fraction of a currency that has none.
    whole_units: bool,
}

/// Ten million units, in every currency.
pub(super) const MAXIMUM: u64 = 1_000_000_000;

const fn percentage(code: &'static str, minimum: u64, rate: u64) -> Rules {
    Rules { code, minimum, rate, flat: 0, flat_from: 0, cap: u64::MAX, whole_units: false }
}

/// The first one is what an account without a choice of its own falls back to.
pub(super) const KNOWN: [Rules; 6] = [
    Rules { flat: 10_000, flat_from: 250_000, cap: 200_000, ..percentage("NGN", 5_000, 150) },
    percentage("GHS", 10, 195),
    Rules { flat: 100, flat_from: 1_000, ..percentage("ZAR", 100, 290) },
    percentage("KES", 300, 290),
    percentage("USD", 200, 390),
    Rules { whole_units: true, ..percentage("XOF", 100, 320) },
];

/// The smallest transfer. Published for naira only.
pub(super) fn least_transfer(code: &str) -> u64 {
    if code == "NGN" { 10_000 } else { 100 }
}

/// What a transfer costs, by the published bands; where none is published, nothing.
pub(super) fn transfer_fee(code: &str, amount: u64, mobile: bool) -> u64 {
    let bands = |first: u64, second: u64, fees: [u64; 3]| match amount {
        _ if amount <= first => fees[0],
        _ if amount <= second => fees[1],
        _ => fees[2],
    };
    match code {
        "NGN" => bands(500_000, 5_000_000, [1_000, 2_500, 5_000]),
        "GHS" if mobile => 100,
        "GHS" => 800,
        // Where the bands begin is not published: assumed.
        "KES" => bands(150_000, 2_000_000, [2_000, 4_000, 6_000]),
        "ZAR" => 300,
        _ => 0,
    }
}

pub(super) fn rules(code: &str) -> Option<&'static Rules> {
    KNOWN.iter().find(|rules| rules.code == code)
}

impl Rules {
    pub(super) fn fee(&self, amount: u64) -> u64 {
        let product = u128::from(amount).saturating_mul(u128::from(self.rate));
        let share = product.saturating_add(5_000) / 10_000;
        let flat = if amount < self.flat_from { 0 } else { self.flat };
        u64::try_from(share).unwrap_or(u64::MAX).saturating_add(flat).min(self.cap)
    }

    /// The amount Paystack will ask for when it was sent this one.
    pub(super) fn asked(&self, amount: u64) -> u64 {
        if self.whole_units { amount.saturating_sub(amount % 100) } else { amount }
    }
}

#[cfg(test)]
mod tests {
    use super::{rules, transfer_fee};

    fn fee(code: &str, amount: u64) -> u64 {
        rules(code).unwrap().fee(amount)
    }

    #[test]
    fn naira_follows_the_published_rule() {
        let vectors = [
            (240_000, 3_600),
            (249_999, 3_750),
            (250_000, 13_750),
            (500_000, 17_500),
            (100_000_000, 200_000),
            (30_050, 451),
            (25_000, 375),
            (u64::MAX, 200_000),
        ];
        for (amount, expected) in vectors {
            assert_eq!(fee("NGN", amount), expected, "{amount}");
        }
    }

    #[test]
    fn the_other_currencies() {
        assert_eq!(fee("GHS", 10_000), 195);
        assert_eq!(fee("ZAR", 999), 29);
        assert_eq!(fee("ZAR", 1_000), 129);
        assert_eq!(fee("KES", 10_000), 290);
        assert_eq!(fee("USD", 10_000), 390);
        assert_eq!(fee("XOF", 10_000), 320);
        assert!(rules("EUR").is_none());
    }

    #[test]
    fn transfers_cost_by_bands() {
        for (amount, fee) in [(500_000, 1_000), (500_001, 2_500), (5_000_000, 2_500), (5_000_001, 5_000)] {
            assert_eq!(transfer_fee("NGN", amount, false), fee, "{amount}");
        }
        assert_eq!((transfer_fee("GHS", 1, true), transfer_fee("GHS", 1, false)), (100, 800));
        assert_eq!((transfer_fee("ZAR", 1, false), transfer_fee("XOF", 1, false)), (300, 0));
    }

    #[test]
    fn a_fraction_of_a_cfa_franc_is_ignored() {
        assert_eq!(rules("XOF").unwrap().asked(150_050), 150_000);
        assert_eq!(rules("NGN").unwrap().asked(150_050), 150_050);
    }
}
