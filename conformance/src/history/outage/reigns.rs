//! Who had a leader when, as far as the servers tell.
//!
//! What each says of itself is the business of `told`. What a server does before its log begins and
//! after it ends is not known, but for what others hear of it then, and that nobody listens at its
//! election port. Two logs that cover the same time and say different things tell nothing.
//!
//! The *ensemble* has a leader while a server does, that one does not deny it, and the servers that
//! say or may have the same leader are a quorum. Else it has none, for certain if those that may
//! have had one, whatever lines are missing, could not be a quorum with any leader. Where those of
//! whom nothing is told are a quorum, it is not known.

use super::facts::{JOINING, Whose};
use super::having::{Changes, Having, at};
use super::told::{self, Told};
use crate::history::complaint::{Grievance, Reason, Trouble};
use crate::history::event::{Fact, server_state};
use crate::history::judge::{QuorumSource, Verdict};
use crate::history::log::{Log, Logs, Report};
use crate::history::rebuild::History;
use fle::{ServerState, Sid};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// ZooKeeper's `fastleader.maxNotificationInterval` as it comes: a looking server speaks so often.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// What each server has, by sid, and what the ensemble has.
pub(super) struct Reigns {
    pub(super) servers: BTreeMap<Sid, Changes>,
    /// Whom each server says that it settles on or has, and from when on.
    leaders: BTreeMap<Sid, Vec<(Timestamp, Option<Sid>)>>,
    pub(super) ensemble: Changes,
}

impl Reigns {
    pub(super) fn find(logs: &Logs, verdict: &Verdict, history: &History) -> Self {
        let mut servers: BTreeMap<Sid, Changes> = BTreeMap::new();
        let mut leaders = BTreeMap::new();
        let covered = covered(logs);
        let of_all = covered.values().map(|(_, end)| *end).max();
        let is_double = |sid: &Sid| logs.reports.get(sid).is_some_and(|it| it.double.is_some());
        for &sid in logs.servers.keys().filter(|sid| !is_double(sid)) {
            let Told {
                mut changes,
                leaders: own,
            } = told::told(sid, logs, verdict, history);
            leaders.insert(sid, own);
            if let (Some((_, end)), Some(of_all)) = (covered.get(&sid), of_all) {
                changes.extend(ended(&changes, *end, of_all));
            }
            servers.insert(sid, changes);
        }
        for (sid, time, having) in heard(logs, &servers, &covered) {
            if !is_double(&sid) {
                servers.entry(sid).or_default().push((time, having));
            }
        }
        for changes in servers.values_mut() {
            changes.sort_by_key(|(time, _)| *time);
            changes.dedup_by_key(|(_, having)| *having);
        }
        let ensemble = together(&servers, verdict);
        for changes in servers.values_mut() {
            follow(changes, &ensemble);
        }
        Self {
            servers,
            leaders,
            ensemble,
        }
    }

    /// The leader that this server had or sought last, by then.
    pub(super) fn leader(&self, sid: Sid, time: Timestamp) -> Option<Sid> {
        let mut leaders = self.leaders.get(&sid)?.iter().rev();
        leaders.find(|it| it.0 <= time)?.1
    }

    /// Whether a server whose log goes on to the end has the leader that the ensemble has.
    pub(super) fn is_led(&self) -> bool {
        let last = |changes: &Changes| changes.last().map(|it| it.1);
        let of_all = last(&self.ensemble);
        self.servers.values().any(|it| last(it) == of_all)
    }

    pub(super) fn of(&self, whose: Whose) -> &Changes {
        match whose.server() {
            Some(sid) => &self.servers[&sid],
            None => &self.ensemble,
        }
    }
}

