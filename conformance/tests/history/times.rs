//! Times over midnight, New Year and pauses, in logs that tell the day and the year or do not; and
//! lines that are no part of an object that was begun before them.

use crate::layouts::log4j;
use crate::spoken::{Line, take_apart};
use crate::support::{read, recorded};
use fle::Sid;
use fle_conformance::history::complaint::Complaint;
use fle_conformance::history::event::Event;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::Outcome;
use fle_conformance::history::log::{Logs, Report};
use jiff::Timestamp;
use std::fs;
use tempfile::TempDir;

/// What server 1 has read of a log, in seconds since its first event.
fn seconds(log: &str) -> (Vec<i64>, Report) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.log");
    fs::write(&path, log).unwrap();
    let mut logs = Logs::read(&[path]).unwrap();
    let events = &logs.servers[&Sid(1)].events;
    let since = |it: &Event| it.time.unwrap().duration_since(events[0].time.unwrap());
    let seconds = events.iter().map(|it| since(it).as_secs()).collect();
    (seconds, logs.reports.remove(&Sid(1)).unwrap())
}

const LOOKS: &str = "[myid:1] - INFO  [QuorumPeer[myid=1]:FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0\n";

/// Threads write out of order, and servers rest for a year.
#[test]
fn times_go_back_over_midnight_and_leap_where_the_day_and_the_year_are_told() {
    for (times, expected) in [
        (
            &[
                "23:59:58,000",
                "00:00:00,000",
                "23:59:59,000",
                "00:00:01,000",
            ][..],
            &[0, 2, 1, 3][..],
        ),
        (
            &["2025-11-30 12:00:00,000", "2026-11-30 12:00:00,000"],
            &[0, 365 * 86400],
        ),
        (
            &["Nov 30 12:00:00 2025", "Nov 30 12:00:00 2026"],
            &[0, 365 * 86400],
        ),
        (
            &["11/30/2025, 12:00:00 AM", "11/30/2026, 12:00:00 AM"],
            &[0, 365 * 86400],
        ),
        (&["1700000000.123", "1700086400.123"], &[0, 86400]),
        (&["1700000000123", "1700086400123"], &[0, 86400]),
        (&["1000", "86401000"], &[0, 86400]),
    ] {
        let log: String = times.iter().map(|it| format!("{it} {LOOKS}")).collect();
        assert_eq!(seconds(&log).0, expected, "{log}");
    }
}

#[test]
fn complaints_go_on_over_midnight() {
    let channel = "[myid:1] - WARN  [main:QuorumCnxManager@401] - Cannot open channel to 2 at election address /h:1\n";
    let fails = "[myid:1] - ERROR [main:QuorumPeer@1200] - Unexpected exception\njava.io.IOException: No space left on device\n";
    let log = format!(
        "23:59:59,000 {LOOKS}00:00:01,000 {channel}00:00:02,000 {fails}00:00:03,000 {LOOKS}"
    );
    let (events, report) = seconds(&log);
    assert_eq!(events, [0, 4]);
    let last = report.last.unwrap().time;
    let before = |it: &Complaint| last.duration_since(it.time.unwrap()).as_secs();
    let before: Vec<i64> = report.complaints.iter().map(before).collect();
    assert_eq!(before, [2, 1]);
}

/// A brace by itself, or an object that does not end, hides nothing.
#[test]
fn what_is_no_object_hides_no_lines() {
    let looks = format!("2026-11-30 12:00:00,000 {LOOKS}");
    let endless = "  \"a\": 1,\n".repeat(10_000);
    for begun in [
        "{\n",
        &format!("{{\n{endless}"),
        &format!("{{\n{endless}  "),
    ] {
        assert_eq!(seconds(&format!("{looks}{begun}{looks}")).0, [0, 0]);
    }
}

/// Where the day or the year is not told, it goes on over midnight and New Year.
#[test]
fn times_go_on_over_midnight_and_new_year() {
    let log = |times: [&str; 3]| {
        let [starts, looks, waits] = times;
        format!(
            "{starts} [myid:1] - INFO  [main:QuorumPeerMain@152] - Starting quorum peer, myid=1
{looks} [myid:1] - INFO  [QuorumPeer[myid=1]:FastLeaderElection@946] - New election. My id = 1, proposed zxid=0x0
{waits} [myid:1] - INFO  [QuorumPeer[myid=1]:FastLeaderElection@979] - Notification time out: 400 ms\n"
        )
    };
    for times in [
        ["23:59:58,000", "23:59:59,000", "00:00:08,000"],
        [
            "Dec 31 23:59:58.000",
            "Dec 31 23:59:59.000",
            "Jan 01 00:00:08.000",
        ],
        [
            "2026-12-31 23:59:58,000",
            "2026-12-31 23:59:59,000",
            "2027-01-01 00:00:08,000",
        ],
    ] {
        assert_eq!(seconds(&log(times)).0, [0, 1, 10], "{times:?}");
    }
}

/// A date that exists in one order alone tells the order of all, and so do two days.
#[test]
fn the_order_of_a_date_s_numbers_is_told_by_the_whole_log() {
    let told = |form: &str, start: &str| {
        let start: Timestamp = start.parse().unwrap();
        let mut texts = recorded("three-leader-killed");
        let first: Timestamp = "2026-11-23T21:34:11Z".parse().unwrap();
        let shift = start.duration_since(first);
        for (text, sid) in texts.iter_mut().zip(1..) {
            let lines = text.lines().map(|line| match take_apart(line, sid) {
                Line::Said(mut said) => {
                    said.time += shift;
                    log4j(&said).replacen(&said.at("%F"), &said.at(form), 1)
                }
                Line::More(more) => more,
            });
            *text = lines.collect::<Vec<_>>().join("\n");
        }
        let findings = Findings::of(read(&texts), None);
        assert_eq!(findings.verdict.outcome(), Outcome::Allowed, "{form}");
        assert_eq!(findings.answer.outages.len(), 2, "{form} {start}");
        let at = findings.answer.outages[1].from;
        at.strftime("%m-%d %H:%M:%S").to_string()
    };
    for form in [
        "%d-%m-%Y", "%d/%m/%Y", "%d-%m", "%d/%m", "%d.%m.%Y", "%d/%m/%y",
    ] {
        // The 30th and the first; the fourth and the fifth.
        for start in ["2026-04-30T23:59:59.3Z", "2026-03-04T23:59:59.3Z"] {
            let expected = format!(
                "{} 00:00:00",
                if start.contains("-30T") {
                    "05-01"
                } else {
                    "03-05"
                }
            );
            assert_eq!(told(form, start), expected, "{form} {start}");
        }
    }
    assert_eq!(told("%m/%d", "2026-03-04T23:59:59.3Z"), "03-05 00:00:00");
    // Nothing tells: American before a slash, else not.
    assert_eq!(told("%m/%d/%Y", "2026-03-04T12:00:00Z"), "03-04 12:00:00");
    assert_eq!(told("%d-%m-%Y", "2026-03-04T12:00:00Z"), "03-04 12:00:00");
}
