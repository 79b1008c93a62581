//! Points in time, in whole seconds of the Unix epoch. What is stored and compared is always UTC.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A source of the present. Passed in, so that no use case reads the machine's clock by itself.
pub(crate) type Clock = fn() -> Timestamp;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub(crate) i64);

impl Timestamp {
    /// The end of the calendar, some hours before the year 10,000: RFC 3339 has no later year, and no zone may come to one.
    pub(crate) const END: Self = Self(253_402_207_200);
    /// The beginning of the year 0, before which RFC 3339 has none.
    const BEGINNING: Self = Self(-62_167_219_200);

    /// The present, by the machine's clock. A clock before 1970 counts as 1970.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    /// This time plus `seconds`, held at the end of the range instead of overflowing.
    pub(crate) fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Seconds from `earlier` to this time; negative when this time is before it.
    pub(crate) fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time in an HTTP `Date` (RFC 9110 §5.6.7), in the form that is to be sent.
    pub(crate) fn from_http_date(text: &str) -> Option<Self> {
        let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Self(time.as_second()))
    }

    /// RFC 3339 in UTC. What a server names beyond the calendar is told as its end.
    pub(crate) fn rfc3339(self) -> String {
        let told = self.clamp(Self::BEGINNING, Self::END);
        jiff::Timestamp::from_second(told.0).map_or_else(|_| told.0.to_string(), |time| time.to_string())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let beyond = text.parse::<i64>().ok().map(Self);
        let time = text.parse::<jiff::Timestamp>().ok().map(|time| Self(time.as_second()));
        time.or(beyond).ok_or_else(|| serde::de::Error::custom("not a time in RFC 3339"))
    }
}

/// A duration as a person types it: `90`, `30s`, `5m`, `12h`, `7d` (a bare number is seconds).
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("write a duration as 30s, 5m, 12h or 7d".into()),
    };
    let count: u64 = digits.parse().map_err(|_| "write a duration as 30s, 5m, 12h or 7d".to_owned())?;
    count.checked_mul(factor).map(Duration::from_secs).ok_or_else(|| "that duration is too long".into())
}

/// The same where people think in days, and a bare number would be taken for them.
pub(crate) fn parse_with_unit(text: &str) -> Result<Duration, String> {
    let bare = text != "0" && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if bare { Err(format!("say of what: {text}d for days, {text}h for hours")) } else { parse_duration(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_rfc_3339_utc() {
        assert_eq!(Timestamp(1_700_000_000).rfc3339(), "2023-11-14T22:13:20Z");
        assert_eq!(Timestamp::END.rfc3339(), "9999-12-30T22:00:00Z");
        assert_eq!(Timestamp(i64::MAX).rfc3339(), "9999-12-30T22:00:00Z");
        assert_eq!(Timestamp(i64::MIN).rfc3339(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn the_date_of_a_server_is_read() {
        assert_eq!(Timestamp::from_http_date("Tue, 14 Nov 2023 22:13:20 GMT"), Some(Timestamp(1_700_000_000)));
        assert_eq!(Timestamp::from_http_date("yesterday"), None);
    }

    #[test]
    fn arithmetic_is_held_at_the_end_of_the_range() {
        assert_eq!(Timestamp(5).plus(u64::MAX), Timestamp(i64::MAX));
        assert_eq!(Timestamp(i64::MIN).since(Timestamp(1)), i64::MIN);
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "m", "-5", "5 m", "5w", "1.5h", "99999999999999999999", "9999999999999999999d"] {
            assert!(parse_duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
