//! When a line was written: a date and a time in whatever order and separators layouts have.
//!
//! A line may carry several: what passed it on (a container's runtime, syslog) puts its own before
//! the server's. The most exact one counts, the server's own where they are alike. A time without a
//! zone is taken for UTC, one without a year for 1972, one without a date for 1970-01-01, and on
//! over New Year and midnight ([`Clock`]): only differences matter.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// A leap year, so that every day that a year-less date can name exists.
const NO_YEAR: i16 = 1972;

const CLOCK: &str = r"(?<h>\d\d?):(?<min>\d\d):(?<s>\d\d)(?:[.,:](?<f>\d{1,9}))?";
const ZONE: &str = r"(?: ?(?<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?";
const MONTH: &str = r"(?<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*";

/// How dates are written, the unmistakable first.
static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let day_first = format!(r"\b(?<d>\d\d?)[ /-]{MONTH}[ /-](?<y>\d{{4}})[ :T]{CLOCK}{ZONE}");
    let month_first = format!(
        r"\b{MONTH} +(?<d>\d\d?),?(?: (?<y>\d{{4}}),?)? {CLOCK}(?: ?(?<half>AM|PM)\b)?{ZONE}(?: (?<yy>\d{{4}})\b)?"
    );
    let forms = [
        format!(r"\b(?<y>\d{{4}})[-/.](?<m>\d\d)[-/.](?<d>\d\d)[T _]{CLOCK}{ZONE}"),
        format!(
            r"\b(?<y>\d{{4}})(?<m>\d\d)(?<d>\d\d)[T ](?<h>\d\d):?(?<min>\d\d):?(?<s>\d\d)(?:[.,:](?<f>\d{{1,9}}))?{ZONE}"
        ),
        day_first,
        month_first,
        format!(r"\b(?<a>\d\d?)/(?<b>\d\d?)/(?<c>\d{{4}}|\d\d),? {CLOCK}(?: ?(?<half>AM|PM)\b)?"),
        r"\b(?<m>\d\d)(?<d>\d\d) (?<h>\d\d):(?<min>\d\d):(?<s>\d\d)[. ](?<f>\d{3,9})\b".to_owned(),
        r"\b(?<seconds>1\d{9})\.(?<f>\d{3,9})\b".to_owned(),
        r"(?:^|[\s\[=(])(?<millis>1\d{12})\b".to_owned(),
        format!(r"(?:^|[^\d:.]){CLOCK}\b"),
        r"^\s*(?<since>\d{1,10}) +(?:ms +)?(?:\[|INFO|WARN|DEBUG|ERROR)".to_owned(),
    ];
    let compile = |form: &String| Regex::new(form).expect("the forms are constants");
    forms.iter().map(compile).collect()
});

/// When, and how exactly that is told.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) at: Timestamp,
    /// Whether parts of a second are told.
    pub(crate) is_exact: bool,
    /// After how long the same time comes again, because the day or the year is not told.
    pub(crate) again: Option<SignedDuration>,
}

/// The times of one log, whose days or years may not be told: they go on over midnight and New
/// Year.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    last: Option<Timestamp>,
    shift: SignedDuration,
}

impl Clock {
    /// The time as the log means it: as near to the one before as it can be.
    pub(crate) fn tell(&mut self, time: Time) -> Timestamp {
        let at = |shift| time.at.checked_add(shift).unwrap_or(time.at);
        let Some(period) = time.again else {
            return time.at;
        };
        let after = self.last.map(|last| at(self.shift).duration_since(last));
        match after {
            Some(after) if after < -period / 2 => self.shift += period,
            Some(after) if after > period / 2 => self.shift -= period,
            _ => {}
        }
        let told = at(self.shift);
        self.last = Some(told);
        told
    }
}

/// A time, and where in the line it stands.
pub(super) struct Found {
    pub(super) time: Time,
    pub(super) at: Range<usize>,
    has_date: bool,
}

