//! Clocks of different servers, held against one another by the messages between them.
//!
//! A server hears its own announcement when it is sent, and another one hears it later; so a
//! message each way bounds how far the two clocks are apart, and the quickest ones bound it best.
//! Messages that were sent more than once are matched with their first sending, which only widens
//! the bounds. A clock that is certainly off is said to be, and its times are moved to those of the
//! first server, so that what is told of several is told in order.

use super::{Log, Report};
use crate::history::event::{Announcement, Fact};
use fle::Sid;
use fle_model::election::trace::format::State;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Less may be threads and networks.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(100);

/// Moves the times of clocks that are off, and says so.
pub(super) fn align(
    servers: &mut BTreeMap<Sid, Log>,
    reports: &mut BTreeMap<Sid, Report>,
) -> Vec<String> {
    let Some((&first, reference)) = servers.first_key_value() else {
        return Vec::new();
    };
    let mut off = Vec::new();
    for (&sid, log) in servers.iter().skip(1) {
        let most = quickest((first, reference), (sid, log));
        let least = quickest((sid, log), (first, reference)).map(|it| -it);
        off.extend(apart(least, most).map(|(words, by)| (sid, words, by)));
    }
    let mut notes = Vec::new();
    for (sid, words, by) in off {
        let moved = match by {
            Some(_) => "; its times are shown by that one's",
            None => "",
        };
        notes.push(format!(
            "the clock of server {sid} is {words} that of server {first}{moved}"
        ));
        let Some(by) = by else {
            continue;
        };
        let log = servers.get_mut(&sid).expect("it was just there");
        put_back(log, reports.entry(sid).or_default(), by);
    }
    notes
}

fn put_back(log: &mut Log, report: &mut Report, by: SignedDuration) {
    let moved = |time: Timestamp| time.checked_sub(by).unwrap_or(time);
    for event in &mut log.events {
        event.time = event.time.map(moved);
    }
    for complaint in &mut report.complaints {
        complaint.time = complaint.time.map(moved);
    }
    if let Some(last) = &mut report.last {
        last.time = moved(last.time);
    }
}

/// By how much a clock is ahead, in words and, where both bounds are known, in numbers.
fn apart(
    least: Option<SignedDuration>,
    most: Option<SignedDuration>,
) -> Option<(String, Option<SignedDuration>)> {
    let certainly =
        least.is_some_and(|it| it > TOLERANCE) || most.is_some_and(|it| it < -TOLERANCE);
    if !certainly {
        return None;
    }
    let seconds = |it: SignedDuration| it.abs().as_secs_f64();
    Some(match (least, most) {
        (Some(least), Some(most)) => {
            let (by, within) = ((least + most) / 2, seconds(most - least) / 2.0);
            let way = if by.is_negative() {
                "behind"
            } else {
                "ahead of"
            };
            let words = format!("{:.3} s (± {within:.3} s) {way}", seconds(by));
            (words, Some(by))
        }
        (Some(least), None) => (format!("at least {:.3} s ahead of", seconds(least)), None),
        (None, most) => (format!("at least {:.3} s behind", seconds(most?)), None),
    })
}

/// The least time, by their two clocks, that a message took from one server to the other.
fn quickest(from: (Sid, &Log), to: (Sid, &Log)) -> Option<SignedDuration> {
    let sent = first_heard(from, from.0);
    let heard = first_heard(to, from.0);
    let took = heard.iter().filter_map(|(announced, heard)| {
        let sent = sent.iter().find(|(it, _)| it == announced)?.1;
        Some(heard.duration_since(sent))
    });
    took.min()
}

/// When a server first heard each vote of a sender, but for those that it heard in more than one
/// election: which of them is the same for the other server is not known.
fn first_heard((_, log): (Sid, &Log), sender: Sid) -> Vec<(Announcement, Timestamp)> {
    let mut heard: Vec<(Announcement, Timestamp)> = Vec::new();
    let mut elections: BTreeMap<usize, usize> = BTreeMap::new();
    let mut again = Vec::new();
    let mut election = 0;
    for event in &log.events {
        match (&event.fact, event.time) {
            (Fact::ElectionStarted { .. }, _) => election += 1,
            (
                Fact::NotificationReceived {
                    from, announcement, ..
                },
                Some(time),
            ) if *from == sender.0 && announcement.state == State::Looking => {
                match heard.iter().position(|(it, _)| it == announcement) {
                    Some(index) if elections[&index] != election => again.push(*announcement),
                    Some(_) => {}
                    None => {
                        elections.insert(heard.len(), election);
                        heard.push((*announcement, time));
                    }
                }
            }
            _ => {}
        }
    }
    heard.retain(|(it, _)| !again.contains(it));
    heard
}
