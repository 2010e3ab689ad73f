//! Who had a leader when, as far as the servers tell.
//!
//! A server *has* a leader from the line in which it says that this one is established (it is
//! synchronized) until the line in which it starts, looks, or says that it has none. Older
//! ZooKeepers never say that a follower is synchronized; one of theirs has its leader as soon as it
//! follows. What a server does before its log begins and after it ends is not known, but for what
//! others hear of it then, and that nobody listens at its election port.
//!
//! The *ensemble* has a leader while a server does, that one does not deny it, and the servers that
//! say or may have the same leader are a quorum. It has none while those of whom nothing is known
//! could not be a quorum with any leader. Else it is not known.

use super::facts::JOINING;
use crate::history::complaint::{Grievance, Reason, Trouble};
use crate::history::event::{Fact, server_state};
use crate::history::judge::Verdict;
use crate::history::log::{Log, Logs};
use crate::history::rebuild::{History, Part};
use fle::{ServerState, Sid};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// ZooKeeper's `fastleader.maxNotificationInterval` as it comes: a looking server speaks so often.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// What a server, or the ensemble, has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Having {
    /// That is not known.
    Unknown,
    /// No leader.
    Nobody,
    /// A leader, if it is known which.
    Leader(Option<Sid>),
}

/// From when on somebody has what.
pub(super) type Changes = Vec<(Timestamp, Having)>;

/// What each server has, by sid, and what the ensemble has.
pub(super) struct Reigns {
    pub(super) servers: BTreeMap<Sid, Changes>,
    pub(super) ensemble: Changes,
}

impl Reigns {
    pub(super) fn find(logs: &Logs, verdict: &Verdict, history: &History) -> Self {
        let mut servers: BTreeMap<Sid, Changes> = BTreeMap::new();
        let covered = covered(logs);
        let of_all = covered.values().map(|(_, end)| *end).max();
        for (&sid, log) in &logs.servers {
            let mut changes = told(sid, log, &Leaders::of(sid, history));
            if let (Some((_, end)), Some(of_all)) = (covered.get(&sid), of_all) {
                let forgotten = forgotten(*end, of_all);
                changes.extend(forgotten.map(|time| (time, Having::Unknown)));
            }
            servers.insert(sid, changes);
        }
        let heard = heard(logs, &servers, &covered);
        for (sid, time, having) in heard {
            servers.entry(sid).or_default().push((time, having));
        }
        for changes in servers.values_mut() {
            changes.sort_by_key(|(time, _)| *time);
            changes.dedup_by_key(|(_, having)| *having);
        }
        let ensemble = together(&servers, verdict);
        Self { servers, ensemble }
    }
}

/// A time: its beginning, and its end if it has one.
pub(super) type Span = (Timestamp, Option<Timestamp>);

/// The times in which this holds, the last open if it still does.
pub(super) fn spans(changes: &Changes, holds: impl Fn(Having) -> bool) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for &(time, having) in changes {
        match spans.last_mut() {
            Some((_, until @ None)) if !holds(having) => *until = Some(time),
            Some((_, None)) => {}
            _ if holds(having) => spans.push((time, None)),
            _ => {}
        }
    }
    spans.retain(|(from, until)| Some(*from) != *until);
    spans
}

/// What was had just before then.
pub(super) fn before(changes: &Changes, time: Timestamp) -> Having {
    let earlier = changes.iter().take_while(|it| it.0 < time).last();
    earlier.map_or(Having::Unknown, |it| it.1)
}

/// Whom a server has settled on, by where in its log it looked for a leader.
pub(super) struct Leaders(Vec<(usize, Option<Sid>)>);

impl Leaders {
    pub(super) fn of(sid: Sid, history: &History) -> Self {
        let parts = history.elections.iter().filter_map(|it| it.parts.get(&sid));
        let mut leaders: Vec<_> = parts
            .map(|part| (part.looking.started, leader_of(part, sid)))
            .collect();
        leaders.sort_unstable();
        Self(leaders)
    }

    /// The leader that it has or gets by the election in whose lines this event is.
    pub(super) fn at(&self, event: usize) -> Option<Sid> {
        let next = self.0.partition_point(|(started, _)| *started <= event);
        self.0.get(next.checked_sub(1)?)?.1
    }
}

