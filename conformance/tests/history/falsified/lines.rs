//! Lines that were not said, or not then: decisions, establishments, whole elections.

use super::{Falsification, place, places};
use crate::spoken::{Line, Said};
use fastrand::Rng;
use jiff::SignedDuration;

fn said(logs: &mut [Vec<Line>], at: (usize, usize)) -> &mut Said {
    match &mut logs[at.0][at.1] {
        Line::Said(said) => said,
        Line::More(_) => unreachable!("only what is said is chosen"),
    }
}

/// Changes the words of one of the lines that say this.
fn reword(logs: &mut [Vec<Line>], rng: &mut Rng, from: &str, to: &str) -> bool {
    let Some(at) = place(logs, rng, |it| it.contains(from)) else {
        return false;
    };
    let said = said(logs, at);
    said.message = said.message.replace(from, to);
    true
}

/// Repeats a line of somebody in the log of another server, right before one of that one's lines.
fn repeat(
    logs: &mut [Vec<Line>],
    rng: &mut Rng,
    what: &str,
    before: &str,
    change: fn(&str) -> String,
) -> bool {
    let Some(from) = place(logs, rng, |it| it.contains(what)) else {
        return false;
    };
    let message = change(&said(logs, from).message);
    let Some(to) = place(logs, rng, |it| it.contains(before)).filter(|to| to.0 != from.0) else {
        return false;
    };
    let repeated = Line::Said(Said {
        message,
        ..said(logs, to).clone()
    });
    logs[to.0].insert(to.1, repeated);
    true
}

/// Replaces who supports a leader.
fn supported(logs: &mut [Vec<Line>], rng: &mut Rng, sids: fn(usize) -> String) -> bool {
    let Some(at) = place(logs, rng, |it| it.contains("Have quorum")) else {
        return false;
    };
    let said = said(logs, at);
    let (start, end) = (
        said.message.find("[[").unwrap(),
        said.message.find("]]").unwrap(),
    );
    said.message.replace_range(start + 2..end, &sids(said.sid));
    true
}

/// Replaces the epoch in which a leader is established.
fn in_epoch(logs: &mut [Vec<Line>], rng: &mut Rng, epoch: fn(i64) -> i64) -> bool {
    let Some(at) = place(logs, rng, |it| it.contains("Have quorum")) else {
        return false;
    };
    let message = &mut said(logs, at).message;
    let digits = message.rfind("0x").unwrap() + 2;
    let zxid = i64::from_str_radix(&message[digits..], 16).unwrap();
    let replaced = epoch(zxid >> 32);
    message.replace_range(digits.., &format!("{:x}", replaced << 32));
    replaced != zxid >> 32
}

/// Moves the first decision of an election to another time or place.
fn decisions(logs: &mut [Vec<Line>], rng: &mut Rng) -> Option<(usize, usize)> {
    place(logs, rng, |it| {
        it == "Peer state changed: following" || it == "Peer state changed: leading"
    })
}

/// Leaves out the lines from one place up to another in one log.
fn leave_out(logs: &mut [Vec<Line>], server: usize, says: impl Fn(&str) -> bool) {
    logs[server].retain(|line| !matches!(line, Line::Said(said) if says(&said.message)));
}

/// Where the election begins that ends here.
fn start_of(log: &[Line], end: usize) -> Option<usize> {
    let is_start =
        |line: &Line| matches!(line, Line::Said(said) if said.message.starts_with("New election"));
    log[..end].iter().rposition(is_start)
}

