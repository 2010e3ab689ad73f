//! Who was established as leader: what no missing line excuses.
//!
//! - An epoch has one leader, ever. The election does not promise that two servers never lead at
//!   the same time, only that a quorum promises each epoch to one.
//! - A leader is established by a quorum of the configuration, in an epoch from 1 on.
//! - A decision to lead is one for oneself.
//! - ZooKeeper's receiver logs no notification of a server that its configuration does not know.
//!
//! A server keeps its epoch on disk, and `Leader.lead` proposes one above all that a quorum has
//! accepted; so epochs never go back. But a disk may be lost, and the line missing that says that
//! the server started without it: that is pointed at, not objected to.

use super::ensemble::{Assumed, QuorumSource};
use super::finding::{Absent, Objection, Unjudged};
use crate::history::event::{Announcement, Event, Fact};
use crate::history::log::{Dialect, Logs};
use fle::{PeerEpoch, Sid};
use fle_model::election::trace::format::State;
use std::collections::{BTreeMap, BTreeSet};

/// What alone makes a server forget its epoch.
const LOST_DISK: &str = "one that says that the server started, its disk having been lost";

/// What came of it.
#[derive(Default)]
pub(super) struct Reign {
    pub(super) objections: Vec<Objection>,
    pub(super) unjudged: Vec<Unjudged>,
    /// Whether a leader was established by less than a majority, and nothing tells the groups and
    /// weights that allow it.
    pub(super) has_minority: bool,
}

/// Objects to leaders that cannot be.
pub(super) fn judge(logs: &Logs, assumed: &Assumed) -> Reign {
    let mut reign = Reign::default();
    second_leaders(logs, &mut reign);
    for (&sid, log) in &logs.servers {
        let mut server = Server {
            sid,
            dialect: log.dialect,
            assumed,
            heard: BTreeSet::new(),
            has_begun: false,
            state: None,
            reigns: false,
            has_started: false,
            epoch: None,
            reign: &mut reign,
        };
        for event in &log.events {
            server.event(event);
        }
    }
    reign
}

/// Two leaders of one epoch.
fn second_leaders(logs: &Logs, reign: &mut Reign) {
    let mut established: Vec<(&Event, Sid, i64, Sid)> = Vec::new();
    for (&sid, log) in &logs.servers {
        for event in &log.events {
            if let Fact::LeadershipEstablished {
                leader,
                peer_epoch: Some(epoch),
                ..
            } = event.fact
            {
                established.push((event, sid, epoch, leader.map_or(sid, Sid)));
            }
        }
    }
    established.sort_by_key(|(event, ..)| (event.time, event.at));
    let mut leaders = BTreeMap::new();
    for (event, sid, epoch, leader) in established {
        let first = *leaders.entry(epoch).or_insert(leader);
        if first != leader {
            reign.objections.push(Objection {
                sid,
                at: event.at,
                why: format!(
                    "server {leader} is established in epoch {epoch}, which server {first} leads"
                ),
            });
        }
    }
}

/// One server's log, from its beginning up to a line.
struct Server<'a> {
    sid: Sid,
    dialect: Dialect,
    assumed: &'a Assumed,
    /// Who voted or was voted for in the election that was the last to start.
    heard: BTreeSet<Sid>,
    /// Whether its log tells since when it is what it is.
    has_begun: bool,
    /// What it said that it is, since it last looked.
    state: Option<State>,
    /// Whether it was established as leader since it last said that it leads.
    reigns: bool,
    /// The epoch that it was in last.
    epoch: Option<i64>,
    /// Whether it started after that.
    has_started: bool,
    reign: &'a mut Reign,
}