/// What a server says of itself.
fn told(sid: Sid, log: &Log, leaders: &Leaders) -> Changes {
    let is_established = |fact: &Fact| matches!(fact, Fact::LeadershipEstablished { .. });
    let says_when = log.events.iter().any(|event| is_established(&event.fact));
    let mut changes = Vec::new();
    for (index, event) in log.events.iter().enumerate() {
        let having = match &event.fact {
            Fact::ServerStarted { .. }
            | Fact::ElectionStarted { .. }
            | Fact::LeadershipLost {}
            | Fact::ElectionRestarted {} => Having::Nobody,
            Fact::LeadershipEstablished {
                leader: Some(leader),
                ..
            } => Having::Leader(Some(Sid(*leader))),
            // Only ZooKeeper's leaders tell of an epoch and of no leader: themselves.
            Fact::LeadershipEstablished {
                peer_epoch: Some(_),
                ..
            } => Having::Leader(Some(sid)),
            Fact::LeadershipEstablished { .. } => Having::Leader(leaders.at(index)),
            Fact::Decided { state, .. }
                if !says_when && server_state(*state) != ServerState::Leading =>
            {
                Having::Leader(leaders.at(index))
            }
            _ => continue,
        };
        changes.extend(event.time.map(|time| (time, having)));
    }
    changes
}

/// When each log begins and when it ends.
type Covered = BTreeMap<Sid, (Timestamp, Timestamp)>;

fn covered(logs: &Logs) -> Covered {
    let of = |(&sid, log): (&Sid, &Log)| {
        let last = logs.reports.get(&sid).and_then(|it| it.last);
        let times = log.events.iter().filter_map(|event| event.time);
        let first = times.clone().min()?;
        Some((sid, (first, times.chain(last.map(|it| it.time)).max()?)))
    };
    logs.servers.iter().filter_map(of).collect()
}

/// When it is not known any more what a server has whose log has ended. Its next line may be late,
/// but while it looks not later than its longest wait.
fn forgotten(end: Timestamp, of_all: Timestamp) -> Option<Timestamp> {
    let since = end.checked_add(LONGEST_WAIT).ok()?;
    (since < of_all).then_some(since)
}

/// What others hear of servers that have no log: what each is; and of those whose log does not tell
/// of that time, that nobody listens at its election port. It holds until the hearer has a leader.
fn heard(
    logs: &Logs,
    servers: &BTreeMap<Sid, Changes>,
    covered: &Covered,
) -> Vec<(Sid, Timestamp, Having)> {
    let is_covered = |sid: &Sid, time: Timestamp| {
        let covered = covered.get(sid);
        covered.is_some_and(|(from, until)| *from <= time && time <= *until)
    };
    let mut heard = Vec::new();
    for (hearer, log) in &logs.servers {
        let mut of: BTreeSet<Sid> = BTreeSet::new();
        let mut said = statements(log, *hearer, logs);
        let own = servers.get(hearer).into_iter().flatten();
        let has_leader = own.filter(|(_, having)| matches!(having, Having::Leader(_)));
        said.extend(has_leader.map(|(time, _)| (*time, None)));
        said.sort_by_key(|(time, _)| *time);
        drop_outdated(&mut said);
        for (time, it) in said {
            match it {
                Some((sid, having)) if !is_covered(&sid, time) => {
                    of.insert(sid);
                    heard.push((sid, time, having));
                }
                Some(_) => {}
                None => {
                    let gone = of.iter().filter(|sid| !is_covered(sid, time));
                    heard.extend(gone.map(|sid| (*sid, time, Having::Unknown)));
                }
            }
        }
    }
    heard
}

/// What is heard of a server, or that the hearer has a leader now, and when.
type Statement = (Timestamp, Option<(Sid, Having)>);

/// Whoever connects is told first what was said last, perhaps long ago: that somebody looks does
/// not count where that one soon says otherwise.
fn drop_outdated(said: &mut Vec<Statement>) {
    let mut settled: BTreeMap<Sid, Timestamp> = BTreeMap::new();
    let mut is_current = |&(time, it): &Statement| match it {
        Some((sid, Having::Leader(_))) => {
            settled.insert(sid, time);
            true
        }
        Some((sid, _)) => settled
            .get(&sid)
            .is_none_or(|later| later.duration_since(time) > JOINING),
        None => true,
    };
    let mut kept: Vec<Statement> = said
        .iter()
        .rev()
        .copied()
        .filter(|it| is_current(it))
        .collect();
    kept.reverse();
    *said = kept;
}

