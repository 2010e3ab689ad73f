//! What must hold after every event, whatever the network does: the model's safety properties, as
//! far as events show them, said without a line of the engine.
//!
//! The picture is the whole ensemble's: what each server last said of itself, what it said to whom,
//! and what it heard in its present search. Of leaders it keeps who was established in which epoch.

mod evidence;
mod terms;

use crate::disk::Disk;
use crate::ensemble::Ensemble;
use fle_conformance::history::event::{Announcement, Ballot, Fact, Wait};
use fle_model::election::trace::format::State;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The ensemble as its events show it.
pub(crate) struct Picture {
    ensemble: Arc<Ensemble>,
    servers: BTreeMap<i64, Server>,
    disks: BTreeMap<i64, Disk>,
    /// What was said under these ids by somebody else.
    forged: Vec<(i64, Announcement)>,
    /// Who was established, by epoch.
    established: BTreeMap<i64, i64>,
    /// Who has been told to take over.
    heirs: BTreeSet<i64>,
    /// The greatest epoch that a leader with a lease has had.
    leased: i64,
    /// The first thing that must not be.
    pub(crate) objection: Option<String>,
    /// What happened, so that the properties are known not to be vacuous.
    pub(crate) seen: BTreeSet<&'static str>,
}

/// One server.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) standing: Standing,
    /// How often it has started to look.
    pub(crate) searches: usize,
    /// What it said to whom, `None` being all voters, in all its lives.
    told: Vec<(Option<i64>, Announcement, Credentials)>,
    /// What it has heard in this search.
    heard: Vec<Heard>,
    /// Where in what another has told it is, by who that is, and how often it has heard that.
    read: BTreeMap<i64, (usize, usize)>,
    credentials: Credentials,
    input: Option<Input>,
    /// Whom it has to answer before anything else happens to it.
    owes: Option<i64>,
}

/// A server as it last described itself.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Standing {
    #[default]
    Down,
    /// It has started, and does not look yet.
    Idle,
    Looking(Ballot),
    Settled(State, Ballot),
}

/// The zxid of a server whose vote nobody counts.
const NO_DATA: i64 = -1;

const NOBODY: Ballot = Ballot {
    leader: 0,
    round: 0,
    peer_epoch: 0,
    zxid: 0,
};

/// (epoch, zxid), as they are compared.
type Credentials = (i64, i64);

struct Heard {
    from: i64,
    told: Announcement,
    /// What the sender had on its disk when it said that.
    credentials: Credentials,
}

#[derive(Clone, Copy)]
enum Input {
    Heard(i64, Announcement),
    Waited(Wait),
    /// That a voter is gone, or connected again.
    Saw,
    /// From its leader, that this one takes over.
    HandedOver(i64),
}

/// A rule and what broke it.
type Checked = Result<(), String>;

