//! ZooKeeper's server logs: what their words say, whatever the layout around them.
//!
//! The words are those of 3.4 to 3.9: numbers were decimal before 3.4.1, two blanks stand before an
//! id up to 3.5, 3.5 shows the version of a message, 3.6 turned the order around. A state is a
//! message of one word, which counts only where nothing else is the message and the line has a
//! level or names `QuorumPeer`.
//!
//! The rules that a history is held to are those of 3.8 whichever version wrote it.

mod complaints;
mod known;
mod named;

use super::event::{Announcement, Ballot, Fact, Wait};
use fle_model::election::trace::format::State;
use regex::{Captures, Regex};
use std::sync::LazyLock;

pub(super) use complaints::{complaint, is_exception, reason};
pub use known::{Part, part};
pub(super) use named::voters;

/// What words say, and where in the text they begin.
pub(super) struct Words {
    pub(super) fact: Fact,
    pub(super) start: usize,
}

/// A message of the log, and what it means.
struct Message {
    /// Words that the pattern needs: most lines do not have them, which is soon seen.
    holds: &'static str,
    pattern: Regex,
    fact: Reading,
}

/// What the words found mean.
type Reading = fn(&Captures<'_>) -> Option<Fact>;

/// After a message: nothing, or what a layout puts there.
const END: &str = r#"(?:\s*$|\s*"|\s+[(\[{<|])"#;

static MESSAGES: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let table: [(&'static str, &str, Reading); 14] = [
        (
            "Notification: my state",
            r"Notification: my state:(?<mine>\w+); n\.sid:(?<sid>-?\d+), n\.state:(?<state>\w+), n\.leader:(?<leader>-?\d+), n\.round:(?<round>\w+), n\.peerEpoch:(?<epoch>\w+), n\.zxid:(?<zxid>\w+)(?:, message format version:(?<version>\w+))?(?:, n\.config version:0x(?<config>[0-9a-f]+))?",
            notification,
        ),
        (
            "(n.leader), ",
            r"Notification: (?:(?<version>[0-9a-f]+) \(message format version\), )?(?<leader>-?\d+) \(n\.leader\), (?<zxid>-?\w+) \(n\.zxid\), (?<round>\w+) \(n\.round\), (?<state>\w+) \(n\.state\), (?<sid>-?\d+) \(n\.sid\),? (?:(?<epoch>\w+) \(n\.peerE[pP]och\),? )?(?<mine>[A-Z]+) \(my state\)(?:(?<config>[0-9a-f]+) \(n\.config version\))?",
            notification,
        ),
        (
            "New election",
            r"New election\. My id = *-?\d+, [pP]roposed zxid ?= ?(?<zxid>-?\w+)",
            |found| {
                Some(Fact::ElectionStarted {
                    zxid: number(found, "zxid")?,
                    peer_epoch: None,
                    round: None,
                })
            },
        ),
        (
            "Sending Notification",
            r"Sending Notification: (?<leader>-?\d+) \(n\.leader\), (?<zxid>-?\w+) \(n\.zxid\), (?<round>\w+) \(n\.round\), (?<to>-?\d+) \(recipient\), -?\d+ \(myid\), (?<epoch>\w+) \(n\.peerEpoch\)",
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
        (
            "Notification time out",
            r"Notification time out: \d+",
            |_| {
                Some(Fact::WaitExpired {
                    wait: Wait::Collecting,
                })
            },
        ),
        (
            "Peer state changed",
            r"Peer state changed: looking{END}",
            |_| Some(Fact::LeadershipLost {}),
        ),
        (
            "Peer state changed",
            r"Peer state changed: (?<state>leading|following|observing) - broadcast{END}",
            |found| {
                Some(Fact::LeadershipEstablished {
                    leader: None,
                    peer_epoch: None,
                    supporters: None,
                    state: state(&found["state"].to_uppercase()),
                })
            },
        ),
        (
            "Peer state changed",
            r"Peer state changed: (?<state>leading|following|observing)(?: - [\w -]+)?{END}",
            decided,
        ),
        (
            "Have quorum",
            r"Have quorum of supporters(?:, sids: (?<sids>[\[\] ,\d]*))?; starting up and setting last processed zxid: (?<zxid>\w+)",
            established,
        ),
        ("Starting quorum peer", r"Starting quorum peer", |_| {
            Some(Fact::ServerStarted {
                learner_type: None,
                config: None,
                last_seen_config: None,
                oracle: false,
                eager: false,
            })
        }),
        (
            "restarting leader",
            r"restarting leader election{END}",
            |_| Some(Fact::ElectionRestarted {}),
        ),
        // A configuration is in force, from 3.5 on: the election begins anew, whoever leads.
        (
            "Restarting Leader",
            r"Restarting Leader Election{END}",
            |_| Some(Fact::ElectionRestarted {}),
        ),
        (
            "Suggested leader",
            r"Suggested leader: (?<leader>\d+)",
            |found| {
                Some(Fact::LeadershipHandedOver {
                    leader: decimal(found, "leader")?,
                })
            },
        ),
        (
            "ING",
            r"(?:^|[-|\]>]\s*|QuorumPeer ?:\s*| : |\b(?:TRACE|DEBUG|INFO|WARN|ERROR):?\s+)(?<state>LEADING|FOLLOWING|OBSERVING){END}",
            decided,
        ),
    ];
    let message = |(holds, pattern, fact): (&'static str, &str, Reading)| Message {
        holds,
        pattern: Regex::new(&pattern.replace("{END}", END))
            .expect("the patterns are constants, and the tests use each"),
        fact,
    };
    table.map(message).into()
});

/// A level, or the class that says what state a server is in.
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:TRACE|DEBUG|INFO|WARN|ERROR|QuorumPeer)\b").expect("a constant")
});

