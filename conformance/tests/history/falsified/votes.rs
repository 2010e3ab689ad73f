//! Votes that were not cast: a notification changed where a server looks.

use super::{Falsification, place};
use crate::spoken::Line;
use fastrand::Rng;
use regex::Regex;
use std::sync::LazyLock;

/// What a notification's line says.
struct Vote {
    /// Of the server that logs it.
    mine: String,
    sid: i64,
    state: String,
    leader: i64,
    round: i64,
    epoch: i64,
    zxid: i64,
    rest: String,
}

static NOTIFICATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^Notification: my state:(\w+); n.sid:(\d+), n.state:(\w+), n.leader:(\d+), n.round:0x(\w+), n.peerEpoch:0x(\w+), n.zxid:0x(\w+)(.*)$",
    )
    .unwrap()
});

impl Vote {
    fn read(message: &str) -> Option<Self> {
        let found = NOTIFICATION.captures(message)?;
        let hex = |index: usize| i64::from_str_radix(&found[index], 16).ok();
        Some(Self {
            mine: found[1].to_owned(),
            sid: found[2].parse().ok()?,
            state: found[3].to_owned(),
            leader: found[4].parse().ok()?,
            round: hex(5)?,
            epoch: hex(6)?,
            zxid: hex(7)?,
            rest: found[8].to_owned(),
        })
    }

    fn write(&self) -> String {
        format!(
            "Notification: my state:{}; n.sid:{}, n.state:{}, n.leader:{}, n.round:0x{:x}, \
             n.peerEpoch:0x{:x}, n.zxid:0x{:x}{}",
            self.mine,
            self.sid,
            self.state,
            self.leader,
            self.round,
            self.epoch,
            self.zxid,
            self.rest
        )
    }
}

/// Whose notification is changed, and in which states of the one that logs it and of the sender.
#[derive(Clone, Copy)]
struct Of {
    own: bool,
    mine: &'static str,
    state: &'static str,
}

const OWN: Of = Of {
    own: true,
    mine: "LOOKING",
    state: "LOOKING",
};
const HEARD: Of = Of {
    own: false,
    mine: "LOOKING",
    state: "LOOKING",
};
const SETTLED: Of = Of {
    own: false,
    mine: "LOOKING",
    state: "FOLLOWING",
};
const LEADING: Of = Of {
    own: false,
    mine: "LOOKING",
    state: "LEADING",
};

/// Changes one notification of that kind; `change` gets the number of servers.
fn alter(
    logs: &mut [Vec<Line>],
    rng: &mut Rng,
    of: Of,
    change: fn(&mut Vote, i64) -> bool,
) -> bool {
    alter_unless(|_, _| false, logs, rng, of, change)
}

/// The same, but for what one server, whose log is given, can have told another one.
fn alter_unless(
    can_tell: fn(&[Line], usize) -> bool,
    logs: &mut [Vec<Line>],
    rng: &mut Rng,
    of: Of,
    change: fn(&mut Vote, i64) -> bool,
) -> bool {
    let servers = i64::try_from(logs.len()).unwrap();
    let own_sid = |logs: &[Vec<Line>], message: &str| {
        // The thread names the server; a message alone does not.
        logs.iter().flatten().find_map(|line| match line {
            Line::Said(said) if std::ptr::eq(said.message.as_str(), message) => Some(said.sid),
            _ => None,
        })
    };
    let altered = |logs: &[Vec<Line>], message: &str| {
        let mut vote = Vote::read(message)?;
        let (hears, speaks) = (own_sid(logs, message)?, usize::try_from(vote.sid).ok()?);
        let own = hears == speaks;
        let fits = own == of.own && vote.mine == of.mine && vote.state == of.state;
        let is_false = fits && !can_tell(&logs[speaks - 1], hears);
        (is_false && change(&mut vote, servers)).then(|| vote.write())
    };
    let Some((server, line)) = place(logs, rng, |it| altered(logs, it).is_some()) else {
        return false;
    };
    let Line::Said(said) = &logs[server][line] else {
        return false;
    };
    let message = altered(logs, &said.message).unwrap();
    if let Line::Said(said) = &mut logs[server][line] {
        said.message = message;
    }
    true
}

