//! Which intervals a series has. Pure.

use super::{AskSeries, quarter_of};
use crate::{
    error::FieldError,
    text::words,
    time::{Timestamp, Zone},
};
use jiff::{
    Span, ToSpan as _,
    civil::{Date, Weekday},
};
use std::str::FromStr;

/// How long one point of a series lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interval {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}
words!(Interval { Day = "day", Week = "week", Month = "month" });

impl Interval {
    /// The first day of the interval that a date is in.
    fn first_day(self, date: Date) -> Option<Date> {
        match self {
            Self::Day => Some(date),
            Self::Week => {
                let days = date.weekday().since(Weekday::Monday);
                date.checked_sub(Span::new().days(i64::from(days))).ok()
            }
            Self::Month => Some(date.first_of_month()),
        }
    }

    fn span(self, count: i64) -> Option<Span> {
        match self {
            Self::Day => Span::new().try_days(count),
            Self::Week => Span::new().try_weeks(count),
            Self::Month => Span::new().try_months(count),
        }
        .ok()
    }

    /// How many points a series has if nothing is said.
    const fn usual(self) -> i64 {
        match self {
            Self::Day => 30,
            Self::Week | Self::Month => 12,
        }
    }
}

/// The most points of one series.
const MOST: usize = 400;

/// Where a range begins or ends: at a time, or with a whole day of whatever zone is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    At(Timestamp),
    On(Date),
}

/// The text is neither an RFC 3339 time nor a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an RFC 3339 time nor a date")]
pub struct ParseEdgeError;

impl From<Timestamp> for Edge {
    fn from(at: Timestamp) -> Self {
        Self(Kind::At(at))
    }
}

impl FromStr for Edge {
    type Err = ParseEdgeError;
    /// `2026-11-23T06:00:00Z` or `2026-11-23`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain_date = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if plain_date {
            return text.parse().map(|date| Self(Kind::On(date))).map_err(|_| ParseEdgeError);
        }
        text.parse().map(|at| Self(Kind::At(at))).map_err(|_| ParseEdgeError)
    }
}

fn wrong(field: &str, code: &'static str, message: &str) -> FieldError {
    FieldError::new(field, code, message)
}

fn out_of_range(field: &str) -> FieldError {
    wrong(field, "out_of_range", "this date is too far away")
}

fn range_reversed() -> FieldError {
    wrong("from", "after_to", "the range ends before it begins")
}

impl Edge {
    fn date(self, zone: &Zone) -> Date {
        match self.0 {
            Kind::At(at) => zone.date_of(at),
            Kind::On(date) => date,
        }
    }

    /// From when on.
    fn begin(self, zone: &Zone) -> Result<Timestamp, FieldError> {
        match self.0 {
            Kind::At(at) => Ok(at),
            Kind::On(date) => zone.start_of(date).ok_or_else(|| out_of_range("from")),
        }
    }

    /// Until before when: a day counts whole.
    fn end(self, zone: &Zone) -> Result<Timestamp, FieldError> {
        match self.0 {
            Kind::At(at) => Ok(at),
            Kind::On(date) => {
                let next = date.checked_add(1.day()).ok();
                next.and_then(|next| zone.start_of(next)).ok_or_else(|| out_of_range("to"))
            }
        }
    }
}

/// The times that a range is between, the last one excluded.
pub(super) fn range(
    from: Option<Edge>,
    to: Option<Edge>,
    zone: &Zone,
) -> Result<(Option<Timestamp>, Option<Timestamp>), FieldError> {
    // The day after a day begins where that day ends.
    let reversed = matches!((from, to), (Some(Edge(Kind::On(from))), Some(Edge(Kind::On(to)))) if from > to);
    let from = from.map(|from| from.begin(zone)).transpose()?;
    let to = to.map(|to| to.end(zone)).transpose()?;
    match (from, to) {
        (Some(from), Some(to)) if reversed || from > to => Err(range_reversed()),
        range => Ok(range),
    }
}

