//! Times as a person reads them.

use crate::model::Timestamp;
use crate::model::text::shown;
use crate::model::time::parse_duration;

/// `in 58 min`, `3 h ago`, `now`.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.since(now);
    if seconds.abs() < 5 {
        return "now".into();
    }
    let length = length(seconds.unsigned_abs());
    if seconds > 0 { format!("in {length}") } else { format!("{length} ago") }
}

/// A length of time in its largest fitting unit, rounded down.
pub(super) fn length(seconds: u64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_399 => format!("{} min", seconds / 60),
        5_400..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Minutes and seconds, as on a clock that runs down.
pub(super) fn countdown(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The time of day here, or the day when it is far away.
pub(super) fn local(at: Timestamp, now: Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_second(at.0) else { return at.rfc3339() };
    let time = time.to_zoned(jiff::tz::TimeZone::system());
    let form = if at.since(now).abs() < 20 * 3600 { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    time.strftime(form).to_string()
}

/// The same where there is little room.
pub(super) fn brief(at: Timestamp, now: Timestamp) -> String {
    let Ok(time) = jiff::Timestamp::from_second(at.0) else { return at.rfc3339() };
    let form = match at.since(now).abs() {
        0..72_000 => "%H:%M",
        // A day without its year is one of the last months.
        72_000..15_552_000 => "%b %e %H:%M",
        _ => "%Y-%m-%d",
    };
    time.to_zoned(jiff::tz::TimeZone::system()).strftime(form).to_string()
}

/// The time that is meant by a length of time before now, a day here, or a time.
pub(super) fn since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(length) = parse_duration(text) {
        return Ok(Timestamp(now.0.saturating_sub(i64::try_from(length.as_secs()).unwrap_or(i64::MAX))));
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp(time.as_second()));
    }
    let local = text.parse::<jiff::civil::DateTime>().and_then(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    local.map(|time| Timestamp(time.timestamp().as_second())).map_err(|_| {
        format!("`{}` is no time: give a length (36h, 7d), a day (2026-11-20) or a time (RFC 3339)", shown(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_length_a_day_or_a_time() {
        let now = Timestamp(1_000_000);
        assert_eq!(since("1h", now), Ok(Timestamp(996_400)));
        assert_eq!(since("1970-01-02T00:00:00Z", now), Ok(Timestamp(86_400)));
        assert!(since("1970-01-02", now).is_ok_and(|at| (at.0 - 86_400).abs() <= 14 * 3600));
        assert!(since("yesterday", now).is_err() && since("", now).is_err());
    }

    #[test]
    fn a_day_is_told_where_it_is_not_this_one() {
        let now = Timestamp(1_800_000_000);
        let told = |ago: i64| brief(Timestamp(now.0 - ago), now).len();
        assert_eq!((told(0), told(71_999)), ("13:20".len(), 5));
        assert_eq!((told(72_000), told(170 * 86_400)), ("Jan 14 13:20".len(), 12));
        assert_eq!((told(200 * 86_400), told(9_000 * 86_400)), ("2026-06-29".len(), 10));
    }

    #[test]
    fn times_are_told_in_one_unit() {
        let now = Timestamp(1_000_000);
        let cases = [
            (0, "now"),
            (-4, "now"),
            (59, "in 59 s"),
            (-90, "90 s ago"),
            (3599, "in 59 min"),
            (-5400, "1 h ago"),
            (86_400, "in 24 h"),
            (-260_000, "3 days ago"),
        ];
        for (offset, words) in cases {
            assert_eq!(relative(Timestamp(now.0 + offset), now), words);
        }
        assert_eq!(countdown(299), "4:59");
    }
}