/// What a line of a ZooKeeper server's election says.
pub(super) fn words(text: &str) -> Option<Words> {
    MESSAGES.iter().enumerate().find_map(|(index, it)| {
        let found = text
            .contains(it.holds)
            .then(|| it.pattern.captures(text))??;
        let is_one_word = index + 1 == MESSAGES.len();
        if is_one_word && !SPEAKS.is_match(text) {
            return None;
        }
        Some(Words {
            fact: (it.fact)(&found)?,
            start: found
                .name("state")
                .filter(|_| is_one_word)
                .map_or(found.get(0)?.start(), |it| it.start()),
        })
    })
}

fn notification(found: &Captures<'_>) -> Option<Fact> {
    let version = found
        .name("version")
        .map(|it| it.as_str().trim_start_matches("0x"));
    Some(Fact::NotificationReceived {
        from: decimal(found, "sid")?,
        announcement: Announcement {
            state: state(&found["state"])?,
            ballot: ballot(found)?,
        },
        version: version.map_or(Some(0), |it| i64::from_str_radix(it, 16).ok())?,
        config_version: found
            .name("config")
            .and_then(|it| i64::from_str_radix(it.as_str(), 16).ok()),
        my_state: state(&found["mine"]),
    })
}

fn decided(found: &Captures<'_>) -> Option<Fact> {
    Some(Fact::Decided {
        state: state(&found["state"].to_uppercase())?,
        vote: None,
    })
}

/// The zxid of a leader that is established begins its epoch.
fn established(found: &Captures<'_>) -> Option<Fact> {
    let sids = found.name("sids").map(|it| supporters(it.as_str()));
    Some(Fact::LeadershipEstablished {
        leader: None,
        peer_epoch: Some(number(found, "zxid")? >> 32),
        supporters: sids,
        state: None,
    })
}

/// Those of each configuration, one after the other: `[[1, 2],[1, 2]]`, and up to 3.4 `[ 1,2 ]`.
fn supporters(text: &str) -> Vec<Vec<i64>> {
    static GROUP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\[([\d, ]*)\]").expect("a constant"));
    let sids = |group: Captures<'_>| {
        group[1]
            .split(',')
            .filter_map(|it| it.trim().parse().ok())
            .collect()
    };
    GROUP.captures_iter(text).map(sids).collect()
}

fn ballot(found: &Captures<'_>) -> Option<Ballot> {
    Some(Ballot {
        leader: decimal(found, "leader")?,
        round: number(found, "round")?,
        // Before 3.4.1 votes had no epoch but that of their zxid.
        peer_epoch: match found.name("epoch") {
            Some(_) => number(found, "epoch")?,
            None => number(found, "zxid")? >> 32,
        },
        zxid: number(found, "zxid")?,
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

/// A number as `Long.toHexString` writes it behind `0x`, or a decimal one.
fn number(found: &Captures<'_>, name: &str) -> Option<i64> {
    match found[name].strip_prefix("0x") {
        Some(hex) => Some(u64::from_str_radix(hex, 16).ok()?.cast_signed()),
        None => found[name].parse().ok(),
    }
}
