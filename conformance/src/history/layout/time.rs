//! When a line was written: a date and a time in whatever order and separators layouts have.
//!
//! A line may carry several: what passed it on (a container's runtime, syslog) puts its own before
//! the server's. The most exact one counts, the server's own where they are alike. A time without a
//! zone is taken for UTC, one without a year for 1972, one without a date for 1970-01-01, and on
//! over New Year and midnight ([`Clock`]): only differences matter.
//!
//! Whether `04/03` is in April or in March, a log tells as a whole: every date in it has to exist,
//! and time passes evenly. Where both orders fit alike, the month leads before a slash.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};
use std::array;
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
        format!(
            r"\b(?<a>\d\d?)/(?<b>\d\d?)/(?<c>\d{{4}}|\d\d),?[ T]{CLOCK}(?: ?(?<half>AM|PM)\b)?{ZONE}"
        ),
        format!(
            r"\b(?<a>\d\d?)(?<dash>[-.])(?<b>\d\d?)[-.](?<c>\d{{4}}),?[ T]{CLOCK}(?: ?(?<half>AM|PM)\b)?{ZONE}"
        ),
        format!(r"(?:^|[\s\[(|])(?<a>\d\d)(?:/|(?<dash>[-.]))(?<b>\d\d)[ T]{CLOCK}{ZONE}"),
        r"\b(?<m>\d\d)(?<d>\d\d) (?<h>\d\d):(?<min>\d\d):(?<s>\d\d)[. ](?<f>\d{3,9})\b".to_owned(),
        r"\b(?<seconds>1\d{9})\.(?<f>\d{3,9})\b".to_owned(),
        r"(?:^|[\s\[=(])(?<millis>1\d{12})\b".to_owned(),
        format!(r"(?:^|[^\d:.]){CLOCK}\b"),
        r"^\s*(?<since>\d{1,10}) +(?:ms +)?(?:\[|INFO|WARN|DEBUG|ERROR)".to_owned(),
    ];
    let compile = |form: &String| Regex::new(form).expect("the forms are constants");
    forms.iter().map(compile).collect()
});

/// In which order the numbers of a date stand: year, month, day; month, day; day, month.
const ORDERS: usize = 3;
const YEAR_FIRST: usize = 0;
const MONTH_FIRST: usize = 1;
const DAY_FIRST: usize = 2;

/// When, and how exactly that is told.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    /// By each order, as far as it makes a date.
    at: [Option<Timestamp>; ORDERS],
    /// The likeliest order; `None` where it is told.
    usual: Option<usize>,
    /// Whether parts of a second are told.
    pub(crate) is_exact: bool,
    /// After how long the same time comes again, because the day or the year is not told.
    pub(crate) again: Option<SignedDuration>,
}

impl Time {
    /// A time that is told in one way only.
    pub(crate) fn certain(at: Timestamp, is_exact: bool) -> Self {
        Self {
            at: [Some(at); ORDERS],
            usual: None,
            is_exact,
            again: None,
        }
    }
}

/// The times of one log, whose days or years may not be told: they go on over midnight and New
/// Year. Nor may the order be, in which the numbers of a date stand, before the log is read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clock {
    hands: [Hand; ORDERS],
    usual: Option<usize>,
}

/// A clock by one order.
#[derive(Clone, Copy, Default)]
struct Hand {
    last: Option<Timestamp>,
    shift: SignedDuration,
    /// How far it has gone, on and back.
    way: SignedDuration,
    /// Whether there was no such date.
    is_refuted: bool,
}

/// A time, by each order.
#[derive(Clone, Copy)]
pub(crate) struct Told([Option<Timestamp>; ORDERS]);

impl Clock {
    /// Takes the log's next time.
    pub(crate) fn tell(&mut self, time: Time) -> Told {
        self.usual = self.usual.or(time.usual);
        Told(array::from_fn(|order| self.hands[order].tell(time, order)))
    }

    /// The time as the log means it, as far as it is read.
    pub(crate) fn meant(&self, told: Told) -> Option<Timestamp> {
        let order = (0..ORDERS).min_by_key(|&order| {
            let hand = &self.hands[order];
            (hand.is_refuted, hand.way, Some(order) != self.usual)
        });
        told.0[order?].or_else(|| told.0.into_iter().flatten().next())
    }
}

impl Hand {
    /// As near to the time before as it can be.
    fn tell(&mut self, time: Time, order: usize) -> Option<Timestamp> {
        let Some(told) = time.at[order] else {
            self.is_refuted = true;
            return None;
        };
        let at = |shift| told.checked_add(shift).unwrap_or(told);
        let told = match time.again {
            None => told,
            Some(period) => {
                let after = self.last.map(|last| at(self.shift).duration_since(last));
                match after {
                    Some(after) if after < -period / 2 => self.shift += period,
                    Some(after) if after > period / 2 => self.shift -= period,
                    _ => {}
                }
                at(self.shift)
            }
        };
        let gone = self.last.map(|last| told.duration_since(last).abs());
        self.way = self.way.saturating_add(gone.unwrap_or_default());
        self.last = Some(told);
        Some(told)
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
            let times = array::from_fn(|order| timestamp(&captures, order));
            if found.iter().all(is_free) && times.iter().any(Option::is_some) {
                found.push(Found {
                    time: Time {
                        at: times,
                        usual: usual(&captures),
                        is_exact: has(&captures, &["f", "millis", "since"]),
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
    let at = Timestamp::from_duration(since).ok()?;
    let is_exact = per_second > 1.0 || number.fract() != 0.0;
    Some(Time::certain(at, is_exact))
}

/// Two digits for the year put it first; else the month leads before a slash, and the day before a
/// dash or a dot.
fn usual(captures: &Captures<'_>) -> Option<usize> {
    captures.name("a")?;
    let year = captures.name("c").map(|it| it.as_str());
    Some(match year {
        Some(year) if year.len() == 2 => YEAR_FIRST,
        _ if has(captures, &["dash"]) => DAY_FIRST,
        _ => MONTH_FIRST,
    })
}

fn again(captures: &Captures<'_>) -> Option<SignedDuration> {
    if has(captures, &["y", "yy", "c", "seconds", "millis", "since"]) {
        return None;
    }
    let days = if has(captures, &["d", "a"]) { 366 } else { 1 };
    Some(SignedDuration::from_hours(24 * days))
}

fn has(captures: &Captures<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| captures.name(name).is_some())
}

fn timestamp(captures: &Captures<'_>, order: usize) -> Option<Timestamp> {
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
    let (year, month, day) = date(captures, order)?;
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

fn date(captures: &Captures<'_>, order: usize) -> Option<(i16, i8, i8)> {
    let text = |name: &str| captures.name(name).map(|it| it.as_str());
    let number = |name: &str| text(name)?.parse::<i8>().ok();
    if let (Some(a), Some(b)) = (number("a"), number("b")) {
        let last = match text("c") {
            None => NO_YEAR,
            Some(year) if year.len() == 2 => 2000 + year.parse::<i16>().ok()?,
            Some(year) => year.parse().ok()?,
        };
        return match order {
            MONTH_FIRST => Some((last, a, b)),
            DAY_FIRST => Some((last, b, a)),
            _ => Some((2000 + i16::from(a), b, number("c")?)),
        };
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
