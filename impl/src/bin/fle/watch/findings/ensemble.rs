//! What is wrong with the servers together: who leads, whom they follow, and how many there are.

use super::finding::{Finding, listed, names};
use super::server::has_leader;
use crate::watch::row::{Kind, Members, Row, State};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn findings(rows: &[Row]) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(no_leader(rows));
    found.extend(no_quorum(rows));
    let two = two_leaders(rows);
    if two.is_none() {
        found.extend(different_leaders(rows));
    }
    found.extend(two);
    found.extend(one_sid(rows));
    found.extend(standalone(rows));
    found.extend(of_another_epoch(rows));
    found.extend(too_few_synced(rows));
    found
}

fn in_state(rows: &[Row], is_in: impl Fn(&State) -> bool) -> Vec<&Row> {
    rows.iter().filter(|row| is_in(&row.state)).collect()
}

/// Servers answer, and none of them leads or is led.
fn no_leader(rows: &[Row]) -> Option<Finding> {
    let without = in_state(rows, |state| {
        use State::{Establishing, Looking, NotServing, ReadOnly};
        matches!(state, Looking | Establishing | NotServing | ReadOnly)
    });
    if without.is_empty() || has_leader(rows) {
        return None;
    }
    let each = match without[..] {
        [_] => "looks for a leader or waits for it to be established",
        _ => "look for a leader or wait for it to be established",
    };
    Some(Finding::wrong(
        "no leader",
        &without,
        format!("nobody leads: {} {each}", names(&without)),
        "a majority of the voters must reach one another on their quorum and election ports (2888 \
         and 3888): start those that are missing; the logs of the others say whom they miss",
    ))
}

/// There is no leader, and those that answer are too few to elect one.
fn no_quorum(rows: &[Row]) -> Option<Finding> {
    let answering: Vec<&Row> = rows.iter().filter(|row| row.answers()).collect();
    if has_leader(rows) || answering.is_empty() || may_count_twice(rows) {
        return None;
    }
    let members = rows.iter().find_map(|row| row.members.as_ref());
    if members.is_some_and(|members| members.config.is_hierarchical()) {
        // Not a matter of numbers.
        return None;
    }
    let known = rows.iter().find_map(Row::voter_count);
    let known = known.and_then(|voters| usize::try_from(voters).ok());
    let size = known.unwrap_or(rows.len());
    let voting = answering.iter().filter(|row| may_vote(row, members));
    let present = voting.count();
    let not_asked = size.saturating_sub(rows.len());
    let needed = size / 2 + 1;
    if present + not_asked >= needed || size < 2 {
        return None;
    }
    let missing = in_state(rows, |state| matches!(state, State::Unreachable(_)));
    let text = match known {
        Some(_) => format!("{present} of {size} voters answer, and a quorum is {needed}"),
        None => format!(
            "{present} of these {size} servers answer, and if they are the ensemble, a quorum is \
             {needed}"
        ),
    };
    let remedy = match missing[..] {
        [] => "bring the others back".to_owned(),
        _ => format!("bring {} back", names(&missing)),
    };
    Some(Finding::wrong("no quorum", &missing, text, remedy))
}

/// Whether there may be two sides of one server, which are not known to be.
fn may_count_twice(rows: &[Row]) -> bool {
    let is_of = |kind| rows.iter().any(|row| row.kind == Some(kind));
    is_of(Kind::ZooKeeper) && is_of(Kind::AdminServer)
}

/// Whether the server votes in this ensemble, as far as is known.
fn may_vote(row: &Row, members: Option<&Members>) -> bool {
    match (members, row.sid) {
        (Some(members), Some(sid)) => members.voters().any(|voter| voter == sid),
        _ => true,
    }
}

/// Whether the addresses may be two sides of one server: its client port and its AdminServer.
fn may_be_one(one: &Row, other: &Row) -> bool {
    let same_socket = one.socket.is_some() && one.socket == other.socket;
    let same_sid = match (one.sid, other.sid) {
        (Some(one), Some(other)) => one == other,
        _ => one.kind != other.kind,
    };
    same_socket || same_sid
}