/// The times in what stands before the message, from left to right.
pub(super) fn find(header: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for form in FORMS.iter() {
        for captures in form.captures_iter(header) {
            let at = captures.get(0).expect("the whole match").range();
            let is_free = |it: &Found| at.end <= it.at.start || it.at.end <= at.start;
            if found.iter().all(is_free)
                && let Some(time) = timestamp(&captures)
            {
                let is_exact = has(&captures, &["f", "millis", "since"]);
                found.push(Found {
                    time: Time {
                        at: time,
                        is_exact,
                        again: again(&captures),
                    },
                    at,
                    has_date: has(&captures, &["d", "a", "seconds", "millis"]),
                });
            }
        }
    }
    found.sort_by_key(|it| it.at.start);
    found
}

/// The most exact one, the last of those that are alike.
pub(super) fn best(found: &[Found]) -> Option<Time> {
    let best = found
        .iter()
        .max_by_key(|it| (it.time.is_exact, it.has_date, it.at.start));
    best.map(|it| it.time)
}

/// A point in time as a number since 1970, in the unit that its size tells.
pub(super) fn since_1970(number: f64) -> Option<Time> {
    let per_second = match number.abs() {
        small if small < 1e11 => 1.0,
        small if small < 1e14 => 1e3,
        small if small < 1e17 => 1e6,
        _ => 1e9,
    };
    let since = SignedDuration::try_from_secs_f64(number / per_second).ok()?;
    Some(Time {
        at: Timestamp::from_duration(since).ok()?,
        is_exact: per_second > 1.0 || number.fract() != 0.0,
        again: None,
    })
}

fn again(captures: &Captures<'_>) -> Option<SignedDuration> {
    if has(captures, &["y", "yy", "c", "seconds", "millis", "since"]) {
        return None;
    }
    let days = if has(captures, &["d"]) { 366 } else { 1 };
    Some(SignedDuration::from_hours(24 * days))
}

fn has(captures: &Captures<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| captures.name(name).is_some())
}

fn timestamp(captures: &Captures<'_>) -> Option<Timestamp> {
    let text = |name: &str| captures.name(name).map(|it| it.as_str());
    let nanos: i32 = format!("{:0<9}", text("f").unwrap_or_default())
        .parse()
        .ok()?;
    if let Some(millis) = text("millis").or(text("since")) {
        return Timestamp::from_millisecond(millis.parse().ok()?).ok();
    }
    if let Some(seconds) = text("seconds") {
        return Timestamp::new(seconds.parse().ok()?, nanos).ok();
    }
    let number = |name: &str| text(name)?.parse::<i8>().ok();
    let (year, month, day) = date(captures)?;
    let hour = match (number("h")?, text("half")) {
        (12, Some("AM")) => 0,
        (hour, Some("PM")) if hour < 12 => hour + 12,
        (hour, _) => hour,
    };
    let civil = DateTime::new(year, month, day, hour, number("min")?, number("s")?, nanos).ok()?;
    let zone = text("zone").map_or(Some(Offset::UTC), offset)?;
    let zoned = civil.to_zoned(TimeZone::fixed(zone)).ok()?;
    Some(zoned.timestamp())
}

fn date(captures: &Captures<'_>) -> Option<(i16, i8, i8)> {
    let text = |name: &str| captures.name(name).map(|it| it.as_str());
    let number = |name: &str| text(name)?.parse::<i8>().ok();
    if let (Some(a), Some(b), Some(c)) = (number("a"), number("b"), text("c")) {
        // Two digits for the year put it first; else the month leads where it can.
        return Some(match c.parse::<i16>().ok()? {
            day if c.len() == 2 => (2000 + i16::from(a), b, i8::try_from(day).ok()?),
            year if a > 12 => (year, b, a),
            year => (year, a, b),
        });
    }
    let Some(day) = number("d") else {
        return Some((1970, 1, 1));
    };
    let year = match text("y").or(text("yy")) {
        Some(year) => year.parse().ok()?,
        None => NO_YEAR,
    };
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = match text("mon") {
        Some(name) => i8::try_from(months.iter().position(|it| *it == name)? + 1).ok()?,
        None => number("m")?,
    };
    Some((year, month, day))
}

fn offset(zone: &str) -> Option<Offset> {
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let Ok(number) = digits.parse::<i32>() else {
        return Some(Offset::UTC); // Z, UTC or GMT.
    };
    let minutes = number / 100 * 60 + number % 100;
    let signed = if zone.starts_with('-') {
        -minutes
    } else {
        minutes
    };
    Offset::from_seconds(signed * 60).ok()
}
