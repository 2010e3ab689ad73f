//! ZooKeeper's server logs: what their lines say, whatever the layout.
//!
//! A line is recognised by the words of its message, which 3.4 to 3.9 share but for the order in one. What stands before it
//! depends on the layout: log4j's and logback's of the distribution and of Debian (a time, the server, a level, thread and
//! class), slf4j-simple's (thread, level and class, the time only if switched on), Kafka's (a time, a level, the class at the end).
//! From that come the time, if there is one, and the server, which the thread's name tells where the layout does not.
//!
//! The rules that a history is held to are those of 3.8 whichever version wrote it.

use super::event::{Announcement, Ballot, Fact, Wait};
use fle_model::election::trace::format::State;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// What a line says of an election.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// When, if the layout tells it.
    pub time: Option<Timestamp>,
    /// Who speaks, if the line tells it.
    pub sid: Option<i64>,
    /// What happened.
    pub fact: Fact,
}

/// A message of the log, and what it means.
struct Message {
    pattern: Regex,
    fact: Reading,
}

/// What the words found mean.
type Reading = fn(&Captures<'_>) -> Option<Fact>;

static MESSAGES: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let table: [(&str, Reading); 11] = [
        (
            r"Notification: my state:(?<mine>\w+); n\.sid:(?<sid>-?\d+), n\.state:(?<state>\w+), n\.leader:(?<leader>-?\d+), n\.round:0x(?<round>[0-9a-f]+), n\.peerEpoch:0x(?<epoch>[0-9a-f]+), n\.zxid:0x(?<zxid>[0-9a-f]+), message format version:0x(?<version>[0-9a-f]+)(?:, n\.config version:0x(?<config>[0-9a-f]+))?",
            notification,
        ),
        (
            r"Notification: (?<version>[0-9a-f]+) \(message format version\), (?<leader>-?\d+) \(n\.leader\), 0x(?<zxid>[0-9a-f]+) \(n\.zxid\), 0x(?<round>[0-9a-f]+) \(n\.round\), (?<state>\w+) \(n\.state\), (?<sid>-?\d+) \(n\.sid\), 0x(?<epoch>[0-9a-f]+) \(n\.peerE[pP]och\),? (?<mine>[A-Z]+) \(my state\)(?:(?<config>[0-9a-f]+) \(n\.config version\))?",
            notification,
        ),
        (
            r"New election\. My id = *-?\d+, proposed zxid=0x(?<zxid>[0-9a-f]+)",
            |found| {
                Some(Fact::ElectionStarted {
                    zxid: hex(found, "zxid")?,
                    peer_epoch: None,
                    round: None,
                })
            },
        ),
        (
            r"Sending Notification: (?<leader>-?\d+) \(n\.leader\), 0x(?<zxid>[0-9a-f]+) \(n\.zxid\), 0x(?<round>[0-9a-f]+) \(n\.round\), (?<to>-?\d+) \(recipient\), -?\d+ \(myid\), 0x(?<epoch>[0-9a-f]+) \(n\.peerEpoch\)",
            |found| {
                Some(Fact::NotificationSent {
                    to: Some(decimal(found, "to")?),
                    announcement: Announcement {
                        state: State::Looking,
                        ballot: ballot(found)?,
                    },
                })
            },
        ),
        (r"Notification time out: \d+", |_| {
            Some(Fact::WaitExpired {
                wait: Wait::Collecting,
            })
        }),
        (r"Peer state changed: looking$", |_| {
            Some(Fact::LeadershipLost {})
        }),
        (
            r"Peer state changed: (?:following|observing) - broadcast$",
            |_| {
                Some(Fact::LeadershipEstablished {
                    leader: None,
                    peer_epoch: None,
                })
            },
        ),
        (
            r"(?:Peer state changed: | - |\] INFO )(?<state>leading|following|observing|LEADING|FOLLOWING|OBSERVING)$",
            |found| {
                Some(Fact::Decided {
                    state: state(&found["state"].to_uppercase())?,
                    vote: None,
                })
            },
        ),
        (
            r"Have quorum of supporters, sids: .*setting last processed zxid: 0x(?<zxid>[0-9a-f]+)",
            |found| {
                Some(Fact::LeadershipEstablished {
                    leader: None,
                    peer_epoch: Some(hex(found, "zxid")? >> 32),
                })
            },
        ),
        (r"Starting quorum peer", |_| {
            Some(Fact::ServerStarted {
                learner_type: None,
                config: None,
                last_seen_config: None,
                oracle: false,
                eager: false,
            })
        }),
        (r"restarting leader election$", |_| {
            Some(Fact::ElectionRestarted {})
        }),
    ];
    let message = |(pattern, fact)| Message {
        pattern: Regex::new(pattern).expect("the patterns are constants, and the tests use each"),
        fact,
    };
    table.map(message).into()
});

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^\[?(?<day>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d:\d\d)(?:[.,](?<fraction>\d{1,9}))?(?<zone>Z|[+-]\d\d:?\d\d)?";
    Regex::new(pattern).expect("a constant")
});