pub(super) const KINDS: [(&str, Falsification); 25] = [
    ("its vote for somebody else", |logs, rng| {
        alter(logs, rng, OWN, other_leader)
    }),
    ("its vote with a longer history", |logs, rng| {
        alter(logs, rng, OWN, |it, _| add(&mut it.zxid, 5))
    }),
    ("its vote in a later epoch", |logs, rng| {
        alter(logs, rng, OWN, |it, _| add(&mut it.epoch, 1))
    }),
    ("its vote in an earlier epoch", |logs, rng| {
        alter(logs, rng, OWN, |it, _| {
            it.epoch > 0 && add(&mut it.epoch, -1)
        })
    }),
    ("its vote in a later round", |logs, rng| {
        alter(logs, rng, OWN, |it, _| add(&mut it.round, 1))
    }),
    ("its vote in a much later round", |logs, rng| {
        alter(logs, rng, OWN, |it, _| add(&mut it.round, 1000))
    }),
    ("its vote in an earlier round", |logs, rng| {
        alter(logs, rng, OWN, |it, _| {
            it.round > 1 && add(&mut it.round, -1)
        })
    }),
    ("its vote for a stranger", |logs, rng| {
        alter(logs, rng, OWN, |it, _| add(&mut it.leader, 70))
    }),
    ("its vote as if it led already", |logs, rng| {
        alter(logs, rng, OWN, |it, _| name(&mut it.state, "LEADING"))
    }),
    ("a vote for somebody else", |logs, rng| {
        // All histories are alike, so nobody votes for a lesser id than its own.
        alter(logs, rng, HEARD, |it, _| {
            it.sid > 1 && set(&mut it.leader, it.sid - 1)
        })
    }),
    ("a vote for a stranger", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| add(&mut it.leader, 70))
    }),
    ("a vote with a longer history", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| add(&mut it.zxid, 5))
    }),
    ("a vote in a later epoch", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| add(&mut it.epoch, 1))
    }),
    ("a vote in an earlier epoch", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| {
            it.epoch > 0 && add(&mut it.epoch, -1)
        })
    }),
    ("a vote in a later round", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| add(&mut it.round, 1))
    }),
    ("a vote in no round", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| set(&mut it.round, 0))
    }),
    ("a vote as if it followed", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| {
            it.leader == it.sid && name(&mut it.state, "FOLLOWING")
        })
    }),
    ("a vote as if it led", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| {
            it.leader != it.sid && name(&mut it.state, "LEADING")
        })
    }),
    ("a vote as if it observed", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| name(&mut it.state, "OBSERVING"))
    }),
    ("a vote of a stranger", |logs, rng| {
        alter(logs, rng, HEARD, |it, _| add(&mut it.sid, 70))
    }),
    ("a follower of somebody else", |logs, rng| {
        alter(logs, rng, SETTLED, other_leader)
    }),
    ("a follower in another round", |logs, rng| {
        alter(logs, rng, SETTLED, |it, _| add(&mut it.round, 1))
    }),
    ("a follower that looks", |logs, rng| {
        alter_unless(is_asked_as_it_begins, logs, rng, SETTLED, |it, _| {
            name(&mut it.state, "LOOKING")
        })
    }),
    ("a leader in another round", |logs, rng| {
        alter(logs, rng, LEADING, |it, _| add(&mut it.round, 1))
    }),
    ("a leader that follows", |logs, rng| {
        alter(logs, rng, LEADING, |it, _| name(&mut it.state, "FOLLOWING"))
    }),
];

/// Whether a server is asked by another one while it follows, and begins to look right then: the
/// receiver reads the state once more when it answers, and tells its last vote as one that looks.
fn is_asked_as_it_begins(log: &[Line], by: usize) -> bool {
    let said = log.iter().filter_map(|line| match line {
        Line::Said(said) => Some(said.message.as_str()),
        Line::More(_) => None,
    });
    let mut asked = false;
    for message in said {
        if message.starts_with("New election") && asked {
            return true;
        }
        if message.starts_with("Notification: my state") {
            asked = !message.contains("my state:LOOKING")
                && message.contains(&format!("n.sid:{by}, n.state:LOOKING"));
        }
    }
    false
}

fn add(number: &mut i64, more: i64) -> bool {
    *number += more;
    true
}

fn set(number: &mut i64, other: i64) -> bool {
    *number = other;
    true
}

fn name(state: &mut String, other: &str) -> bool {
    other.clone_into(state);
    true
}

fn other_leader(vote: &mut Vote, servers: i64) -> bool {
    vote.leader = vote.leader % servers + 1;
    true
}