pub(super) const KINDS: [(&str, Falsification); 27] = [
    ("a follower that says it leads", |logs, rng| {
        reword(
            logs,
            rng,
            "Peer state changed: following",
            "Peer state changed: leading",
        )
    }),
    ("a follower that says it observes", |logs, rng| {
        reword(
            logs,
            rng,
            "Peer state changed: following",
            "Peer state changed: observing",
        )
    }),
    ("a leader that says it follows", |logs, rng| {
        let Some(at) = place(logs, rng, |it| it == "Peer state changed: leading") else {
            return false;
        };
        said(logs, at).message = "Peer state changed: following".to_owned();
        true
    }),
    ("settled after 17 ms", |logs, rng| {
        let Some((server, line)) = decisions(logs, rng) else {
            return false;
        };
        let before = logs[server][..line].iter().rev();
        let mut times = before.filter_map(|it| match it {
            Line::Said(said) if said.message.starts_with("Notification: my state:LOOKING") => {
                Some(said.time)
            }
            _ => None,
        });
        let hurried = times.next().unwrap() + SignedDuration::from_millis(17);
        let said = said(logs, (server, line));
        let hurries = hurried + SignedDuration::from_millis(100) < said.time;
        said.time = hurried;
        hurries
    }),
    ("settled before the votes for it", |logs, rng| {
        let Some((server, line)) = decisions(logs, rng) else {
            return false;
        };
        let start = start_of(&logs[server], line).unwrap();
        let decision = logs[server].remove(line);
        logs[server].insert(start + 1, decision);
        true
    }),
    ("settled without an election", |logs, rng| {
        reword(
            logs,
            rng,
            "Peer state changed: looking",
            "Peer state changed: leading",
        )
    }),
    ("settled the other way after that", |logs, rng| {
        repeat(
            logs,
            rng,
            "Peer state changed: leading",
            "FOLLOWING - LEADER ELECTION",
            str::to_owned,
        )
    }),
    ("settled on nobody's votes", |logs, rng| {
        let Some((server, line)) = decisions(logs, rng) else {
            return false;
        };
        let sid = format!("n.sid:{},", server + 1);
        // What is received right before an election begins may be heard in it.
        let start = start_of(&logs[server], line).unwrap();
        let is_settled =
            |it: &Line| matches!(it, Line::Said(it) if it.message.contains("state changed: "));
        let start = logs[server][..start].iter().rposition(is_settled);
        let start = start.map_or(0, |looking| {
            let settled = logs[server][..looking].iter().rposition(is_settled);
            settled.unwrap_or(0)
        });
        let mut index = 0;
        logs[server].retain(|it| {
            index += 1;
            let within = (start + 1..line + 1).contains(&index);
            let heard =
                |said: &Said| said.message.contains("Notification") && !said.message.contains(&sid);
            !(within && matches!(it, Line::Said(said) if heard(said)))
        });
        true
    }),
    ("an election that was not started", |logs, rng| {
        let Some((server, line)) = place(logs, rng, |it| it.starts_with("New election")) else {
            return false;
        };
        logs[server].remove(line);
        true
    }),
    ("an election started with another history", |logs, rng| {
        reword(logs, rng, "proposed zxid=0x0", "proposed zxid=0x7")
    }),
    ("established by one of several", |logs, rng| {
        supported(logs, rng, |sid| sid.to_string())
    }),
    ("established by nobody", |logs, rng| {
        supported(logs, rng, |_| String::new())
    }),
    ("established by a stranger", |logs, rng| {
        supported(logs, rng, |sid| format!("{sid}, 9, 8"))
    }),
    ("established in epoch 0", |logs, rng| {
        in_epoch(logs, rng, |_| 0)
    }),
    ("established in an epoch that goes back", |logs, rng| {
        in_epoch(logs, rng, |epoch| if epoch > 1 { 1 } else { 0 })
    }),
    ("established in the epoch of another leader", |logs, rng| {
        let reigns = places(logs, |it| it.contains("Have quorum")).len();
        reigns > 1 && in_epoch(logs, rng, |epoch| if epoch > 1 { 1 } else { 2 })
    }),
    ("established without having led", |logs, rng| {
        repeat(
            logs,
            rng,
            "Have quorum",
            "following - synchronization",
            |it| it.replace("0x1", "0x7").replace("0x2", "0x8"),
        )
    }),
    ("established, its lead left out", |logs, rng| {
        let Some((server, _)) = place(logs, rng, |it| it.contains("Have quorum")) else {
            return false;
        };
        leave_out(logs, server, |it| it.to_lowercase().contains("leading"));
        true
    }),
    ("established again, as before", |logs, rng| {
        let Some((server, line)) = place(logs, rng, |it| it.contains("Have quorum")) else {
            return false;
        };
        let again = logs[server][line].clone();
        let after = (line + 1..logs[server].len()).find(|at| {
            matches!(&logs[server][*at], Line::Said(it) if it.message.contains("leading - broadcast"))
        });
        let Some(after) = after else { return false };
        logs[server].insert(after + 1, again);
        let said = said(logs, (server, after + 1));
        said.message = said.message.replace("0x1", "0x7").replace("0x2", "0x8");
        true
    }),
    ("established after it had stopped", |logs, rng| {
        let stops = |it: &str| it == "Peer state changed: looking";
        let Some((server, line)) = place(logs, rng, stops) else {
            return false;
        };
        let led = places(logs, |it| it.contains("Have quorum"));
        let Some(&from) = led.first() else {
            return false;
        };
        let message = said(logs, from).message.replace("0x1", "0x7");
        let established = Line::Said(Said {
            message,
            ..said(logs, (server, line)).clone()
        });
        logs[server].insert(line + 1, established);
        true
    }),
    ("followed, and never established", |logs, rng| {
        let Some((server, line)) = place(logs, rng, |it| it.contains("Have quorum")) else {
            return false;
        };
        // Where its log ends soon, what it was is not known.
        let time = said(logs, (server, line)).time;
        let goes_on = |line: &Line| match line {
            Line::Said(it) => it.time > time + SignedDuration::from_millis(1200),
            Line::More(_) => false,
        };
        let is_followed = places(logs, |it| it == "Peer state changed: following - broadcast");
        let is_covered = logs[server].iter().any(goes_on) && !is_followed.is_empty();
        leave_out(logs, server, |it| {
            it.contains("Have quorum") || it.contains("leading - broadcast")
        });
        is_covered
    }),
    ("a second leader at once", |logs, rng| {
        repeat(
            logs,
            rng,
            "Have quorum",
            "following - broadcast",
            str::to_owned,
        )
    }),
    ("a round lived through again", |logs, rng| {
        let Some((server, line)) = decisions(logs, rng) else {
            return false;
        };
        let start = start_of(&logs[server], line).unwrap();
        let again: Vec<Line> = logs[server][start + 1..=line].to_vec();
        logs[server].splice(line + 1..line + 1, again);
        true
    }),
    (
        "two of its notifications in the wrong order",
        |logs, rng| {
            let is_own = |log: &[Line], at: usize| {
                matches!(&log[at], Line::Said(it) if it.message.contains("my state:LOOKING")
                && it.message.contains(&format!("n.sid:{}, n.state:LOOKING", it.sid)))
            };
            let server = rng.usize(..logs.len());
            let log = &mut logs[server];
            let own: Vec<usize> = (0..log.len()).filter(|at| is_own(log, *at)).collect();
            let message = |log: &[Line], at: usize| match &log[at] {
                Line::Said(it) => it.message.clone(),
                Line::More(_) => String::new(),
            };
            let differ = |two: &&[usize]| message(log, two[0]) != message(log, two[1]);
            let Some(two) = own.windows(2).find(differ) else {
                return false;
            };
            log.swap(two[0], two[1]);
            true
        },
    ),
    ("another server's log under its name", |logs, rng| {
        let (one, other) = (rng.usize(..logs.len()), rng.usize(..logs.len()));
        let (from, to) = (one + 1, other + 1);
        let mut copy = logs[one].clone();
        for line in &mut copy {
            if let Line::Said(said) = line {
                said.sid = to;
                said.thread = said
                    .thread
                    .replace(&format!("myid={from}"), &format!("myid={to}"));
                let ids = [format!("My id = {from}"), format!("My id = {to}")];
                said.message = said.message.replace(&ids[0], &ids[1]);
            }
        }
        logs[other] = copy;
        one != other
    }),
    ("a better vote that it ignored", |logs, rng| {
        let Some((server, line)) = decisions(logs, rng) else {
            return false;
        };
        let start = start_of(&logs[server], line).unwrap();
        let votes: Vec<usize> = (start..line)
            .filter(|at| matches!(&logs[server][*at], Line::Said(it) if it.message.contains("n.state:LOOKING")))
            .collect();
        let at = votes[rng.usize(..votes.len())];
        let mut better = logs[server][at].clone();
        if let Line::Said(said) = &mut better {
            let other = (server + 1) % logs.len() + 1;
            let mine = format!("n.sid:{}", server + 1);
            said.message = said.message.replace(&mine, &format!("n.sid:{other}"));
            said.message = said.message.replace("n.zxid:0x0", "n.zxid:0x500");
        }
        logs[server].insert(at + 1, better);
        true
    }),
    (
        "two notifications of another in the wrong order",
        |logs, rng| {
            let server = rng.usize(..logs.len());
            let other = (server + 1) % logs.len() + 1;
            swap_votes(&mut logs[server], other)
        },
    ),
];

/// Swaps two different votes of a server in one round, as another one hears them.
fn swap_votes(log: &mut [Line], of: usize) -> bool {
    let vote = |line: &Line| match line {
        Line::Said(it) if it.message.contains(&format!("n.sid:{of}, n.state:LOOKING")) => {
            Some(it.message.clone())
        }
        _ => None,
    };
    let votes: Vec<usize> = (0..log.len())
        .filter(|at| vote(&log[*at]).is_some())
        .collect();
    let round = |it: &str| it.split("n.round:").nth(1).map(|rest| rest[..3].to_owned());
    let pair = votes.windows(2).find(|two| {
        let (one, other) = (vote(&log[two[0]]).unwrap(), vote(&log[two[1]]).unwrap());
        let voted = |it: &str| it.split("n.leader").nth(1).map(str::to_owned);
        voted(&one) != voted(&other) && round(&one) == round(&other)
    });
    if let Some(&[one, other]) = pair {
        log.swap(one, other);
    }
    pair.is_some()
}