fn two_leaders(rows: &[Row]) -> Option<Finding> {
    let leaders = in_state(rows, |state| *state == State::Leading);
    let first = leaders.first()?;
    if leaders.iter().all(|leader| may_be_one(first, leader)) {
        return None;
    }
    let epochs = leaders.iter().map(|leader| match leader.epoch {
        Some(epoch) => format!("{} in epoch {epoch}", leader.name()),
        None => leader.name(),
    });
    let text = format!(
        "several servers lead: {}",
        listed(&epochs.collect::<Vec<_>>())
    );
    let remedy = remedy_of_several(&leaders);
    Some(Finding::wrong("several leaders", &leaders, text, remedy))
}

/// An epoch has one leader, and a quorum is in the latest.
fn remedy_of_several(leaders: &[&Row]) -> String {
    let latest = leaders.iter().map(|leader| leader.epoch).max().flatten();
    let is_latest = |leader: &&&Row| leader.epoch == latest;
    let (last, past): (Vec<&Row>, Vec<&Row>) = leaders.iter().partition(is_latest);
    let are_known = leaders.iter().all(|leader| leader.epoch.is_some());
    match &last[..] {
        _ if !are_known => {
            "if it stays so, they are of different ensembles, or all but that of the latest epoch \
             are cut off: correct the addresses, or see what connects the servers"
                .to_owned()
        }
        [last] => {
            let (last, past) = (last.name(), names(&past));
            format!(
                "if it stays so, they are of different ensembles, or {last} has the quorum and \
                 {past} is cut off: correct the addresses, or see what connects {past} to the \
                 others"
            )
        }
        _ => {
            "an epoch has one leader, so they are of different ensembles, or a dataDir was emptied \
              or restored: correct the addresses, and compare the server lines and the data of \
              both"
                .to_owned()
        }
    }
}

/// Servers are led, and do not agree by whom, or in what epoch.
fn different_leaders(rows: &[Row]) -> Option<Finding> {
    let led: Vec<&Row> = rows.iter().filter(|row| row.serves()).collect();
    let leaders: BTreeSet<i64> = led.iter().filter_map(|row| row.leader).collect();
    let mut by_leader: BTreeMap<(i64, Option<i64>), Vec<String>> = BTreeMap::new();
    for row in &led {
        let camp = match row.leader {
            Some(leader) if leaders.len() > 1 => Some((leader, None)),
            Some(leader) if row.epoch.is_some() => Some((leader, row.epoch)),
            _ => None,
        };
        if let Some(camp) = camp {
            by_leader.entry(camp).or_default().push(row.name());
        }
    }
    if by_leader.len() < 2 {
        return None;
    }
    let camps = by_leader.iter().map(|((leader, epoch), names)| {
        let epoch = epoch.map_or(String::new(), |epoch| format!(" in epoch {epoch}"));
        format!("server {leader}{epoch} is the leader of {}", listed(names))
    });
    let text = camps.collect::<Vec<_>>().join("; ");
    Some(Finding::wrong(
        "different leaders",
        &led,
        text,
        "if it stays so, they are of different ensembles, or some are cut off: correct the \
         addresses, or see what connects the servers",
    ))
}

/// Several processes answer with one id, or one process was given by several addresses.
fn one_sid(rows: &[Row]) -> Vec<Finding> {
    let mut by_sid: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
    for row in rows
        .iter()
        .filter(|row| row.answers() && row.kind.is_some())
    {
        if let Some(sid) = row.sid {
            by_sid.entry(sid).or_default().push(row);
        }
    }
    let are_two = |one: &Row, other: &Row| one.socket != other.socket && !are_sides(one, other);
    let several = by_sid.into_iter().filter(|(_, rows)| {
        let mut others = rows.iter().enumerate();
        others.any(|(index, one)| rows[..index].iter().any(|other| are_two(one, other)))
    });
    let told = several.map(|(sid, rows)| {
        let addresses: Vec<String> = rows.iter().map(|row| row.address.to_string()).collect();
        Finding::wrong(
            "one id",
            &rows,
            format!("{} all say that they are server {sid}", listed(&addresses)),
            "give each server a dataDir with a myid of its own; if these are addresses of one \
             server, give one of them",
        )
    });
    told.collect()
}

