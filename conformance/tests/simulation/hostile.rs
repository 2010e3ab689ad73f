//! Somebody on the network who is no server: says things on both ports of servers, under the ids of
//! members and of strangers.
//!
//! What is said is made from what the servers say. An impostor here has no member's address, so
//! nobody comes to it; and it makes no promise in a member's name, which nobody would keep: against
//! that helps only that peers prove who they are. All else goes.

mod packets;

use crate::ensemble::{Ensemble, name};
use crate::log::History;
use fastrand::Rng;
use fle::codec::initial::{ElectionAddress, InitialMessage};
use fle::config::Host;
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid, codec};
use fle_conformance::history::event::{Announcement, Ballot};
use fle_model::election::trace::format::State;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

/// All that it does.
pub(crate) const ACTS: [&str; 6] = [
    "a stranger votes",
    "an impostor votes",
    "a stranger comes as a learner",
    "an impostor comes as a learner",
    "many questions",
    "garbage",
];

/// The host that it is on.
pub(crate) const HOST: &str = "stranger";

const ELECTION_PORT: u16 = 3888;
const QUORUM_PORT: u16 = 2888;
/// How long it stays at most, saying nothing any more.
const STAYS: Duration = Duration::from_millis(1500);
/// How long connecting and speaking may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Ids that are nobody's.
const STRANGERS: [i64; 5] = [0, 7, 200, i64::MAX, -3];

pub(crate) struct Hostile {
    pub(crate) rng: Mutex<Rng>,
    pub(crate) ensemble: Arc<Ensemble>,
    pub(crate) history: Arc<Mutex<History>>,
    /// From when on it is seldom there.
    pub(crate) until: Duration,
}

/// What is said on one connection.
struct Speech {
    port: u16,
    bytes: Vec<u8>,
}

impl Hostile {
    pub(crate) async fn live(self: Arc<Self>) -> turmoil::Result {
        loop {
            let now = turmoil::sim_elapsed().unwrap_or_default();
            let waits = match now < self.until {
                true => self.rng().u64(20..800),
                false => self.rng().u64(2000..10_000),
            };
            sleep(Duration::from_millis(waits)).await;
            let act = *self.rng().choice(&ACTS).unwrap();
            let target = self.member();
            let connections = if act == "many questions" { 20 } else { 1 };
            let mut streams = Vec::new();
            for _ in 0..connections {
                let speech = self.speech(act, target);
                // Whoever is down or cut off hears nothing.
                if let Ok(Ok(stream)) = timeout(PATIENCE, say(target, speech)).await {
                    streams.push(stream);
                }
            }
            let stays = STAYS.mul_f64(self.rng().f64());
            if self.rng().bool() {
                sleep(stays).await;
            }
        }
    }

    fn rng(&self) -> std::sync::MutexGuard<'_, Rng> {
        self.rng.lock().unwrap()
    }

    fn member(&self) -> i64 {
        self.rng().choice(&self.ensemble.servers).unwrap().sid
    }

    fn stranger(&self) -> i64 {
        *self.rng().choice(&STRANGERS).unwrap()
    }

    fn speech(&self, act: &'static str, target: i64) -> Speech {
        let (impostor, stranger) = (self.member(), self.stranger());
        let (sid, speech) = match act {
            "a stranger votes" => (stranger, self.votes(stranger, target)),
            "an impostor votes" => (impostor, self.votes(impostor, target)),
            "a stranger comes as a learner" => (stranger, self.learns(stranger, true)),
            "an impostor comes as a learner" => (impostor, self.learns(impostor, false)),
            "many questions" => (impostor, self.asks(impostor)),
            _ => (stranger, self.babbles()),
        };
        let now = turmoil::sim_elapsed().unwrap_or_default();
        let mut history = self.history.lock().unwrap();
        history.note(now, &format!("{act}, as {sid} to {target}"));
        history.picture.seen.insert(act);
        speech
    }

    /// Notifications under this id.
    fn votes(&self, sid: i64, target: i64) -> Speech {
        let mut bytes = Vec::new();
        let hosts = [HOST.to_owned(), name(self.member())];
        let host = self.rng().choice(hosts).unwrap();
        let address = ElectionAddress {
            host: Host::Name(host),
            port: ELECTION_PORT,
        };
        let addresses = vec![address];
        InitialMessage {
            sid: Sid(sid),
            addresses,
        }
        .encode(false, &mut bytes);
        let many = self.rng().usize(1..6);
        for _ in 0..many {
            let announcement = self.announcement(target);
            let mut history = self.history.lock().unwrap();
            history.picture.is_forged(sid, announcement);
            drop(history);
            let config = self.config();
            let header = codec::header(&notification(announcement), config.as_bytes());
            let length = u32::try_from(header.len() + config.len()).unwrap();
            bytes.extend(length.to_be_bytes());
            bytes.extend(header);
            bytes.extend(config.as_bytes());
        }
        let port = ELECTION_PORT;
        Speech { port, bytes }
    }

    /// Something like what this server says itself: later, better, older, or absurd.
    fn announcement(&self, target: i64) -> Announcement {
        let candidate = self.member();
        let like = self.history.lock().unwrap().picture.server(target).ballot();
        let rng = &mut *self.rng();
        let mut near = |it: i64, far: i64| match rng.u8(0..16) {
            0 => far,
            1 => it - 1,
            2..8 => it + 1,
            _ => it,
        };
        let ballot = Ballot {
            leader: candidate,
            round: near(like.round, i64::MAX),
            peer_epoch: near(like.peer_epoch.max(0), 1 << 19),
            zxid: near(like.zxid.max(0), i64::MAX),
        };
        let states = [
            State::Looking,
            State::Looking,
            State::Following,
            State::Leading,
        ];
        let state = *rng.choice(&states).unwrap();
        Announcement { state, ballot }
    }

    fn config(&self) -> String {
        let newer = "server.1=stranger:2888:3888:participant\nversion=";
        match self.rng().u8(0..4) {
            0 => format!("{newer}100000001"),
            1 => format!("{newer}7fffffffffffffff"),
            _ => String::new(),
        }
    }

    fn babbles(&self) -> Speech {
        let rng = &mut *self.rng();
        let port = *rng.choice(&[ELECTION_PORT, QUORUM_PORT]).unwrap();
        let length = rng.usize(0..60);
        let bytes = std::iter::repeat_with(|| rng.u8(..)).take(length);
        let bytes = bytes.collect();
        Speech { port, bytes }
    }
}

async fn say(target: i64, speech: Speech) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect((name(target), speech.port)).await?;
    stream.write_all(&speech.bytes).await?;
    Ok(stream)
}

fn notification(told: Announcement) -> Notification {
    let Ballot {
        leader,
        round,
        peer_epoch,
        zxid,
    } = told.ballot;
    Notification {
        state: match told.state {
            State::Looking => ServerState::Looking,
            State::Following => ServerState::Following,
            State::Leading => ServerState::Leading,
            State::Observing => ServerState::Observing,
        },
        proposal: Proposal {
            peer_epoch: PeerEpoch(peer_epoch),
            zxid: Zxid(zxid),
            leader: Sid(leader),
        },
        election_epoch: ElectionEpoch(round),
    }
}
