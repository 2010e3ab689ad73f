//! An election step by step: what the timeline tells and the drawing shows.

use super::event::{Announcement, Ballot, Event, Fact, Place, server_state};
use super::log::{Log, Logs};
use super::rebuild::{Election, Part};
use fle::{ElectionEpoch, ServerState, Sid};
use jiff::Timestamp;

/// Something that one server did or heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The line that tells it.
    pub at: Place,
    /// When, by its clock.
    pub time: Option<Timestamp>,
    /// Who.
    pub sid: Sid,
    /// What.
    pub what: What,
}

/// What a server did or heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// It looks for a leader, in this round if that is known.
    Looks(Option<ElectionEpoch>),
    /// It votes.
    Votes(Ballot),
    /// It hears another server.
    Hears(Sid, Announcement),
    /// It has heard a quorum vote for what it proposes itself.
    HasQuorum,
    /// It is not looking any more.
    Settles {
        /// What it is now.
        state: ServerState,
        /// Whom it has settled on.
        leader: Option<Sid>,
        /// Whether others had settled on that one before.
        joins: bool,
    },
    /// Its leader has handed over to this one.
    IsHandedOver(Sid),
    /// Its leader is established, in this epoch if it is told.
    IsEstablished(Option<i64>),
}

/// The steps of an election by time, or server by server if no time is told.
#[must_use]
pub fn steps(election: &Election, logs: &Logs) -> Vec<Step> {
    let mut steps = Vec::new();
    for (&sid, part) in &election.parts {
        let log = &logs.servers[&sid];
        let mut own = steps_of(sid, part, log);
        own.sort_by_key(|(event, _)| *event);
        steps.extend(own.into_iter().map(|(event, what)| Step {
            at: log.events[event].at,
            time: log.events[event].time,
            sid,
            what,
        }));
    }
    steps.sort_by_key(|step| step.time);
    steps
}

fn steps_of(sid: Sid, part: &Part, log: &Log) -> Vec<(usize, What)> {
    let looking = &part.looking;
    let mut steps = vec![(looking.started, What::Looks(looking.round))];
    let mut heard: Vec<(Sid, Announcement)> = Vec::new();
    let mut voted = None;
    for (index, event) in part.events(log) {
        if let Some(vote) = own_vote(sid, event) {
            if voted.replace(vote) != Some(vote) {
                steps.push((index, What::Votes(vote)));
            }
        } else if let Some(it) = heard_from_another(sid, event)
            && !heard.contains(&it)
        {
            heard.push(it);
            steps.push((index, What::Hears(it.0, it.1)));
        }
    }
    steps.extend(part.quorum().map(|event| (event, What::HasQuorum)));
    if let (Some(event), Some(state)) = (looking.decided, looking.state) {
        let settles = What::Settles {
            state,
            leader: looking.vote.map(|vote| Sid(vote.leader)),
            joins: part.joined(),
        };
        steps.push((event, settles));
    }
    steps.extend(afterwards(part, log));
    steps
}

/// What became of the leader that the server settled on: it was established, and has perhaps handed
/// over. A log may say more than once what a server is.
fn afterwards(part: &Part, log: &Log) -> Vec<(usize, What)> {
    let mut steps = Vec::new();
    let (mut is_given, mut is_established) = (false, false);
    let decided = part.looking.decided.map_or(part.until, |it| it + 1);
    for index in decided..part.until {
        let what = match log.events[index].fact {
            Fact::LeadershipEstablished { peer_epoch, .. } if !is_established => {
                is_established = true;
                What::IsEstablished(peer_epoch)
            }
            Fact::LeadershipHandedOver { leader } => {
                (is_given, is_established) = (true, false);
                What::IsHandedOver(Sid(leader))
            }
            Fact::Decided { state, vote } if is_given => {
                is_given = false;
                What::Settles {
                    state: server_state(state),
                    leader: vote.map(|vote| Sid(vote.leader)),
                    joins: false,
                }
            }
            _ => continue,
        };
        steps.push((index, what));
    }
    steps
}

/// What a line shows of the vote of the looking server that wrote it.
fn own_vote(sid: Sid, event: &Event) -> Option<Ballot> {
    let announcement = match &event.fact {
        Fact::NotificationReceived {
            from, announcement, ..
        } if *from == sid.0 => announcement,
        Fact::NotificationSent {
            to: None,
            announcement,
        } => announcement,
        _ => return None,
    };
    (server_state(announcement.state) == ServerState::Looking).then_some(announcement.ballot)
}

fn heard_from_another(sid: Sid, event: &Event) -> Option<(Sid, Announcement)> {
    match &event.fact {
        Fact::NotificationReceived {
            from, announcement, ..
        } if *from != sid.0 => Some((Sid(*from), *announcement)),
        _ => None,
    }
}
