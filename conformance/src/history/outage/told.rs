//! What a server's own log tells of its leader, moment by moment.
//!
//! A server *has* a leader from the line in which it says that this one is established (it is
//! synchronized) until the line in which it starts, looks, or says that it has none. Older
//! ZooKeepers never say that a follower is synchronized; one of theirs has its leader as soon as it
//! follows, unless the leader's own log is there to tell.
//!
//! Nothing in a log says that it is whole. So that a server has no leader is certain only between
//! two lines that belong together: both of one search, or the end of a search and the leader that
//! it led to. Between others a whole reign may have been told by lines that are missing.

use super::facts::TOGETHER;
use super::having::{Changes, Having};
use crate::history::complaint::Trouble;
use crate::history::event::{Fact, server_state};
use crate::history::judge::{Absent, Unjudged, Verdict};
use crate::history::log::{Dialect, Log, Logs};
use crate::history::rebuild::{History, Part};
use fle::{ServerState, Sid};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a line shows of the server that wrote it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Starts,
    /// It is about to look again.
    Loses,
    /// A search begins.
    Begins,
    Looks,
    Settles(Option<Sid>),
    Has(Option<Sid>),
    /// It has settled, and lines that said so may be missing.
    Stays,
}

/// What a server says of itself.
pub(super) struct Told {
    pub(super) changes: Changes,
    /// Whom it settles on or has, and from when on.
    pub(super) leaders: Vec<(Timestamp, Option<Sid>)>,
}

/// Reads it out of its log.
pub(super) fn told(sid: Sid, logs: &Logs, verdict: &Verdict, history: &History) -> Told {
    let log = &logs.servers[&sid];
    let mut reader = Reader {
        sid,
        log,
        logs,
        settled: settled(sid, history),
        says_when: log.events.iter().any(|event| is_established(&event.fact)),
        round: None,
        epoch: None,
        is_broken: false,
        is_handed_over: false,
        shown: Vec::new(),
    };
    for index in 0..log.events.len() {
        reader.read(index);
    }
    let shown = reader.shown;
    let mut changes = Changes::new();
    for (index, &(time, it)) in shown.iter().enumerate() {
        let next = shown.get(index + 1).copied();
        let failed = next.is_some_and(|next| is_not_established(sid, logs, time, next.0));
        changes.push((time, between(it, next.map(|next| next.1), failed)));
    }
    for time in gaps(sid, log, verdict) {
        doubt(&mut changes, time);
    }
    let leader = |&(time, it): &(Timestamp, Shown)| match it {
        Shown::Settles(leader) | Shown::Has(leader) => Some((time, leader)),
        Shown::Stays => Some((time, None)),
        _ => None,
    };
    let leaders = shown.iter().filter_map(leader).collect();
    Told { changes, leaders }
}

/// Where the judge knows that lines are missing between others.
pub(super) fn gaps(sid: Sid, log: &Log, verdict: &Verdict) -> Vec<Timestamp> {
    let is_gap =
        |it: &&Unjudged| it.sid == Some(sid) && matches!(it.absent, Some(Absent::Within(_)));
    let gaps = verdict.unjudged.iter().filter(is_gap);
    let event = |it: &Unjudged| log.events.iter().find(|event| event.at == it.at);
    gaps.filter_map(|it| event(it)?.time).collect()
}

/// The time without a leader around a gap is not certain, not even between lines that seem to
/// belong together.
fn doubt(changes: &mut Changes, gap: Timestamp) {
    let is_led = |it: &(Timestamp, Having)| !it.1.is_without();
    let after = changes.partition_point(|(time, _)| *time <= gap);
    let from = changes[..after].iter().rposition(is_led);
    let until = changes[after..].iter().position(is_led);
    let range = from.map_or(0, |it| it + 1)..until.map_or(changes.len(), |it| after + it);
    for (_, having) in &mut changes[range] {
        if *having == Having::Nobody {
            *having = Having::Untold;
        }
    }
}

