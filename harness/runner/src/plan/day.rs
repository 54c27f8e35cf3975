//! Days, as records and configurations write them.
//!
//! Knows the calendar. Must never know what expires.

use std::str::FromStr;

use jiff::civil::Date;

/// A day written as `2027-06-30`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    Date::from_str(text).ok()
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
