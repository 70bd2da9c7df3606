//! Time zones, by which days begin.
//!
//! Guarantees: the zones are those of the IANA database's release that this crate was built with, the same on every
//! machine; nothing is read at run time. A day begins at its midnight, or where a change of the clocks leaves that out,
//! at the first moment after it.
//!
//! Does not: keep times. Times are [`Timestamp`]s; a zone only says where days begin. The file is made by
//! `scripts/zones`; a new release of the database is a new file.
//!
//! Called by: statistics.

use super::Timestamp;
use jiff::{civil::Date, tz::TimeZone};
use std::fmt;

const DATA: &[u8] = include_bytes!("data/zones.bin");

/// A zone of the IANA database, such as `Africa/Lagos`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// The text names no zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone")]
pub struct UnknownZone;

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// A zone by its name; letters in either case, as the database asks.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let (name, rules) = find(DATA, name).ok_or(UnknownZone)?;
        let rules = TimeZone::tzif(name, rules).map_err(|_| UnknownZone)?;
        Ok(Self { name: name.to_owned(), rules })
    }

    /// Its name, as the database spells it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The date there at a time.
    pub(crate) fn date_of(&self, at: Timestamp) -> Date {
        // A Timestamp is in the year 9999 at most everywhere on earth, and so within what jiff knows.
        let moment = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.rules.to_datetime(moment).date()
    }

    /// When a date begins there; `None` beyond the times that can be represented.
    pub(crate) fn start_of(&self, date: Date) -> Option<Timestamp> {
        let start = self.rules.to_zoned(date.at(0, 0, 0, 0)).ok()?.start_of_day().ok()?;
        let micros = start.timestamp().as_microsecond();
        let at = Timestamp::from_micros(micros);
        (at.as_micros() == micros).then_some(at)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Takes so many bytes from the front.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let bytes: [u8; 4] = take(rest, 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// The name as the file spells it, and the zone's TZif. The file's form is described in `scripts/zones`.
fn find<'a>(file: &'a [u8], wanted: &str) -> Option<(&'a str, &'a [u8])> {
    let mut rest = file.strip_prefix(b"MKTZ")?;
    let release = usize::from(*take(&mut rest, 1)?.first()?);
    take(&mut rest, release)?;
    let names: [u8; 2] = take(&mut rest, 2)?.try_into().ok()?;
    let mut found = None;
    for _ in 0..u16::from_le_bytes(names) {
        let length = usize::from(*take(&mut rest, 1)?.first()?);
        let name = std::str::from_utf8(take(&mut rest, length)?).ok()?;
        let (offset, length) = (number(&mut rest)?, number(&mut rest)?);
        if name.eq_ignore_ascii_case(wanted) {
            found = Some((name, offset, length));
        }
    }
    let (name, offset, length) = found?;
    rest.get(offset..)?.get(..length).map(|rules| (name, rules))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(zone: &str, date: &str) -> String {
        Zone::named(zone).unwrap().start_of(date.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn days_begin_by_the_zone() {
        for (zone, date, begins) in [
            ("UTC", "2026-11-23", "2026-11-23T00:00:00Z"),
            ("Africa/Lagos", "2026-11-23", "2026-11-22T23:00:00Z"),
            ("Asia/Kathmandu", "2026-11-23", "2026-11-22T18:15:00Z"),
            ("America/New_York", "2026-07-01", "2026-07-01T04:00:00Z"),
            ("America/New_York", "2026-12-01", "2026-12-01T05:00:00Z"),
            // The clocks go from 00:00 to 01:00 on that day.
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"),
        ] {
            assert_eq!(start(zone, date), begins, "{zone} {date}");
        }
        let lagos = Zone::named("Africa/Lagos").unwrap();
        assert_eq!(lagos.date_of("2026-11-22T22:59:59Z".parse().unwrap()).to_string(), "2026-11-22");
        assert_eq!(lagos.date_of("2026-11-22T23:00:00Z".parse().unwrap()).to_string(), "2026-11-23");
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(Zone::named("africa/lagos").unwrap().name(), "Africa/Lagos");
        for wrong in ["", "Lagos", "Africa/", "Africa/Atlantis", "+01:00", "../UTC", "UTC "] {
            assert_eq!(Zone::named(wrong), Err(UnknownZone), "{wrong:?}");
        }
    }

    #[test]
    fn every_zone_of_the_file_can_be_read_and_shifts_by_quarters_of_an_hour_today() {
        let mut rest = DATA.get(10..).unwrap();
        let names = u16::from_le_bytes(take(&mut rest, 2).unwrap().try_into().unwrap());
        assert!(names > 500, "{names}");
        let now = "2026-11-23T06:00:00Z".parse::<Timestamp>().unwrap();
        for _ in 0..names {
            let length = usize::from(take(&mut rest, 1).unwrap()[0]);
            let name = std::str::from_utf8(take(&mut rest, length).unwrap()).unwrap();
            take(&mut rest, 8).unwrap();
            let zone = Zone::named(name).unwrap_or_else(|_| panic!("{name}"));
            let start = zone.start_of(zone.date_of(now)).unwrap();
            assert_eq!(start.as_micros() % (15 * 60 * 1_000_000), 0, "{name}: {start}");
        }
    }

    #[test]
    fn dates_out_of_range_have_no_beginning() {
        assert_eq!(Zone::utc().start_of(Date::MAX), None);
        assert_eq!(Zone::utc().start_of(Date::MIN), None);
    }
}
