//! When to ask the gateway about an open attempt, without being told to.
//!
//! At 1, 5, 15, 30 and 60 minutes after it began, then hourly to 72 hours, then daily to day 7. Every webhook
//! can be lost and every paid order is still delivered.

use crate::time::Timestamp;
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The next time to ask about an attempt that began at `began`, strictly after `now`; `None` once the
/// schedule is over.
pub fn next_look(began: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let first = [1, 5, 15, 30, 60].map(|minutes: u64| minutes.saturating_mul(MINUTE));
    let hourly = (2..=72_u64).map(|hours| hours.saturating_mul(HOUR));
    let daily = (4..=7_u64).map(|days| days.saturating_mul(DAY));
    first
        .into_iter()
        .chain(hourly)
        .chain(daily)
        .map(|seconds| began.saturating_add(Duration::from_secs(seconds)))
        .find(|look| *look > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_schedule_to_its_end() {
        let began = Timestamp::from_micros(1_000_000);
        let mut looks = Vec::new();
        let mut now = began;
        while let Some(look) = next_look(began, now) {
            looks.push(look.since(began).as_secs());
            now = look;
        }
        assert_eq!(looks[..7], [60, 300, 900, 1800, 3600, 7200, 10_800]);
        assert_eq!(looks[76..], [4 * DAY, 5 * DAY, 6 * DAY, 7 * DAY]);
        assert_eq!(looks.len(), 80);
    }

    #[test]
    fn a_worker_that_slept_does_not_catch_up_one_by_one() {
        let began = Timestamp::EPOCH;
        let now = began.saturating_add(Duration::from_secs(20 * MINUTE));
        assert_eq!(next_look(began, now).unwrap().since(began).as_secs(), 30 * MINUTE);
    }
}