/// The beginnings of the intervals of a series, and the end of the last one: whole intervals that hold the whole range.
pub(super) fn bounds(ask: &AskSeries, now: Timestamp) -> Result<Vec<Timestamp>, FieldError> {
    let AskSeries { from, to, interval, zone, .. } = ask;
    range(*from, *to, zone)?;
    let end = match to {
        None => now.max(from.map_or(Ok(now), |from| from.begin(zone))?),
        Some(to) => to.end(zone)?,
    };
    // The day before the end, unless the end is the beginning of a day.
    let last = zone.date_of(end);
    let whole = zone.start_of(last).ok_or_else(|| out_of_range("to"))? == end && to.is_some();
    let after = if whole { last } else { last.checked_add(1.day()).map_err(|_| out_of_range("to"))? };
    let first = if let Some(from) = from {
        interval.first_day(from.date(zone))
    } else {
        let newest = after.checked_sub(1.day()).ok().and_then(|date| interval.first_day(date));
        let back = interval.span(interval.usual().saturating_sub(1));
        newest.zip(back).and_then(|(newest, back)| newest.checked_sub(back).ok())
    };
    let first = first.ok_or_else(|| out_of_range("from"))?;

    let mut bounds = Vec::new();
    for count in 0_i64.. {
        let date = interval.span(count).and_then(|span| first.checked_add(span).ok());
        let date = date.ok_or_else(|| out_of_range("to"))?;
        let start = zone.start_of(date).ok_or_else(|| out_of_range("to"))?;
        bounds.push(quarter_of(start));
        if date >= after {
            break;
        }
        if bounds.len() > MOST {
            return Err(wrong("from", "range_too_long", "a series has at most 400 points"));
        }
    }
    Ok(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-23T06:00:00Z";

    fn ask(from: &str, to: &str, interval: Interval, zone: &str) -> Result<Vec<String>, &'static str> {
        let edge = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let zone = Zone::named(zone).unwrap();
        let ask = AskSeries { currency: Some(Currency::NGN), from: edge(from), to: edge(to), interval, zone };
        let bounds = bounds(&ask, NOW.parse().unwrap()).map_err(|error| error.code)?;
        Ok(bounds.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_range_is_widened_to_whole_intervals() {
        let days = ask("2026-11-21", "2026-11-22", Interval::Day, "Africa/Lagos").unwrap();
        assert_eq!(days, ["2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"]);
        let weeks = ask("2026-11-19T12:00:00Z", "2026-11-23T00:00:00Z", Interval::Week, "UTC").unwrap();
        assert_eq!(weeks, ["2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"], "Monday to Monday");
        let months = ask("2026-01-31", "2026-02-01", Interval::Month, "UTC").unwrap();
        assert_eq!(months, ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]);
        let long = ask("2026-10-31", "2026-11-01", Interval::Day, "America/New_York").unwrap();
        assert_eq!(
            long,
            ["2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"],
            "25 hours"
        );
    }

    #[test]
    fn without_a_range_it_ends_with_the_present_interval() {
        let days = ask("", "", Interval::Day, "UTC").unwrap();
        assert_eq!((days.len(), days[0].as_str()), (31, "2026-10-25T00:00:00Z"));
        assert_eq!(days[30], "2026-11-24T00:00:00Z");
        let months = ask("", "", Interval::Month, "UTC").unwrap();
        assert_eq!(
            (months[0].as_str(), months[12].as_str()),
            ("2025-12-01T00:00:00Z", "2026-12-01T00:00:00Z")
        );
        let open = ask("2026-11-23", "", Interval::Day, "UTC").unwrap();
        assert_eq!(open, ["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]);
        let ahead = ask("2027-01-01", "", Interval::Day, "UTC").unwrap();
        assert_eq!(ahead, ["2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"], "the future has one empty point");
    }

    #[test]
    fn wrong_ranges_say_why() {
        assert_eq!(ask("2026-11-02", "2026-11-01", Interval::Day, "UTC"), Err("after_to"));
        assert_eq!(
            ask("2026-11-01T00:00:01Z", "2026-11-01T00:00:00Z", Interval::Day, "UTC"),
            Err("after_to")
        );
        assert_eq!(ask("2024-01-01", "2026-01-01", Interval::Day, "UTC"), Err("range_too_long"));
        assert_eq!(ask("2024-01-01", "2026-01-01", Interval::Month, "UTC").unwrap().len(), 26);
        assert_eq!(ask("", "9999-12-31", Interval::Day, "UTC"), Err("out_of_range"));
        for wrong in ["", "today", "2026-13-01", "2026-02-30", "2026-1-1", "20261123", "2026-11-23T06:00:00"]
        {
            assert_eq!(wrong.parse::<Edge>(), Err(ParseEdgeError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn intervals_hold_the_range_in_order(
            start in 1_500_000_000_i64..2_200_000_000, length in 0_i64..30_000_000,
            interval in prop::sample::select(vec![Interval::Day, Interval::Week, Interval::Month]),
            zone in prop::sample::select(vec!["UTC", "Africa/Lagos", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
        ) {
            let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
            let (from, to) = (at(start), at(start + length));
            let zone = Zone::named(zone).unwrap();
            let ask = AskSeries { currency: None, from: Some(from.into()), to: Some(to.into()), interval, zone };
            let bounds = bounds(&ask, at(0)).unwrap();
            prop_assert!(bounds[0] <= from && to <= *bounds.last().unwrap());
            prop_assert!(bounds.is_sorted());
            let inner = &bounds[1..bounds.len().saturating_sub(1)];
            prop_assert!(inner.iter().all(|bound| from < *bound && *bound < to), "no interval too many");
        }
    }
}