/// Whom the server has settled on, by the event in which it says that it has.
fn settled(sid: Sid, history: &History) -> BTreeMap<usize, Option<Sid>> {
    let parts = history.elections.iter().filter_map(|it| it.parts.get(&sid));
    let leader = |part: &Part| part.looking.vote.map(|vote| Sid(vote.leader));
    let decided = parts.filter_map(|part| Some((part.looking.decided?, leader(part))));
    decided.collect()
}

/// What the server has between two lines that follow one another.
fn between(shown: Shown, next: Option<Shown>, failed: bool) -> Having {
    use Shown::{Begins, Has, Looks, Loses, Settles, Starts, Stays};
    match (shown, next) {
        (Has(leader), _) => Having::Leader(leader),
        (Settles(one), Some(Has(other))) if one == other => Having::Nobody,
        (Settles(_), Some(_)) if failed => Having::Nobody,
        (Settles(leader), _) => Having::Settled(leader),
        (Stays, _) => Having::Settled(None),
        (Starts | Loses, Some(Begins | Looks)) | (Begins | Looks, Some(Looks | Settles(_))) => {
            Having::Nobody
        }
        _ => Having::Untold,
    }
}

/// A log while it is read.
struct Reader<'a> {
    sid: Sid,
    log: &'a Log,
    logs: &'a Logs,
    settled: BTreeMap<usize, Option<Sid>>,
    /// Whether the log says when a leader is established.
    says_when: bool,
    /// The round of the search, once the server has announced it.
    round: Option<i64>,
    /// The epoch in which it voted for itself.
    epoch: Option<i64>,
    /// Whether lines of the search are missing.
    is_broken: bool,
    /// Whether the leader has just handed over: what ZooKeeper says next of its state is of before.
    is_handed_over: bool,
    shown: Vec<(Timestamp, Shown)>,
}