/// What a server's log says of others.
fn statements(log: &Log, hearer: Sid, logs: &Logs) -> Vec<Statement> {
    let heard = log.events.iter().filter_map(|event| match &event.fact {
        Fact::NotificationReceived {
            from, announcement, ..
        } if !logs.servers.contains_key(&Sid(*from)) => {
            let having = match server_state(announcement.state) {
                ServerState::Looking => Having::Nobody,
                _ => Having::Leader(Some(Sid(announcement.ballot.leader))),
            };
            Some((event.time?, Some((Sid(*from), having))))
        }
        _ => None,
    });
    let senders = log.events.iter().filter_map(|event| match &event.fact {
        Fact::NotificationReceived { from, .. } => Some(Sid(*from)),
        _ => None,
    });
    // Of who is never heard, the address may be wrong.
    let known: BTreeSet<Sid> = senders.collect();
    let complaints = logs.reports.get(&hearer).into_iter();
    let refused = complaints.flat_map(|it| &it.complaints).filter_map(|it| {
        let Grievance {
            trouble,
            reason,
            peer,
            ..
        } = &it.grievance;
        let is_down = (*trouble, *reason) == (Trouble::Unreachable, Some(Reason::Refused));
        let (peer, time) = ((*peer)?, it.time?);
        (is_down && known.contains(&peer)).then_some((time, Some((peer, Having::Nobody))))
    });
    heard.chain(refused).collect()
}

/// What the ensemble has at each change of what a server has.
fn together(servers: &BTreeMap<Sid, Changes>, verdict: &Verdict) -> Changes {
    let mut steps: Vec<(Timestamp, Sid, Having)> = Vec::new();
    for (&sid, changes) in servers {
        steps.extend(changes.iter().map(|(time, having)| (*time, sid, *having)));
    }
    steps.sort_by_key(|it| it.0);
    let mut now: BTreeMap<Sid, Having> = BTreeMap::new();
    let mut changes = Changes::new();
    for (index, &(time, sid, having)) in steps.iter().enumerate() {
        now.insert(sid, having);
        let is_last_of_its_time = steps.get(index + 1).is_none_or(|next| next.0 != time);
        if is_last_of_its_time {
            changes.push((time, of_all(&now, verdict)));
        }
    }
    changes.dedup_by_key(|(_, having)| *having);
    changes
}

fn of_all(now: &BTreeMap<Sid, Having>, verdict: &Verdict) -> Having {
    let of = |sid: &Sid| now.get(sid).copied().unwrap_or(Having::Unknown);
    let view = verdict.ensemble.view();
    let may_agree_on = |leader: Option<Sid>| {
        let agree = verdict.voters.iter().copied().filter(|sid| match of(sid) {
            Having::Unknown | Having::Leader(None) => true,
            Having::Nobody => false,
            Having::Leader(it) => it == leader,
        });
        view.has_quorum(&view.tally(agree), None)
    };
    let named: BTreeSet<Option<Sid>> = now
        .values()
        .filter_map(|having| match having {
            Having::Leader(leader) => Some(*leader),
            _ => None,
        })
        .collect();
    let is_denied = |leader: &Sid| match of(leader) {
        Having::Unknown => false,
        having => having != Having::Leader(Some(*leader)),
    };
    let is_leader = |it: &&Option<Sid>| !it.as_ref().is_some_and(is_denied) && may_agree_on(**it);
    match named.iter().rev().find(is_leader) {
        Some(leader) => Having::Leader(*leader),
        None if may_agree_on(None) => Having::Unknown,
        None => Having::Nobody,
    }
}

fn leader_of(part: &Part, sid: Sid) -> Option<Sid> {
    match (part.looking.vote, part.looking.state) {
        (_, Some(ServerState::Leading)) => Some(sid),
        (vote, _) => vote.map(|vote| Sid(vote.leader)),
    }
}
