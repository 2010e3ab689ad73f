//! Why there was no leader: what servers complained of then, how the leader before ended, which
//! servers were started.

use super::facts::{Cause, Evidence, Kind, Outage};
use super::reigns::Reigns;
use super::told;
use super::words::{clock, names};
use crate::history::complaint::{Complaint, Grievance, Trouble};
use crate::history::event::{Event, Fact, Place};
use crate::history::judge::{Objection, Verdict};
use crate::history::log::{Log, Logs, Report};
use fle::Sid;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// How long before a leader is missed its end may have been told.
const BEFOREHAND: SignedDuration = SignedDuration::from_secs(30);

/// A server that is started together with others cannot be reached for so long.
const PASSING: SignedDuration = SignedDuration::from_secs(5);

/// Where causes are looked for.
pub(super) struct Search<'a> {
    pub(super) logs: &'a Logs,
    pub(super) verdict: &'a Verdict,
    pub(super) reigns: &'a Reigns,
    /// The end of the time without a leader before this one: what was said before belongs there.
    pub(super) since: Option<Timestamp>,
}

/// What several lines complain of alike.
struct Group<'a> {
    by: BTreeSet<Sid>,
    lines: usize,
    first: (Sid, &'a Complaint),
}

impl Search<'_> {
    pub(super) fn causes(&self, outage: &Outage) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self.started(outage).into_iter().collect();
        let handed_over = self.handed_over(outage);
        // Who hands over is left by its followers.
        let follows = |it: &Cause| {
            let of_leader = [Trouble::LeaderLost, Trouble::TooFewFollowers].map(Kind::Complaint);
            handed_over.is_some() && of_leader.contains(&it.kind)
        };
        let mut complaints = self.complaints(outage);
        complaints.retain(|it| !follows(it));
        causes.extend(handed_over);
        causes.extend(self.ended(outage));
        causes.extend(self.two_of_one_id(outage));
        causes.extend(self.not_allowed(outage));
        causes.extend(complaints);
        if causes.is_empty() {
            causes.push(Cause {
                kind: Kind::NotKnown,
                what: "not known from these logs".to_owned(),
                remedy: "give the logs of all servers, with QuorumCnxManager at level WARN"
                    .to_owned(),
                servers: Vec::new(),
                lines: 0,
                evidence: None,
            });
        }
        causes
    }

    /// From when on what is said may explain it.
    fn begins(&self, outage: &Outage) -> Timestamp {
        let begins = outage.from.checked_sub(BEFOREHAND).unwrap_or(outage.from);
        self.since.map_or(begins, |since| since.max(begins))
    }

    /// Whether something said then may explain it.
    fn concerns(&self, outage: &Outage, time: Option<Timestamp>) -> bool {
        let begins = self.begins(outage);
        let is_then = |time| begins <= time && outage.until.is_none_or(|until| time <= until);
        time.is_some_and(is_then)
    }

    fn complaints(&self, outage: &Outage) -> Vec<Cause> {
        let mut groups: BTreeMap<(Grievance, Option<Sid>), Group<'_>> = BTreeMap::new();
        for (&sid, report) in &self.logs.reports {
            for complaint in report.between(self.begins(outage), outage.until) {
                let mut grievance = complaint.grievance.clone();
                grievance.peer = grievance.peer.or_else(|| self.leader(sid, complaint));
                if !matters(sid, &grievance, outage) {
                    continue;
                }
                let own = Some(sid).filter(|_| grievance.trouble.is_own());
                let group = groups.entry((grievance, own)).or_insert_with(|| Group {
                    by: BTreeSet::new(),
                    lines: 0,
                    first: (sid, complaint),
                });
                group.by.insert(sid);
                group.lines += 1;
            }
        }
        let groups = groups
            .into_iter()
            .map(|((grievance, _), group)| (grievance, group));
        let passing = |(grievance, group): &(Grievance, Group<'_>)| {
            grievance.trouble == Trouble::Unreachable && self.is_passing(grievance, group, outage)
        };
        let groups = groups.filter(|it| !passing(it));
        groups.map(|it| self.cause(it)).collect()
    }

    /// Whether each server that could not reach another heard of it soon.
    fn is_passing(&self, grievance: &Grievance, group: &Group<'_>, outage: &Outage) -> bool {
        let first = group.first.1.time;
        let is_heard = |event: &Event| match event.fact {
            Fact::NotificationReceived { from, .. } if Some(Sid(from)) == grievance.peer => {
                let after = event
                    .time
                    .zip(first)
                    .map(|(time, first)| time.duration_since(first));
                let then = event
                    .time
                    .is_some_and(|time| outage.until.is_none_or(|it| time <= it));
                then && after.is_some_and(|it| !it.is_negative() && it < PASSING)
            }
            _ => false,
        };
        let mut by = group.by.iter().map(|sid| self.logs.servers.get(sid));
        by.all(|log| log.is_some_and(|log| log.events.iter().any(is_heard)))
    }

    fn cause(&self, (grievance, group): (Grievance, Group<'_>)) -> Cause {
        let servers: Vec<Sid> = group.by.into_iter().collect();
        let (sid, first) = group.first;
        Cause {
            kind: Kind::Complaint(grievance.trouble),
            what: grievance.words(&names(&servers)),
            remedy: grievance.remedy(),
            servers,
            lines: group.lines,
            evidence: Some(Evidence::new(self.logs, sid, first.at, first.text.clone())),
        }
    }

    /// The leader that a complaint of one is about: the one that the server had settled on.
    fn leader(&self, sid: Sid, complaint: &Complaint) -> Option<Sid> {
        let is_of_leader = [Trouble::LeaderUnreachable, Trouble::LeaderLost];
        if !is_of_leader.contains(&complaint.grievance.trouble) {
            return None;
        }
        let log = self.logs.servers.get(&sid)?;
        if !told::gaps(sid, log, self.verdict).is_empty() {
            return None;
        }
        self.reigns.leader(sid, complaint.time?)
    }

    /// The leader before, or the server that is without one, says no more, or starts anew without
    /// having said that it stops.
    fn ended(&self, outage: &Outage) -> Option<Cause> {
        let (sid, led) = match outage.whose.server() {
            Some(sid) => (sid, ""),
            None => (outage.before?, ", which led,"),
        };
        let events = &self.logs.servers.get(&sid)?.events;
        let then = events.iter().rposition(|event| {
            let is_before = event.time.is_some_and(|time| time <= outage.from);
            is_before && (led.is_empty() || is_established(&event.fact))
        })?;
        let mut later = events[then + 1..].iter();
        let next = later.find(|event| is_turn(&event.fact));
        let last = self.logs.reports.get(&sid)?.last?;
        let (at, how) = match next.map(|event| (event.at, &event.fact)) {
            Some((at, Fact::ServerStarted { .. })) => (at, "stopped, and was started again at"),
            None if last.time < outage.until.unwrap_or(outage.logs_end) => {
                (last.at, "says nothing after")
            }
            _ => return None,
        };
        let time = clock(time_of(events, at).unwrap_or(last.time));
        Some(Cause {
            kind: Kind::Ended,
            what: format!("server {sid}{led} {how} {time}"),
            remedy: "see why: what its log says last, its machine, who stopped it".to_owned(),
            servers: vec![sid],
            lines: 1,
            evidence: Some(Evidence::new(self.logs, sid, at, String::new())),
        })
    }

    /// The configuration that is in force since names another leader.
    fn handed_over(&self, outage: &Outage) -> Option<Cause> {
        let (mut servers, mut first) = (Vec::new(), None);
        for (&sid, log) in &self.logs.servers {
            let said = log.events.iter().find_map(|event| match event.fact {
                Fact::LeadershipHandedOver { leader } if self.concerns(outage, event.time) => {
                    Some((event.at, Sid(leader)))
                }
                _ => None,
            });
            if let Some((at, leader)) = said {
                servers.push(sid);
                first.get_or_insert((sid, at, leader));
            }
        }
        let (sid, at, leader) = first?;
        Some(Cause {
            kind: Kind::HandedOver,
            what: format!("the leader handed over to server {leader} by a reconfiguration"),
            remedy: "nothing, if the reconfiguration was meant: the next leader is established \
                     without an election"
                .to_owned(),
            lines: servers.len(),
            servers,
            evidence: Some(Evidence::new(self.logs, sid, at, String::new())),
        })
    }

    /// Servers that were started where nobody is known to have led.
    fn started(&self, outage: &Outage) -> Option<Cause> {
        if outage.before.is_some() {
            return None;
        }
        let starts = |(&sid, log): (&Sid, &Log)| {
            let is_start = |it: &&Event| {
                matches!(it.fact, Fact::ServerStarted { .. }) && self.concerns(outage, it.time)
            };
            let is_it = outage.whose.server().is_none_or(|it| it == sid);
            Some((sid, log.events.iter().find(is_start).filter(|_| is_it)?.at))
        };
        let started: Vec<(Sid, Place)> = self.logs.servers.iter().filter_map(starts).collect();
        let (sid, at) = *started.first()?;
        let servers: Vec<Sid> = started.iter().map(|it| it.0).collect();
        let were = if servers.len() == 1 { "was" } else { "were" };
        Some(Cause {
            kind: Kind::Started,
            what: format!("{} {were} started", names(&servers)),
            remedy: "nothing, if they were meant to start: servers that start elect first"
                .to_owned(),
            lines: servers.len(),
            servers,
            evidence: Some(Evidence::new(self.logs, sid, at, String::new())),
        })
    }

    /// Two logs of one server that cannot be of one process.
    fn two_of_one_id(&self, outage: &Outage) -> Vec<Cause> {
        let double = |(&sid, report): (&Sid, &Report)| {
            let at = report.double?;
            let time = time_of(&self.logs.servers.get(&sid)?.events, at);
            self.concerns(outage, time).then(|| Cause {
                kind: Kind::Complaint(Trouble::SameId),
                what: format!(
                    "two logs of server {sid} cover the same time: two servers may have this id"
                ),
                remedy: "give each server an id of its own in its file myid".to_owned(),
                servers: vec![sid],
                lines: 1,
                evidence: Some(Evidence::new(self.logs, sid, at, String::new())),
            })
        };
        self.logs.reports.iter().filter_map(double).collect()
    }

    /// What the judge objects to.
    fn not_allowed(&self, outage: &Outage) -> Vec<Cause> {
        let then = self.verdict.objections.iter().filter(|it| {
            let log = self.logs.servers.get(&it.sid);
            self.concerns(outage, log.and_then(|log| time_of(&log.events, it.at)))
        });
        let cause = |it: &Objection| Cause {
            kind: Kind::NotAllowed,
            what: format!(
                "the algorithm does not allow what server {} says: {}",
                it.sid, it.why
            ),
            remedy: "see the verdict, and what is odd in the timeline".to_owned(),
            servers: vec![it.sid],
            lines: 1,
            evidence: Some(Evidence::new(self.logs, it.sid, it.at, String::new())),
        };
        then.map(cause).collect()
    }
}

/// Whether a complaint of this server is about that time without a leader: where one server had
/// none, if it is by that one or about it; and a leader that was connected with in the end only
/// took a moment.
fn matters(sid: Sid, grievance: &Grievance, outage: &Outage) -> bool {
    let peer = grievance.peer;
    let concerns = |it: Sid| it == sid || Some(it) == peer;
    let took_a_moment = grievance.trouble == Trouble::LeaderUnreachable && outage.after == peer;
    outage.whose.server().is_none_or(concerns) && !(took_a_moment && peer.is_some())
}

fn is_established(fact: &Fact) -> bool {
    matches!(fact, Fact::LeadershipEstablished { .. })
}

/// Whether a server has a leader from there on, or none.
fn is_turn(fact: &Fact) -> bool {
    let is_loss = matches!(
        fact,
        Fact::ServerStarted { .. } | Fact::ElectionStarted { .. } | Fact::LeadershipLost {}
    );
    is_loss || is_established(fact)
}

fn time_of(events: &[Event], at: Place) -> Option<Timestamp> {
    events.iter().find(|event| event.at == at)?.time
}
