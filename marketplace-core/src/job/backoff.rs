//! How long to wait after a failure.

use std::time::Duration;

/// The wait after the `failures`-th failure in a row: 5 s, doubled each time, at most 6 h, then spread by
/// `chance` over the upper half, so that jobs that failed together do not come back together.
pub fn backoff(failures: u32, chance: u8) -> Duration {
    const FIRST: u64 = 5_000;
    const MOST: u64 = 6 * 3600 * 1000;
    let doublings = failures.saturating_sub(1).min(20);
    let full = FIRST.saturating_mul(1_u64 << doublings).min(MOST);
    let half = full / 2;
    let spread = half.saturating_mul(u64::from(chance)) / 255;
    Duration::from_millis(half.saturating_add(spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_cap_and_spreads() {
        assert_eq!(backoff(1, 255), Duration::from_secs(5));
        assert_eq!(backoff(1, 0), Duration::from_millis(2_500));
        assert_eq!(backoff(2, 255), Duration::from_secs(10));
        assert_eq!(backoff(u32::MAX, 255), Duration::from_hours(6));
    }
}