impl Server<'_> {
    fn event(&mut self, event: &Event) {
        let stays = matches!(
            event.fact,
            Fact::NotificationReceived { .. } | Fact::LeadershipEstablished { .. }
        );
        self.reigns &= stays;
        match &event.fact {
            Fact::ServerStarted { .. } => {
                (self.has_begun, self.has_started, self.state) = (true, true, None);
            }
            Fact::LeadershipLost {} => self.state = None,
            Fact::LeadershipHandedOver { leader } => {
                let leads = *leader == self.sid.0;
                self.state = Some(if leads {
                    State::Leading
                } else {
                    State::Following
                });
            }
            Fact::ElectionStarted { peer_epoch, .. } => {
                self.heard = BTreeSet::from([self.sid]);
                (self.has_begun, self.state) = (true, None);
                if let Some(epoch) = peer_epoch {
                    self.is_in(*epoch, event);
                }
            }
            Fact::Decided { state, vote } => {
                self.state = Some(*state);
                let leads = *state == State::Leading;
                if vote.is_some_and(|vote| (vote.leader == self.sid.0) != leads) {
                    let why = "it leads and has settled on another server, or the other way round";
                    self.object(event, why.to_owned());
                }
            }
            Fact::NotificationReceived {
                from, announcement, ..
            } => {
                let vote = announcement.ballot;
                self.heard.extend([Sid(*from), Sid(vote.leader)]);
                let is_own = *from == self.sid.0 && vote.leader == self.sid.0;
                if is_own && announcement.state == State::Looking {
                    self.is_in(vote.peer_epoch, event);
                }
                self.is_known(Sid(*from), event);
                self.is_of_its_epoch(announcement, event);
            }
            Fact::LeadershipEstablished {
                leader,
                peer_epoch: Some(epoch),
                supporters,
                ..
            } if leader.is_none_or(|it| it == self.sid.0) => {
                self.is_established(*epoch, event);
                if let Some(supporters) = supporters {
                    self.is_supported(supporters, event);
                }
            }
            // Whoever follows an established leader is in its epoch; the first there is, is 1.
            Fact::LeadershipEstablished { peer_epoch, .. } => {
                let epoch = peer_epoch.unwrap_or(1);
                self.epoch = Some(self.epoch.map_or(epoch, |before| before.max(epoch)));
            }
            _ => {}
        }
    }

    /// It votes in this epoch; without a vote of its own, in none.
    fn is_in(&mut self, epoch: i64, event: &Event) {
        if epoch == PeerEpoch::NONE.0 {
            return;
        }
        let has_lost_disk = self.has_started && epoch == 0;
        // What this project's servers say of an epoch may come before they have stored it.
        let is_stored = self.dialect == Dialect::ZooKeeper;
        let is_back = |before: &i64| is_stored && epoch < *before && !has_lost_disk;
        if let Some(before) = self.epoch.filter(is_back) {
            let why = format!("it is in epoch {epoch}, and was in epoch {before} already");
            self.doubt(event, why, Absent::Within(LOST_DISK.to_owned()));
        }
        (self.epoch, self.has_started) = (Some(epoch), false);
    }

    /// A server stores an epoch before any transaction of it, and does not start with others.
    fn is_of_its_epoch(&mut self, announcement: &Announcement, event: &Event) {
        let vote = announcement.ballot;
        let of_zxid = vote.zxid >> 32;
        if announcement.state == State::Looking && vote.zxid > 0 && of_zxid > vote.peer_epoch {
            let why = format!(
                "it hears a vote in epoch {} with zxid {:#x}, which is of epoch {of_zxid}",
                vote.peer_epoch, vote.zxid
            );
            self.reign.unjudged.push(Unjudged {
                sid: Some(self.sid),
                at: event.at,
                why,
                absent: None,
            });
        }
    }

    fn is_established(&mut self, epoch: i64, event: &Event) {
        let is_due = self.state == Some(State::Leading) && !self.reigns;
        self.reigns = true;
        if self.dialect == Dialect::ZooKeeper && !is_due {
            let why = "its leadership is established, and it did not say that it leads";
            let absent = "the one with which it began to lead".to_owned();
            let absent = match self.has_begun {
                true => Absent::Within(absent),
                false => Absent::Beyond(absent),
            };
            self.doubt(event, why.to_owned(), absent);
        }
        if epoch <= 0 {
            self.object(event, format!("no leader is established in epoch {epoch}"));
        } else if let Some(before) = self.epoch.filter(|before| epoch <= *before) {
            let why = format!("it is established in epoch {epoch}, and was in {before} before");
            self.doubt(event, why, Absent::Within(LOST_DISK.to_owned()));
        }
        self.epoch = Some(epoch);
    }

    fn is_supported(&mut self, supporters: &[Vec<i64>], event: &Event) {
        let sets = supporters.iter().map(|set| set.iter().copied().map(Sid));
        let supporters: BTreeSet<Sid> = sets.flatten().collect();
        let is_told = matches!(
            self.assumed.source,
            QuorumSource::Told | QuorumSource::Logged
        );
        let view = self.assumed.ensemble.view();
        let is_quorum = if is_told {
            view.has_quorum(&view.tally(supporters.iter().copied()), None)
        } else {
            self.heard.remove(&Sid::NONE);
            let voters: BTreeSet<Sid> = self.heard.union(&supporters).copied().collect();
            2 * supporters.len() > voters.len()
        };
        let names = |sids: &BTreeSet<Sid>| {
            let sids: Vec<String> = sids.iter().map(Sid::to_string).collect();
            sids.join(", ")
        };
        let stranger = supporters
            .iter()
            .find(|sid| is_told && view.slot(**sid).is_none());
        if let Some(stranger) = stranger {
            self.object(
                event,
                format!("it is established by server {stranger}, no voter"),
            );
        } else if !is_quorum && (is_told || supporters.is_empty()) {
            self.object(
                event,
                format!(
                    "it is established by {}, which is no quorum",
                    names(&supporters)
                ),
            );
        } else if !is_quorum {
            // Groups and weights are in no line.
            self.reign.unjudged.push(Unjudged {
                sid: Some(self.sid),
                at: event.at,
                why: format!(
                    "it is established by {}, no majority of those that the logs name: a quorum \
                     only where groups and weights make it one, which --config tells",
                    names(&supporters)
                ),
                absent: None,
            });
            self.reign.has_minority = true;
        }
    }

    /// ZooKeeper logs what it hears of voters alone.
    fn is_known(&mut self, from: Sid, event: &Event) {
        let is_told = self.assumed.source == QuorumSource::Told;
        let is_voter = self.assumed.ensemble.view().slot(from).is_some();
        if is_told && !is_voter && self.dialect == Dialect::ZooKeeper {
            self.object(
                event,
                format!("it hears server {from}, which is no voter as configured"),
            );
        }
    }

    fn object(&mut self, event: &Event, why: String) {
        self.reign.objections.push(Objection {
            sid: self.sid,
            at: event.at,
            why,
        });
    }

    fn doubt(&mut self, event: &Event, why: String, absent: Absent) {
        self.reign.unjudged.push(Unjudged {
            sid: Some(self.sid),
            at: event.at,
            why,
            absent: Some(absent),
        });
    }
}