impl Reader<'_> {
    fn read(&mut self, index: usize) {
        let event = &self.log.events[index];
        let is_outdated = self.is_handed_over && is_established(&event.fact);
        let is_handed_over = matches!(event.fact, Fact::LeadershipHandedOver { .. });
        self.is_handed_over &= !is_outdated;
        self.is_handed_over |= is_handed_over && self.log.dialect == Dialect::ZooKeeper;
        let line = self.line(index).filter(|_| !is_outdated);
        let Some((time, it)) = event.time.zip(line) else {
            return;
        };
        if it == Shown::Begins {
            (self.round, self.epoch, self.is_broken) = (None, None, false);
        }
        if it == Shown::Looks && self.leaps(&event.fact) {
            self.break_off();
        }
        if let Some(it) = self.behind(time, it) {
            self.shown.push((time, it));
        }
    }

    /// What a line shows behind those before it; `None` if that is known already.
    fn behind(&self, time: Timestamp, it: Shown) -> Option<Shown> {
        use Shown::{Begins, Has, Looks, Loses, Settles, Stays};
        let leads = |leader: Option<Sid>| leader == Some(self.sid);
        let is_together = |since: Timestamp| time.duration_since(since) < TOGETHER;
        let (since, before) = self.shown.last().copied().unzip();
        Some(match (before, it) {
            // The receiver reads the state before the election changes it and writes afterwards.
            (Some(Settles(_) | Has(_) | Loses | Stays), Stays) => return None,
            (Some(Settles(_)), Looks) if since.is_some_and(is_together) => return None,
            // A log says in several lines what it has settled on.
            (Some(Settles(one)), Settles(other)) if leads(one) == leads(other) => return None,
            (_, Settles(_)) if self.is_handed_over => it,
            (Some(Settles(_)), Settles(other)) => Settles(other.filter(|_| leads(other))),
            (Some(Has(_)), Settles(_)) if !self.says_when => return None,
            (Some(Has(_)), Settles(_)) => Settles(None),
            (Some(Settles(leader)), Has(None)) => Has(leader),
            // Who begins to look is heard by its receiver before it says so.
            (Some(Looks), Begins) if self.has_just_lost() => Looks,
            (_, Settles(leader)) => self.settles(leader),
            (_, it) => it,
        })
    }

    /// Whether the line is of another search: of a later round than the one that the server
    /// announced, or with another epoch of its own.
    fn leaps(&mut self, fact: &Fact) -> bool {
        let Fact::NotificationReceived {
            from, announcement, ..
        } = fact
        else {
            return false;
        };
        let ballot = announcement.ballot;
        let is_own = *from == self.sid.0;
        let is_later = self.round.is_some_and(|before| before < ballot.round);
        if is_own || is_later {
            self.round = Some(ballot.round);
        }
        let epoch = (is_own && ballot.leader == self.sid.0).then_some(ballot.peer_epoch);
        let is_other = self
            .epoch
            .zip(epoch)
            .is_some_and(|(one, other)| one != other);
        self.epoch = epoch.or(self.epoch);
        is_later || is_other
    }

    /// What the server said of its search before this is of another one.
    fn break_off(&mut self) {
        if let Some((_, before @ (Shown::Begins | Shown::Looks))) = self.shown.last_mut() {
            *before = Shown::Stays;
            self.is_broken = true;
        }
    }

    fn settles(&self, leader: Option<Sid>) -> Shown {
        let leader = leader.filter(|it| !self.is_broken || *it == self.sid);
        match leader {
            Some(leader)
                if !self.says_when
                    && leader != self.sid
                    && !self.logs.servers.contains_key(&leader) =>
            {
                Shown::Has(Some(leader))
            }
            leader => Shown::Settles(leader),
        }
    }

    /// Whether the last lines show that the server was about to look, and not yet that it began.
    fn has_just_lost(&self) -> bool {
        let mut before = self.shown.iter().rev().map(|it| it.1);
        let last = before.find(|it| *it != Shown::Looks);
        matches!(last, Some(Shown::Starts | Shown::Loses))
    }

    fn line(&self, index: usize) -> Option<Shown> {
        use Shown::{Begins, Has, Looks, Loses, Settles, Starts, Stays};
        let looks = |state| server_state(state) == ServerState::Looking;
        let leads = |state| server_state(state) == ServerState::Leading;
        match &self.log.events[index].fact {
            Fact::ServerStarted { .. } => Some(Starts),
            Fact::ElectionStarted { .. } => Some(Begins),
            Fact::LeadershipLost {} => Some(Loses),
            // Of ZooKeeper's, whoever has settled stays what it is.
            Fact::ElectionRestarted {} => (self.log.dialect == Dialect::Own).then_some(Loses),
            Fact::WaitExpired { .. } | Fact::ProposalChanged { .. } => Some(Looks),
            Fact::NotificationReceived { my_state, .. } => {
                my_state.map(|mine| if looks(mine) { Looks } else { Stays })
            }
            Fact::NotificationSent { announcement, .. } => {
                (self.log.dialect == Dialect::Own && looks(announcement.state)).then_some(Looks)
            }
            Fact::Decided { state, .. } if leads(*state) => Some(Settles(Some(self.sid))),
            Fact::Decided { .. } => Some(Settles(self.settled.get(&index).copied().flatten())),
            Fact::LeadershipEstablished {
                leader: Some(leader),
                ..
            } => Some(Has(Some(Sid(*leader)))),
            Fact::LeadershipHandedOver { leader } => {
                let leader = Some(Sid(*leader));
                Some(match self.log.dialect {
                    Dialect::Own => Has(leader),
                    Dialect::ZooKeeper => Settles(leader),
                })
            }
            // Only ZooKeeper's leaders tell of an epoch and of no leader: themselves.
            Fact::LeadershipEstablished {
                peer_epoch, state, ..
            } => {
                let is_own = peer_epoch.is_some() || state.is_some_and(leads);
                Some(Has(is_own.then_some(self.sid)))
            }
            _ => None,
        }
    }
}

fn is_established(fact: &Fact) -> bool {
    matches!(fact, Fact::LeadershipEstablished { .. })
}

/// Whether the server says meanwhile that no quorum has joined it.
fn is_not_established(sid: Sid, logs: &Logs, from: Timestamp, until: Timestamp) -> bool {
    let report = logs.reports.get(&sid);
    let meanwhile = report.map_or(&[][..], |it| it.between(from, Some(until)));
    let mut troubles = meanwhile.iter().map(|it| it.grievance.trouble);
    troubles.any(|it| it == Trouble::NotEstablished)
}