/// Whether both are ZooKeeper's, one at the port for clients and one at the AdminServer's.
fn are_sides(one: &Row, other: &Row) -> bool {
    matches!(
        (one.kind, other.kind),
        (Some(Kind::ZooKeeper), Some(Kind::AdminServer))
            | (Some(Kind::AdminServer), Some(Kind::ZooKeeper))
    )
}

/// A server for itself, where an ensemble was meant.
fn standalone(rows: &[Row]) -> Option<Finding> {
    let alone = in_state(rows, |state| *state == State::Standalone);
    let first = alone.first()?;
    let others = rows
        .iter()
        .any(|row| row.answers() && !(row.state == State::Standalone && may_be_one(first, row)));
    let are = if alone.len() == 1 {
        "is a standalone server"
    } else {
        "are standalone servers"
    };
    others.then(|| {
        Finding::wrong(
            "standalone",
            &alone,
            format!(
                "{} {are}, with data of {}",
                names(&alone),
                if alone.len() == 1 {
                    "its own"
                } else {
                    "their own"
                }
            ),
            "if it is to be part of the ensemble, write the server lines of the others into its \
             zoo.cfg, and empty its dataDir before it starts",
        )
    })
}

/// Learners that are not where the only leader is: behind it, or with a later one.
fn of_another_epoch(rows: &[Row]) -> Vec<Finding> {
    let leaders = in_state(rows, |state| *state == State::Leading);
    let is_only = |first: &&&Row| leaders.iter().all(|it| may_be_one(first, it));
    let Some(leader) = leaders.first().filter(is_only) else {
        return Vec::new();
    };
    let is_led = |state: &State| matches!(state, State::Following | State::Observing);
    let led = in_state(rows, is_led);
    led.iter().filter_map(|row| apart(row, leader)).collect()
}

fn apart(row: &Row, leader: &Row) -> Option<Finding> {
    let ((epoch, counter), (its, _)) = (leader.transactions()?, row.transactions()?);
    let (name, leads) = (row.name(), leader.name());
    // Before the first transaction of an epoch, a learner's last is of an earlier one.
    if its < epoch && counter > 0 {
        let text = format!(
            "{name} is behind: its last transaction is of epoch {its}, and {leads} has some of \
             epoch {epoch}"
        );
        let remedy = "if it stays so, it follows an earlier leader or is stuck: see its log, and \
                      restart it";
        return Some(Finding::wrong("behind", &[row], text, remedy));
    }
    (its > epoch).then(|| {
        let text = format!(
            "{name} has a transaction of epoch {its}, and {leads} leads in epoch {epoch}: its time \
             is over"
        );
        let remedy = "if it stays so, that leader is cut off from the others: see what connects \
                      it, and restart it";
        Finding::wrong("past leader", &[leader, row], text, remedy)
    })
}

/// Voters that the leader has not brought up to date.
fn too_few_synced(rows: &[Row]) -> Option<Finding> {
    let leader = rows
        .iter()
        .find(|row| row.state == State::Leading && row.synced.is_some())?;
    let synced = leader.synced?;
    let expected = leader.voter_count()?.checked_sub(1)?;
    if synced >= expected {
        return None;
    }
    let absent: Vec<&Row> = rows.iter().filter(|row| !row.serves()).collect();
    let remedy = match absent[..] {
        [] => "the others are not among the addresses given; the leader's log names those that \
               have left it"
            .to_owned(),
        _ => format!("bring {} back", names(&absent)),
    };
    Some(Finding::wrong(
        "few synced",
        &[leader],
        format!(
            "{synced} of {expected} followers are synced with {}, which leads",
            leader.name()
        ),
        remedy,
    ))
}