static CLASS_AT_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r" \((?:\w+\.)+\w+\)$").expect("a constant"));

static SERVER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)my ?id(?: ?[=:] ?)(?<sid>-?\d+)").expect("a constant"));

/// Whether the line comes from a ZooKeeper server's election, and what it says.
#[must_use]
pub fn line(text: &str) -> Option<Line> {
    let text = CLASS_AT_END.replace(text.trim_end(), "");
    let text = text.as_ref();
    let fact = MESSAGES
        .iter()
        .find_map(|it| it.pattern.captures(text).map(|found| (it.fact)(&found)))??;
    Some(Line {
        time: time(text),
        sid: server(text),
        fact,
    })
}

/// The server that a line names as its own.
#[must_use]
pub fn server(text: &str) -> Option<i64> {
    SERVER.captures(text)?["sid"].parse().ok()
}

/// The time at the start of a line.
#[must_use]
pub fn time(text: &str) -> Option<Timestamp> {
    let found = TIME.captures(text)?;
    let fraction = found.name("fraction").map_or("0", |it| it.as_str());
    let civil = format!("{}T{}.{fraction}", &found["day"], &found["time"]);
    match found.name("zone").map(|zone| zone.as_str()) {
        None => {
            let civil: DateTime = civil.parse().ok()?;
            Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
        }
        Some(zone) => format!("{civil}{zone}").parse().ok(),
    }
}

fn notification(found: &Captures<'_>) -> Option<Fact> {
    Some(Fact::NotificationReceived {
        from: decimal(found, "sid")?,
        announcement: Announcement {
            state: state(&found["state"])?,
            ballot: ballot(found)?,
        },
        version: hex(found, "version")?,
        config_version: found
            .name("config")
            .and_then(|it| i64::from_str_radix(it.as_str(), 16).ok()),
        my_state: state(&found["mine"]),
    })
}

fn ballot(found: &Captures<'_>) -> Option<Ballot> {
    Some(Ballot {
        leader: decimal(found, "leader")?,
        round: hex(found, "round")?,
        peer_epoch: hex(found, "epoch")?,
        zxid: hex(found, "zxid")?,
    })
}

fn state(name: &str) -> Option<State> {
    match name {
        "LOOKING" => Some(State::Looking),
        "FOLLOWING" => Some(State::Following),
        "LEADING" => Some(State::Leading),
        "OBSERVING" => Some(State::Observing),
        _ => None,
    }
}

fn decimal(found: &Captures<'_>, name: &str) -> Option<i64> {
    found[name].parse().ok()
}

/// A number as `Long.toHexString` writes it.
fn hex(found: &Captures<'_>, name: &str) -> Option<i64> {
    let bits = u64::from_str_radix(&found[name], 16).ok()?;
    Some(bits.cast_signed())
}
