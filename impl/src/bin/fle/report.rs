//! What a server says of itself, as JSON for `GET /status` and as text for people.

use fle::member;
use fle::node::Status;
use fle::transport::LinkState;
use fle::{ServerState, Sid};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// What a server says of itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct Report {
    /// Of the program; older ones do not tell it.
    pub(crate) version: Option<String>,
    pub(crate) sid: i64,
    pub(crate) state: State,
    /// What it is at with an established leader.
    pub(crate) standing: Standing,
    /// Whether it leads or follows an established leader: one that a quorum follows.
    established: bool,
    /// How long a leader may rely on leading if it hears nothing more; 0 when that is over.
    pub(crate) lease_ms: Option<u64>,
    /// What somebody should look at, as sentences.
    pub(crate) notes: Vec<String>,
    /// The leader that it has settled on.
    pub(crate) leader: Option<i64>,
    /// The round that it looks in or has settled in.
    round: i64,
    /// The epoch of its vote.
    epoch: i64,
    /// The epoch of the established leader that it follows or is.
    pub(crate) established_epoch: Option<i64>,
    proposal: Proposal,
    /// The servers of its ensemble and whoever else is connected.
    peers: BTreeMap<i64, Peer>,
    /// How long the last election took.
    last_election_ms: Option<f64>,
    /// How many notifications arrived since the start.
    notifications: u64,
    /// The version of its committed configuration.
    config_version: String,
    /// Its committed configuration, as ZooKeeper writes it; older programs do not tell it.
    pub(crate) ensemble: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Looking,
    Following,
    Leading,
    Observing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// No leader is established that it knows of, whether it has settled on one or not.
    Electing,
    Following,
    Leading,
    Observing,
}

#[derive(Serialize, Deserialize)]
struct Proposal {
    leader: i64,
    zxid: String,
    epoch: i64,
}

#[derive(Serialize, Deserialize)]
struct Peer {
    link: Link,
    /// Why it cannot be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Link {
    Idle,
    Dialling,
    AwaitingDialBack,
    Up,
    Unreachable,
}

impl Report {
    pub(crate) fn new(
        sid: Sid,
        status: &Status,
        standing: &member::Standing,
        notes: &BTreeSet<member::Note>,
    ) -> Self {
        let told = &status.announcement;
        let state = State::from(told.state);
        let ensemble = [
            Some(status.ensemble.committed()),
            status.ensemble.last_seen(),
        ];
        let members = ensemble.into_iter().flatten();
        let members = members.flat_map(|config| config.servers().map(|server| server.sid()));
        let known = members.chain(status.links.keys().copied());
        Self {
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            sid: sid.0,
            state,
            standing: Standing::from(standing),
            established: standing.epoch().is_some(),
            lease_ms: match standing {
                member::Standing::Leading { lease, .. } => Some(milliseconds(lease.remaining())),
                _ => None,
            },
            notes: notes.iter().map(member::Note::to_string).collect(),
            leader: (state != State::Looking).then_some(told.proposal.leader.0),
            round: told.election_epoch.0,
            epoch: told.proposal.peer_epoch.0,
            established_epoch: standing.epoch().map(|epoch| epoch.0),
            proposal: Proposal {
                leader: told.proposal.leader.0,
                zxid: told.proposal.zxid.to_string(),
                epoch: told.proposal.peer_epoch.0,
            },
            peers: known
                .filter(|peer| *peer != sid)
                .map(|peer| (peer.0, Peer::of(status.links.get(&peer))))
                .collect(),
            last_election_ms: status.last_election.map(|took| took.as_secs_f64() * 1000.0),
            notifications: status.notifications,
            config_version: status.ensemble.committed().version().to_string(),
            ensemble: Some(status.ensemble.committed().to_string()),
        }
    }
}

impl Report {
    /// The peers that it cannot reach, and why.
    pub(crate) fn unreachable(&self) -> impl Iterator<Item = (i64, &str)> {
        let peers = self.peers.iter();
        peers.filter_map(|(sid, peer)| Some((*sid, peer.reason.as_deref()?)))
    }
}

impl From<ServerState> for State {
    fn from(state: ServerState) -> Self {
        match state {
            ServerState::Looking => Self::Looking,
            ServerState::Following => Self::Following,
            ServerState::Leading => Self::Leading,
            ServerState::Observing => Self::Observing,
        }
    }
}

impl From<&member::Standing> for Standing {
    fn from(standing: &member::Standing) -> Self {
        match standing {
            member::Standing::Looking => Self::Electing,
            member::Standing::Following { .. } => Self::Following,
            member::Standing::Leading { .. } => Self::Leading,
            member::Standing::Observing { .. } => Self::Observing,
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Peer {
    fn of(link: Option<&LinkState>) -> Self {
        let (link, reason) = match link {
            None | Some(LinkState::Idle) => (Link::Idle, None),
            Some(LinkState::Dialling) => (Link::Dialling, None),
            Some(LinkState::AwaitingDialBack) => (Link::AwaitingDialBack, None),
            Some(LinkState::Up) => (Link::Up, None),
            Some(LinkState::Unreachable(reason)) => (Link::Unreachable, Some(reason.clone())),
        };
        Self { link, reason }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sid, round, epoch, ..
        } = self;
        let of = self
            .leader
            .map_or(String::new(), |leader| format!(" {leader}"));
        match (self.standing, self.state) {
            (Standing::Leading, _) => writeln!(f, "server {sid} leads")?,
            (Standing::Following, _) => writeln!(f, "server {sid} follows{of}")?,
            (Standing::Observing, _) => writeln!(f, "server {sid} observes{of}")?,
            (Standing::Electing, State::Looking) => {
                writeln!(f, "server {sid} is electing: it looks for a leader")?;
            }
            (Standing::Electing, _) => writeln!(f, "server {sid} is electing: it has chosen{of}")?,
        }
        let Proposal { leader, zxid, .. } = &self.proposal;
        writeln!(
            f,
            "round {round}, epoch {epoch}, vote for {leader} with zxid {zxid}"
        )?;
        match self.established_epoch {
            Some(epoch) => writeln!(f, "established in epoch {epoch}")?,
            None => writeln!(f, "no leader is established")?,
        }
        match self.lease_ms {
            Some(0) => writeln!(f, "the lease is over: a quorum is silent")?,
            Some(lease) => writeln!(f, "the lease lasts {lease} ms if it is not renewed")?,
            None => {}
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        if let Some(took) = self.last_election_ms {
            writeln!(f, "the last election took {took:.0} ms")?;
        }
        writeln!(f, "configuration of version {}", self.config_version)?;
        for (peer, Peer { link, reason }) in &self.peers {
            write!(f, "peer {peer}: {link}")?;
            match reason {
                Some(reason) => writeln!(f, ": {reason}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "not connected",
            Self::Dialling => "dialling",
            Self::AwaitingDialBack => "reached, will dial back",
            Self::Up => "connected",
            Self::Unreachable => "unreachable",
        })
    }
}
