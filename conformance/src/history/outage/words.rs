//! The answer in words, as the text and the page show it.

use super::facts::{Answer, Doubt, Evidence, Outage, Whose};
use fle::Sid;
use jiff::fmt::strtime;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;

/// Shorter times are told with parts of a second.
const SHORT: SignedDuration = SignedDuration::from_secs(10);

/// The answer as text.
#[must_use]
pub fn text(answer: &Answer) -> String {
    let mut out = String::new();
    for outage in &answer.outages {
        out += &outage_text(outage);
    }
    let _ = writeln!(out, "{}", conclusion(answer));
    out
}

/// What there is to say of all of them, and of the end of the logs.
#[must_use]
pub fn conclusion(answer: &Answer) -> String {
    if !answer.is_timed {
        return "when there was no leader is not known from these logs: no line tells a time"
            .to_owned();
    }
    let none = if answer.outages.is_empty() {
        "no time without a leader is known from these logs; "
    } else {
        ""
    };
    let is_last = |it: &Outage| it.until.is_none() && it.whose == Whose::Ensemble;
    let lasts = answer.outages.iter().any(is_last);
    let leads = match (answer.leader, lasts) {
        (Some(leader), _) if answer.is_certain => format!("server {leader} leads"),
        (Some(leader), _) => {
            format!("server {leader} leads, as far as they tell")
        }
        (None, true) if answer.is_certain => "nobody leads".to_owned(),
        (None, true) => "no leader is told of, and one may not be told of".to_owned(),
        (None, false) => "who leads is not known from these logs".to_owned(),
    };
    format!("{none}at the end of the logs {leads}")
}

/// One time without a leader, as text.
#[must_use]
pub fn outage_text(outage: &Outage) -> String {
    let mut out = headline(outage);
    out.push('\n');
    for cause in &outage.causes {
        let _ = writeln!(out, "  why: {}", cause.what);
        if let Some(evidence) = &cause.evidence {
            let _ = writeln!(out, "       {}", proof(evidence, cause.lines));
        }
        let _ = writeln!(out, "   do: {}", cause.remedy);
    }
    for missing in &outage.missing {
        let evidence = missing.evidence.as_ref();
        let at = evidence.map_or(String::new(), |it| format!(" ({})", place(it)));
        let _ = writeln!(
            out,
            "  missing: server {}: {}{at}",
            missing.sid, missing.what
        );
    }
    out
}

/// When, whose and how long: `no leader from 12:01:07 to 12:03:22 (2 min 15 s)`.
#[must_use]
pub fn headline(outage: &Outage) -> String {
    let whom = match outage.whose {
        Whose::Ensemble => "no leader".to_owned(),
        Whose::Server(sid) | Whose::ServerAtLeast(sid) => format!("server {sid} had no leader"),
    };
    let others = match (outage.whose, outage.after) {
        (Whose::Ensemble, after) => change(outage.before, after),
        (Whose::Server(_), Some(leader)) => {
            format!(", while others had one; then it had server {leader}")
        }
        (Whose::Server(_), None) => ", while others had one".to_owned(),
        (Whose::ServerAtLeast(_), _) => {
            "; whether the others had one is not known from these logs".to_owned()
        }
    };
    let doubt = outage
        .doubt
        .as_ref()
        .map_or(String::new(), |it| doubt(it, outage));
    format!("{whom} {}{others}{doubt}", when(outage))
}

/// What these logs do not tell of it.
fn doubt(doubt: &Doubt, outage: &Outage) -> String {
    let is_last = doubt.until >= outage.until.unwrap_or(outage.logs_end);
    let (since, until) = (clock(doubt.since), clock(doubt.until));
    let when = match (doubt.since <= outage.from, is_last) {
        (true, true) => String::new(),
        (true, false) => format!(" before {until}"),
        (false, true) => format!(" after {since}"),
        (false, false) => format!(" from {since} to {until}"),
    };
    let whose = names(&doubt.servers);
    format!(
        "; not certain{when}: whether there was one is not told by these logs, where lines of \
         {whose} may be missing"
    )
}

/// From when to when, and how long: the day once, if it is one.
fn when(outage: &Outage) -> String {
    let exact = outage.lasted() < SHORT;
    let lasted = duration(outage.lasted());
    let (from, day_from) = (time(outage.from, exact), on(outage.from));
    let Some(until) = outage.until else {
        return format!("from {from}{day_from} to the end of the logs ({lasted})");
    };
    let (until, day_until) = (time(until, exact), on(until));
    if day_from == day_until {
        format!("from {from} to {until} ({lasted}){day_until}")
    } else {
        format!("from {from}{day_from} to {until}{day_until} ({lasted})")
    }
}

/// Who led before and after.
fn change(before: Option<Sid>, after: Option<Sid>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before == after => {
            format!("; server {before} led before and after")
        }
        (Some(before), Some(after)) => {
            format!("; server {before} led before, server {after} after")
        }
        (Some(before), None) => format!("; server {before} led before"),
        (None, Some(after)) => format!("; server {after} led after"),
        (None, None) => String::new(),
    }
}

/// The lines that say so, the first in full.
#[must_use]
pub fn proof(evidence: &Evidence, lines: usize) -> String {
    let at = place(evidence);
    let first = match lines {
        0 | 1 => at,
        more => format!("{more} lines, the first {at}"),
    };
    if evidence.says.is_empty() {
        first
    } else {
        format!("{first}: {}", evidence.says)
    }
}

/// Where a line stands.
#[must_use]
pub fn place(evidence: &Evidence) -> String {
    format!("{}:{}", evidence.file.display(), evidence.line)
}

/// A time of the day as the logs tell it.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    time(at, true)
}

fn time(at: Timestamp, exact: bool) -> String {
    let form = if exact { "%H:%M:%S%.3f" } else { "%H:%M:%S" };
    strtime::format(form, at).unwrap_or_else(|_| at.to_string())
}

fn day(at: Timestamp) -> String {
    strtime::format("%F", at).unwrap_or_default()
}

/// The day, where the logs tell one: times without a date are of the first.
fn on(at: Timestamp) -> String {
    let day = day(at);
    if day == "1970-01-01" {
        String::new()
    } else {
        format!(" on {day}")
    }
}

/// How long, in the two units that matter.
#[must_use]
pub fn duration(lasted: SignedDuration) -> String {
    let seconds = lasted.as_secs();
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds < 10 => format!("{:.3} s", lasted.as_secs_f64()),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Servers in words.
#[must_use]
pub fn names(sids: &[Sid]) -> String {
    match sids {
        [sid] => format!("server {sid}"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(Sid::to_string).collect();
            format!("servers {} and {last}", most.join(", "))
        }
        [] => "no server".to_owned(),
    }
}