/// Whoever has settled on the leader that the others have, has it.
fn follow(changes: &mut Changes, ensemble: &Changes) {
    let mut both = changes.clone();
    both.extend(ensemble.iter().map(|(time, _)| (*time, Having::Unknown)));
    both.sort_by_key(|(time, _)| *time);
    both.dedup_by_key(|(time, _)| *time);
    for (time, having) in &mut both {
        let own = at(changes, *time);
        let leads = at(ensemble, *time).leader();
        *having = match (own, leads) {
            (Having::Settled(it), Some(leader)) if it == leader => Having::Leader(it),
            _ => own,
        };
    }
    *changes = both;
    changes.dedup_by_key(|(_, having)| *having);
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

/// What is known of a server whose log has ended. Its next line may be late, but while it looks not
/// later than its longest wait.
fn ended(changes: &Changes, end: Timestamp, of_all: Timestamp) -> Vec<(Timestamp, Having)> {
    let last = changes.last().and_then(|(_, having)| having.leader());
    let last = last.map(|leader| (end, Having::Last(leader)));
    let forgotten = end.checked_add(LONGEST_WAIT).ok();
    let forgotten = forgotten.map(|since| (since, Having::Unknown));
    let ends = last.into_iter().chain(forgotten);
    ends.filter(|(time, _)| *time < of_all).collect()
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
        let mut said = statements(log, logs);
        let report = logs.reports.get(hearer);
        said.extend(report.into_iter().flat_map(|it| refusals(log, it)));
        let own = servers.get(hearer).into_iter().flatten();
        let has_leader = own.filter(|(_, having)| having.leader().is_some());
        said.extend(has_leader.map(|(time, _)| (*time, None)));
        said.sort_by_key(|(time, _)| *time);
        drop_outdated(&mut said);
        for (index, &(time, it)) in said.iter().enumerate() {
            match it {
                Some(it) if !is_covered(&it.sid, time) => {
                    of.insert(it.sid);
                    heard.push((it.sid, time, until_next(it, &said[index + 1..])));
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
type Statement = (Timestamp, Option<Heard>);

/// What is heard of a server.
#[derive(Clone, Copy)]
struct Heard {
    sid: Sid,
    having: Having,
    /// The round in which it looks, if it does.
    round: Option<i64>,
}

/// What the server has until the same one is heard again: certainly no leader if it goes on.
fn until_next(it: Heard, later: &[Statement]) -> Having {
    let mut later = later.iter().map(|(_, next)| next);
    let next = later.find(|next| next.is_none_or(|next| next.sid == it.sid));
    match (it.having, next.copied().flatten()) {
        (Having::Nobody, Some(next)) if it.round.is_some() && next.round == it.round => {
            Having::Nobody
        }
        (Having::Nobody, _) => Having::Untold,
        (having, _) => having,
    }
}

/// Whoever connects is told first what was said last, perhaps long ago: that somebody looks does
/// not count where that one soon says otherwise.
fn drop_outdated(said: &mut Vec<Statement>) {
    let mut settled: BTreeMap<Sid, Timestamp> = BTreeMap::new();
    let mut is_current = |&(time, it): &Statement| match it {
        Some(it) if it.having.leader().is_some() => {
            settled.insert(it.sid, time);
            true
        }
        Some(it) => settled
            .get(&it.sid)
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
fn statements(log: &Log, logs: &Logs) -> Vec<Statement> {
    let heard = log.events.iter().filter_map(|event| match &event.fact {
        Fact::NotificationReceived {
            from, announcement, ..
        } if !logs.servers.contains_key(&Sid(*from)) => {
            let ballot = announcement.ballot;
            let (having, round) = match server_state(announcement.state) {
                ServerState::Looking => (Having::Nobody, Some(ballot.round)),
                _ => (Having::Leader(Some(Sid(ballot.leader))), None),
            };
            let sid = Sid(*from);
            Some((event.time?, Some(Heard { sid, having, round })))
        }
        _ => None,
    });
    heard.collect()
}

/// That nobody listens at the election port of others.
fn refusals(log: &Log, report: &Report) -> Vec<Statement> {
    let senders = log.events.iter().filter_map(|event| match &event.fact {
        Fact::NotificationReceived { from, .. } => Some(Sid(*from)),
        _ => None,
    });
    // Of who is never heard, the address may be wrong.
    let known: BTreeSet<Sid> = senders.collect();
    let refused = report.complaints.iter().filter_map(|it| {
        let Grievance {
            trouble,
            reason,
            peer,
            ..
        } = &it.grievance;
        let is_down = (*trouble, *reason) == (Trouble::Unreachable, Some(Reason::Refused));
        let (sid, time) = ((*peer)?, it.time?);
        let nobody = Heard {
            sid,
            having: Having::Nobody,
            round: None,
        };
        (is_down && known.contains(&sid)).then_some((time, Some(nobody)))
    });
    refused.collect()
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
    let are_quorum = |counts: &dyn Fn(Having) -> bool| {
        let those = verdict.voters.iter().copied();
        view.has_quorum(&view.tally(those.filter(|sid| counts(of(sid)))), None)
    };
    let named: BTreeSet<Option<Sid>> = now.values().filter_map(|it| it.leader()).collect();
    let leads = |it: &&Option<Sid>| {
        it.is_none_or(|leader| of(&leader).counts_for(**it))
            && are_quorum(&|having| having.counts_for(**it))
    };
    if let Some(leader) = named.iter().rev().find(leads) {
        return Having::Leader(*leader);
    }
    if are_quorum(&|having| having.counts_for(None) && !matches!(having, Having::Settled(_))) {
        return Having::Unknown;
    }
    // Whoever still has a leader that denies it may have had another one since.
    let is_outdated = |having: Having| {
        let whom = having.whom();
        whom.is_some_and(|whom| of(&whom).leader() != Some(Some(whom)))
    };
    let may_be = |having: Having, sid: Sid| {
        having.may_be(sid) || having.leader().is_some() && is_outdated(having)
    };
    let may_lead = |sid: &Sid| {
        let those = verdict.voters.iter().filter(|it| may_be(of(it), *sid));
        let is_deduced = verdict.quorum == QuorumSource::Deduced;
        let count = those.count();
        // An even number of servers is hardly ever meant: one may never have been heard. And where
        // a majority explains nothing, some may have no weight.
        let with_unheard =
            is_deduced && (verdict.has_unknown_weights || 2 * count >= verdict.voters.len());
        of(sid).may_be(*sid) && (with_unheard || are_quorum(&|having| may_be(having, *sid)))
    };
    match verdict.voters.iter().any(may_lead) {
        true => Having::Untold,
        false => Having::Nobody,
    }
}
