//! The elections of the ensemble, put together from what each server says of its own.
//!
//! Servers took part in the same election if they settled on the same leader in the same round; one
//! that never settled belongs to the first election of its round that it may have been part of. A
//! server that comes again to the same vote, after everybody was restarted, begins another
//! election.

use super::event::{Ballot, Event, Fact, Wait, server_state};
use super::judge::{Looking, Verdict};
use super::log::{Log, Logs};
use fle::{Proposal, ServerState, Sid};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the logs tell, in the order in which it happened.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// Election by election.
    pub elections: Vec<Election>,
}

/// An election of the ensemble.
#[derive(Clone, PartialEq, Debug)]
pub struct Election {
    /// The vote that it came to, if it came to one.
    pub vote: Option<Ballot>,
    /// Who took part, by sid, of those whose logs there are.
    pub parts: BTreeMap<Sid, Part>,
    /// Who proposed itself or was proposed, with the credentials told, of the round that decided.
    pub candidates: Vec<Proposal>,
}

/// One server's part in an election.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// How it went.
    pub looking: Looking,
    /// Until where in the server's log it goes: the next election, or the end.
    pub until: usize,
    /// Where the server says that its leader is established.
    pub established: Option<usize>,
    /// How often it waited for votes in vain.
    pub timeouts: usize,
}

/// When a server's search for a leader came how far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phases {
    /// It began.
    pub started: Option<Timestamp>,
    /// A quorum voted for what it proposed.
    pub quorum: Option<Timestamp>,
    /// It settled.
    pub decided: Option<Timestamp>,
    /// Its leader was established.
    pub established: Option<Timestamp>,
}

impl History {
    /// Puts the elections together.
    #[must_use]
    pub fn rebuild(logs: &Logs, verdict: &Verdict) -> Self {
        let mut parts = parts(logs, verdict);
        parts.sort_by_key(|(sid, part)| (part.starts(&logs.servers[sid]), *sid));
        let mut elections: Vec<Election> = Vec::new();
        let (settled, open): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .partition(|(_, part)| part.looking.vote.is_some());
        for (sid, part) in settled {
            let vote = part.looking.vote;
            let same =
                |it: &&mut Election| same_election(it.vote, vote) && !it.parts.contains_key(&sid);
            join(&mut elections, same, sid, part);
        }
        for (sid, part) in open {
            let round = part.looking.round.map(|round| round.0);
            let same = |it: &&mut Election| {
                let theirs = it.vote.map(|vote| vote.round).or_else(|| it.open_round());
                theirs == round && !it.parts.contains_key(&sid)
            };
            join(&mut elections, same, sid, part);
        }
        elections.sort_by_key(|election| election.starts(logs));
        for election in &mut elections {
            election.candidates = election.find_candidates(logs);
        }
        Self { elections }
    }
}

fn join(
    elections: &mut Vec<Election>,
    same: impl Fn(&&mut Election) -> bool,
    sid: Sid,
    part: Part,
) {
    if let Some(election) = elections.iter_mut().find(same) {
        election.parts.insert(sid, part);
    } else {
        elections.push(Election {
            vote: part.looking.vote,
            parts: BTreeMap::from([(sid, part)]),
            candidates: Vec::new(),
        });
    }
}

/// The leader's epoch may be told as it was or as it became.
fn same_election(one: Option<Ballot>, other: Option<Ballot>) -> bool {
    let key = |vote: Ballot| (vote.leader, vote.round);
    one.map(key) == other.map(key)
}

/// Every server's part in every election.
fn parts(logs: &Logs, verdict: &Verdict) -> Vec<(Sid, Part)> {
    let mut parts = Vec::new();
    for (&sid, elections) in &verdict.elections {
        let log = &logs.servers[&sid];
        for (index, looking) in elections.iter().enumerate() {
            let next = elections.get(index + 1);
            let until = next.map_or(log.events.len(), |next| next.started);
            parts.push((sid, Part::new(looking.clone(), until, log)));
        }
    }
    parts
}

impl Part {
    fn new(looking: Looking, until: usize, log: &Log) -> Self {
        let events = &log.events[looking.started..until];
        let established = looking.decided.and_then(|decided| {
            let after = log.events[decided..until].iter();
            let mut facts = after.map(|event| &event.fact);
            let position = facts.position(|it| matches!(it, Fact::LeadershipEstablished { .. }))?;
            Some(decided + position)
        });
        let timeouts = events.iter().filter(|it| {
            matches!(
                it.fact,
                Fact::WaitExpired {
                    wait: Wait::Collecting
                }
            )
        });
        Self {
            timeouts: timeouts.count(),
            looking,
            until,
            established,
        }
    }

    /// The place in the log of the event that completed a quorum. One that was queued before the
    /// search counts from its start.
    #[must_use]
    pub fn quorum(&self) -> Option<usize> {
        self.looking
            .quorum
            .map(|event| event.max(self.looking.started))
    }

    fn starts(&self, log: &Log) -> Option<Timestamp> {
        log.events[self.looking.started].time
    }

    /// Whether the server found an ensemble that had a leader already.
    #[must_use]
    pub fn joined(&self) -> bool {
        self.looking.decided.is_some() && self.looking.quorum.is_none()
    }

    /// The times of its phases.
    #[must_use]
    pub fn phases(&self, log: &Log) -> Phases {
        let time = |event: Option<usize>| event.and_then(|event| log.events[event].time);
        Phases {
            started: time(Some(self.looking.started)),
            quorum: time(self.quorum()),
            decided: time(self.looking.decided),
            established: time(self.established),
        }
    }

    /// The events of the search itself, by their place in the log.
    pub fn events<'a>(&self, log: &'a Log) -> impl Iterator<Item = (usize, &'a Event)> + use<'a> {
        let end = self
            .looking
            .decided
            .map_or(self.until, |decided| decided + 1);
        let started = self.looking.started;
        log.events[started..end]
            .iter()
            .enumerate()
            .map(move |(index, event)| (started + index, event))
    }
}

impl Election {
    /// The time from which its events are counted.
    #[must_use]
    pub fn starts(&self, logs: &Logs) -> Option<Timestamp> {
        let parts = self.parts.iter();
        let starts = parts.filter_map(|(sid, part)| part.starts(&logs.servers[sid]));
        starts.min()
    }

    fn open_round(&self) -> Option<i64> {
        self.parts
            .values()
            .find_map(|part| part.looking.round)
            .map(|round| round.0)
    }

    fn find_candidates(&self, logs: &Logs) -> Vec<Proposal> {
        let round = self.vote.map(|vote| vote.round);
        let mut candidates = Vec::new();
        for (sid, part) in &self.parts {
            for (_, event) in part.events(&logs.servers[sid]) {
                if let Fact::NotificationReceived { announcement, .. } = &event.fact
                    && server_state(announcement.state) == ServerState::Looking
                    && Some(announcement.ballot.round) == round
                {
                    candidates.push(announcement.ballot.proposal());
                }
            }
        }
        candidates.sort_unstable_by(|one, other| other.cmp(one));
        candidates.dedup();
        candidates.retain(|it| it.leader != Sid::NONE);
        candidates
    }
}