impl Picture {
    pub(crate) fn new(ensemble: Arc<Ensemble>, disks: BTreeMap<i64, Disk>) -> Self {
        let servers = ensemble.servers.iter();
        Self {
            servers: servers.map(|it| (it.sid, Server::default())).collect(),
            ensemble,
            disks,
            forged: Vec::new(),
            established: BTreeMap::new(),
            heirs: BTreeSet::new(),
            leased: 0,
            objection: None,
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn server(&self, sid: i64) -> &Server {
        &self.servers[&sid]
    }

    pub(crate) fn crashes(&mut self, sid: i64) {
        self.server_mut(sid).standing = Standing::Down;
    }

    pub(crate) fn object(&mut self, sid: i64, why: &str) {
        self.objection
            .get_or_insert_with(|| format!("server {sid}: {why}"));
    }

    /// Somebody says this in that server's name, or under an id that is nobody's.
    pub(crate) fn is_forged(&mut self, from: i64, told: Announcement) {
        self.forged.push((from, told));
    }

    /// The greatest epoch in which a leader was established.
    pub(crate) fn last_epoch(&self) -> i64 {
        self.established
            .last_key_value()
            .map_or(0, |(epoch, _)| *epoch)
    }

    /// A voter that does not know what it has promised counts for nobody, as a server without data.
    fn remembers(&self, sid: i64) -> bool {
        self.disks[&sid].is_whole() || !self.ensemble.votes(sid)
    }

    /// Takes an event in and checks it.
    pub(crate) fn happens(&mut self, sid: i64, fact: &Fact) {
        let checked = match fact {
            Fact::ServerStarted { .. } => self.starts(sid),
            Fact::ElectionStarted {
                zxid,
                peer_epoch,
                round,
            } => self.looks(sid, (peer_epoch.unwrap(), *zxid), round.unwrap()),
            Fact::NotificationReceived {
                from, announcement, ..
            } => self.hears(sid, *from, *announcement),
            Fact::NotificationSent { to, announcement } => self.tells(sid, *to, *announcement),
            Fact::ProposalChanged { announcement } => self.turns(sid, announcement.ballot),
            Fact::WaitExpired { wait } => self.waits(sid, *wait),
            Fact::VoterGone { .. } | Fact::VoterConnected { .. } => self.sees(sid),
            Fact::Decided { state, vote } => self.settles(sid, *state, vote.unwrap()),
            Fact::LeadershipEstablished { leader, peer_epoch } => {
                self.is_established(sid, leader.unwrap(), peer_epoch.unwrap())
            }
            Fact::LeadershipHandedOver { leader } => self.is_handed_over(sid, *leader),
            Fact::LeadershipLost {} | Fact::ElectionRestarted {} => {
                Err("nothing here leads to that".to_owned())
            }
        };
        if let Err(why) = checked {
            self.object(sid, &why);
        }
    }

    fn starts(&mut self, sid: i64) -> Checked {
        let server = self.server_mut(sid);
        server.standing = Standing::Idle;
        server.owes = None;
        Ok(())
    }

    /// Each search begins in the next round, with a vote for itself or, without one, for nobody.
    fn looks(&mut self, sid: i64, credentials: Credentials, round: i64) -> Checked {
        let zxid = credentials.1;
        check(self.remembers(sid) || zxid == NO_DATA, || {
            format!("it votes with zxid {zxid}, and does not know what it has promised")
        })?;
        let leader = if self.ensemble.votes(sid) {
            sid
        } else {
            i64::MIN
        };
        let server = self.server_mut(sid);
        let before = match server.standing {
            Standing::Down => return Err("it looks and has not started".to_owned()),
            Standing::Idle => 0,
            Standing::Looking(ballot) | Standing::Settled(_, ballot) => ballot.round,
        };
        check(round == before + 1, || {
            format!("it enters round {round} after round {before}")
        })?;
        server.credentials = credentials;
        let (peer_epoch, zxid) = match leader {
            i64::MIN => (i64::MIN, i64::MIN),
            _ => credentials,
        };
        server.standing = Standing::Looking(Ballot {
            leader,
            round,
            peer_epoch,
            zxid,
        });
        server.searches += 1;
        server.heard.clear();
        server.input = None;
        Ok(())
    }

    fn hears(&mut self, sid: i64, from: i64, told: Announcement) -> Checked {
        if let Some(owed) = self.servers[&sid].owes {
            return Err(format!("it has not answered {owed}"));
        }
        let heard = match self.forged.contains(&(from, told)) {
            true => Heard {
                from,
                told,
                credentials: (told.ballot.peer_epoch, told.ballot.zxid),
            },
            false => self.was_said(sid, from, told)?,
        };
        let sender_votes = self.ensemble.votes(from);
        let server = self.server_mut(sid);
        match server.standing {
            Standing::Down | Standing::Idle => return Err("it listens before it looks".to_owned()),
            Standing::Looking(_) if sender_votes => server.heard.push(heard),
            Standing::Settled(..) if sender_votes && told.state == State::Looking => {
                server.owes = Some(from);
            }
            Standing::Looking(_) | Standing::Settled(..) => {}
        }
        server.input = Some(Input::Heard(from, told));
        Ok(())
    }

    /// What arrives was sent, in this order; a broken connection loses some of it, and the next
    /// repeats the last of it.
    fn was_said(&mut self, sid: i64, from: i64, told: Announcement) -> Result<Heard, String> {
        let receiver_votes = self.ensemble.votes(sid);
        let sender = self.servers.get(&from).ok_or("nobody has that id")?;
        let (read, times) = self.servers[&sid]
            .read
            .get(&from)
            .copied()
            .unwrap_or_default();
        let mut found = sender
            .told
            .iter()
            .enumerate()
            .skip(read)
            .filter(|(_, (to, it, _))| *it == told && to.map_or(receiver_votes, |to| to == sid));
        let said = found.clone().count();
        let (at, (.., credentials)) = found.next().ok_or_else(|| {
            format!("it hears {from} say what that one has not said, or has said before something that it heard earlier")
        })?;
        let credentials = *credentials;
        let times = if at == read { times + 1 } else { 1 };
        if times > said {
            self.seen.insert("the last message is sent again");
        }
        self.server_mut(sid).read.insert(from, (at, times));
        Ok(Heard {
            from,
            told,
            credentials,
        })
    }

    /// Replies are truthful: a settled server tells who asks what it settled on, and nobody
    /// anything else. What a looking server tells one without a vote is its vote of before.
    fn tells(&mut self, sid: i64, to: Option<i64>, told: Announcement) -> Checked {
        let stranger = to.is_some_and(|to| !self.ensemble.votes(to));
        let server = self.server_mut(sid);
        let said = match server.standing {
            Standing::Looking(ballot) => Announcement {
                state: State::Looking,
                ballot,
            },
            Standing::Settled(state, ballot) => Announcement { state, ballot },
            Standing::Down | Standing::Idle => return Err("it speaks before it looks".to_owned()),
        };
        let looks = said.state == State::Looking;
        let true_to_itself = told == said || stranger && looks && told.state == State::Looking;
        check(true_to_itself, || {
            format!("it tells {told:?} and stands by {said:?}")
        })?;
        let asked = matches!(server.input, Some(Input::Heard(from, _)) if Some(from) == to);
        check(looks || asked, || "it speaks unasked".to_owned())?;
        if server.owes.take_if(|owed| Some(*owed) == to).is_some() {
            self.seen.insert("a settled server answers");
        }
        let server = self.server_mut(sid);
        let credentials = server.credentials;
        server.told.push((to, told, credentials));
        Ok(())
    }

    /// Coherent state: while a server looks its round never falls, within a round its proposal
    /// never worsens, and both are its own or were heard.
    fn turns(&mut self, sid: i64, to: Ballot) -> Checked {
        let server = &self.servers[&sid];
        let Standing::Looking(from) = server.standing else {
            return Err("it changes its proposal and does not look".to_owned());
        };
        let rises = (from.round, rank(from)) < (to.round, rank(to));
        check(rises, || format!("it turns from {from:?} to {to:?}"))?;
        let rounds = server.heard.iter().map(|heard| heard.told.ballot.round);
        check(
            to.round == from.round || rounds.clone().any(|it| it == to.round),
            || format!("nobody has told it of round {}", to.round),
        )?;
        let own = (server.credentials.0, server.credentials.1, sid);
        let is_own = rank(to) == own || to.leader == i64::MIN;
        let proposals = server.heard.iter().map(|heard| rank(heard.told.ballot));
        check(is_own || proposals.clone().any(|it| it == rank(to)), || {
            format!("nobody has proposed {to:?}")
        })?;
        self.seen.insert(if to.round > from.round {
            "a round rises"
        } else {
            "a proposal improves"
        });
        self.server_mut(sid).standing = Standing::Looking(to);
        Ok(())
    }

    fn waits(&mut self, sid: i64, wait: Wait) -> Checked {
        let server = self.server_mut(sid);
        server.input = Some(Input::Waited(wait));
        check(matches!(server.standing, Standing::Looking(_)), || {
            "it waits and does not look".to_owned()
        })
    }

    fn sees(&mut self, sid: i64) -> Checked {
        let is_eager = self.ensemble.is_eager(sid);
        self.server_mut(sid).input = Some(Input::Saw);
        check(is_eager, || {
            "who waits in any case does not mind".to_owned()
        })
    }

    fn settles(&mut self, sid: i64, state: State, vote: Ballot) -> Checked {
        let server = &self.servers[&sid];
        let ((Standing::Looking(ballot), _)
        | (Standing::Settled(_, ballot), Some(Input::HandedOver(_)))) =
            (server.standing, server.input)
        else {
            return Err("it settles and does not look".to_owned());
        };
        let due = match (vote.leader == sid, self.ensemble.votes(sid)) {
            (true, _) => State::Leading,
            (false, true) => State::Following,
            (false, false) => State::Observing,
        };
        check(state == due, || {
            format!("it is {state:?}, having settled on {}", vote.leader)
        })?;
        check(
            self.ensemble.may_lead(vote.leader) && vote.zxid != NO_DATA,
            || format!("{} is not eligible", vote.leader),
        )?;
        match self.servers[&sid].input {
            Some(Input::Waited(Wait::Finalizing)) => {
                check(vote == ballot, || {
                    format!("it settles on {vote:?} and proposes {ballot:?}")
                })?;
                self.is_elected(sid, vote)?;
                self.seen.insert("a server is elected");
            }
            Some(Input::Heard(_, told)) if told.state != State::Looking => {
                check(vote == told.ballot, || {
                    format!("it settles on {vote:?}, having heard {told:?}")
                })?;
                self.may_be_joined(sid, vote, ballot.round)?;
                self.seen.insert("a server joins");
                if vote.round < ballot.round {
                    self.seen.insert("joining lowers the round");
                }
            }
            Some(Input::HandedOver(leader)) => {
                let given = Ballot { leader, ..ballot };
                check(vote == given, || {
                    format!("it settles on {vote:?} and was given {given:?}")
                })?;
            }
            Some(Input::Heard(..) | Input::Saw) if self.ensemble.is_eager(sid) => {
                check(vote == ballot, || {
                    format!("it settles on {vote:?} and proposes {ballot:?}")
                })?;
                self.is_elected(sid, vote)?;
                self.seen.insert("an eager server does not wait");
            }
            _ => return Err("nothing leads to its decision".to_owned()),
        }
        let server = self.server_mut(sid);
        server.standing = Standing::Settled(state, vote);
        server.owes = None;
        if self.leaders().count() > 1 {
            self.seen.insert("two servers lead");
        }
        Ok(())
    }

    fn leaders(&self) -> impl Iterator<Item = i64> {
        let servers = self.servers.iter();
        servers.filter(|(_, it)| it.leads()).map(|(sid, _)| *sid)
    }

    fn server_mut(&mut self, sid: i64) -> &mut Server {
        self.servers
            .get_mut(&sid)
            .expect("only servers of the ensemble speak")
    }
}

impl Server {
    pub(crate) fn is_down(&self) -> bool {
        self.standing == Standing::Down
    }

    pub(crate) fn leads(&self) -> bool {
        matches!(self.standing, Standing::Settled(State::Leading, _))
    }

    /// What it stands by.
    pub(crate) fn ballot(&self) -> Ballot {
        match self.standing {
            Standing::Looking(ballot) | Standing::Settled(_, ballot) => ballot,
            Standing::Down | Standing::Idle => NOBODY,
        }
    }

    pub(crate) fn leader(&self) -> Option<i64> {
        match self.standing {
            Standing::Settled(_, vote) => Some(vote.leader),
            _ => None,
        }
    }
}

/// The order of proposals: epoch, zxid, id.
fn rank(ballot: Ballot) -> (i64, i64, i64) {
    (ballot.peer_epoch, ballot.zxid, ballot.leader)
}

fn check(holds: bool, why: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(why()) }
}
