//! Lines of ZooKeeper's logs taken apart, and put together again in other words and layouts.

use crate::support::{folder, recorded};
use fle_conformance::history::event::{Announcement, Fact, Wait};
use fle_conformance::history::log::{Log, Logs};
use fle_model::election::trace::format::State;
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// A line.
#[derive(Clone)]
pub(crate) enum Line {
    Said(Said),
    /// It belongs to the line before: a stack trace.
    More(String),
}

/// A message and what stands around it.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) time: Timestamp,
    pub(crate) sid: usize,
    pub(crate) level: String,
    pub(crate) thread: String,
    pub(crate) class: String,
    pub(crate) message: String,
}

impl Said {
    /// The time, by `strftime`.
    pub(crate) fn at(&self, format: &str) -> String {
        let zoned = Zoned::new(self.time, TimeZone::UTC);
        zoned.strftime(format).to_string()
    }

    /// The class with its package.
    pub(crate) fn full_class(&self) -> String {
        format!("org.apache.zookeeper.server.quorum.{}", self.class)
    }
}

static RECORDED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?:\[myid:\d*\] )?- (?<level>\w+) +\[(?<thread>.*):(?:o\.a\.z\.s\.q\.)?(?<class>[\w$]+)@(?:\d+|\?)\] - (?<message>.*)$",
    )
    .unwrap()
});

/// The ensembles whose recordings tell all that other layouts need.
pub(crate) const WHOLE: [&str; 3] = [
    "three-leader-killed",
    "five-two-faults",
    "three-late-joiner",
];

/// The recorded logs of an ensemble, server by server.
pub(crate) fn spoken(ensemble: &str) -> Vec<Vec<Line>> {
    assert!(folder(ensemble).exists());
    let texts = recorded(ensemble).into_iter().zip(1..);
    texts
        .map(|(text, sid)| text.lines().map(|line| take_apart(line, sid)).collect())
        .collect()
}

/// As slf4j-simple lays it out.
static LIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?<time>\d{4}-\d\d-\d\dT\S*) \[(?<thread>.*)\] (?<level>\w+) (?:\w+\.)*(?<class>[\w$]+) - (?<message>.*)$",
    )
    .unwrap()
});

pub(crate) fn take_apart(line: &str, sid: usize) -> Line {
    let found = RECORDED.captures(line).or_else(|| LIVE.captures(line));
    let Some(found) = found else {
        return Line::More(line.to_owned());
    };
    let time = found["time"].replace(',', ".").replace(' ', "T");
    let time = time.parse().or_else(|_| format!("{time}Z").parse());
    Line::Said(Said {
        time: time.unwrap(),
        sid,
        level: found["level"].to_owned(),
        thread: found["thread"].to_owned(),
        class: found["class"].to_owned(),
        message: found["message"].to_owned(),
    })
}

/// Changes the messages.
pub(crate) fn in_words(logs: &[Vec<Line>], words: Words) -> Vec<Vec<Line>> {
    let change = |line: &Line| match line {
        Line::Said(said) => Line::Said(Said {
            message: words(&said.message),
            ..said.clone()
        }),
        more @ Line::More(_) => more.clone(),
    };
    logs.iter()
        .map(|log| log.iter().map(change).collect())
        .collect()
}

/// Turns a message of 3.8 into that of another version.
type Words = fn(&str) -> String;

/// The words of older versions.
pub(crate) const WORDS: [(&str, Words); 5] = [
    ("3.4.0", |message| {
        let told = older(message, |it| {
            format!(
                "{} (n.leader), {} (n.zxid), {} (n.round), {} (n.state), {} (n.sid), {} \
                 (n.peerEPoch), {} (my state)",
                &it["leader"],
                decimal(&it["zxid"]),
                decimal(&it["round"]),
                &it["state"],
                &it["sid"],
                decimal(&it["epoch"]),
                &it["mine"]
            )
        });
        without_supporters(&told.replace("zxid=0x0", "zxid=0"))
    }),
    ("3.4", |message| {
        let told = older(message, |it| {
            format!(
                "{} (n.leader), 0x{} (n.zxid), 0x{} (n.round), {} (n.state), {} (n.sid), 0x{} \
                 (n.peerEPoch), {} (my state)",
                &it["leader"],
                &it["zxid"],
                &it["round"],
                &it["state"],
                &it["sid"],
                &it["epoch"],
                &it["mine"]
            )
        });
        without_supporters(&told.replace("My id = ", "My id =  "))
    }),
    ("3.4.6", |message| {
        let told = older(message, |it| {
            format!(
                "1 (message format version), {} (n.leader), 0x{} (n.zxid), 0x{} (n.round), {} \
                 (n.state), {} (n.sid), 0x{} (n.peerEpoch) {} (my state)",
                &it["leader"],
                &it["zxid"],
                &it["round"],
                &it["state"],
                &it["sid"],
                &it["epoch"],
                &it["mine"]
            )
        });
        told.replace("My id = ", "My id =  ")
            .replace("[[", "[ ")
            .replace("]]", " ]")
            .replace(" ms", "")
    }),
    ("3.5", |message| {
        let told = older(message, |it| {
            format!(
                "2 (message format version), {} (n.leader), 0x{} (n.zxid), 0x{} (n.round), {} \
                 (n.state), {} (n.sid), 0x{} (n.peerEPoch), {} (my state)0 (n.config version)",
                &it["leader"],
                &it["zxid"],
                &it["round"],
                &it["state"],
                &it["sid"],
                &it["epoch"],
                &it["mine"]
            )
        });
        told.replace("My id = ", "My id =  ")
            .replace("[[", "[ [")
            .replace("]]", "] ]")
    }),
    ("3.9", str::to_owned),
];

fn decimal(hex: &str) -> String {
    i64::from_str_radix(hex, 16).unwrap().to_string()
}

/// A notification as an older version prints it.
fn older(message: &str, print: fn(&Captures<'_>) -> String) -> String {
    static NOTIFICATION: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"my state:(?<mine>\w+); n.sid:(?<sid>\d+), n.state:(?<state>\w+), n.leader:(?<leader>\d+), n.round:0x(?<round>\w+), n.peerEpoch:0x(?<epoch>\w+), n.zxid:0x(?<zxid>\w+), message format version:0x2, n.config version:0x0",
        )
        .unwrap()
    });
    NOTIFICATION.replace(message, print).into_owned()
}

fn without_supporters(message: &str) -> String {
    static SIDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r", sids: \[\[[^;]*\]\]").unwrap());
    SIDS.replace(message, "").into_owned()
}

/// What servers of this project said, in the words of ZooKeeper: what it would have logged.
pub(crate) fn in_zookeepers_words(logs: &Logs) -> Vec<Vec<Line>> {
    let servers = logs.servers.iter();
    servers
        .map(|(sid, log)| Speaker::new(usize::try_from(sid.0).unwrap()).speak(log))
        .collect()
}

struct Speaker {
    sid: usize,
    time: Timestamp,
    state: State,
    said: Vec<Line>,
}

impl Speaker {
    fn new(sid: usize) -> Self {
        Self {
            sid,
            time: "2026-11-23T21:34:10Z".parse().unwrap(),
            state: State::Looking,
            said: Vec::new(),
        }
    }

    fn speak(mut self, log: &Log) -> Vec<Line> {
        for event in &log.events {
            self.time += SignedDuration::from_millis(1);
            self.fact(&event.fact);
        }
        self.said
    }

    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::ServerStarted { .. } => {
                self.state = State::Looking;
                let message = format!("Starting quorum peer, myid={}", self.sid);
                self.says("main", "QuorumPeerMain", message);
            }
            Fact::ElectionStarted { zxid, .. } => {
                self.state = State::Looking;
                let sid = self.sid;
                self.peer("QuorumPeer", "LOOKING".to_owned());
                let message = format!("New election. My id = {sid}, proposed zxid=0x{zxid:x}");
                self.peer("FastLeaderElection", message);
            }
            Fact::NotificationReceived {
                from,
                announcement,
                version,
                ..
            } => self.receives(*from, announcement, *version),
            Fact::WaitExpired {
                wait: Wait::Collecting,
            } => self.peer(
                "FastLeaderElection",
                "Notification time out: 400 ms".to_owned(),
            ),
            Fact::WaitExpired {
                wait: Wait::Finalizing,
            } => self.time += SignedDuration::from_millis(200),
            Fact::Decided { state, .. } => {
                self.state = *state;
                let name = format!("{state:?}");
                self.peer(
                    "QuorumPeer",
                    format!("Peer state changed: {}", name.to_lowercase()),
                );
                self.peer("QuorumPeer", name.to_uppercase());
            }
            _ => {}
        }
    }

    fn receives(&mut self, from: i64, announcement: &Announcement, version: i64) {
        let Announcement { state, ballot } = announcement;
        let name = |state: &State| format!("{state:?}").to_uppercase();
        let message = format!(
            "Notification: my state:{}; n.sid:{from}, n.state:{}, n.leader:{}, n.round:0x{:x}, \
             n.peerEpoch:0x{:x}, n.zxid:0x{:x}, message format version:0x{version:x}, n.config \
             version:0x0",
            name(&self.state),
            name(state),
            ballot.leader,
            ballot.round,
            ballot.peer_epoch,
            ballot.zxid
        );
        let thread = format!("WorkerReceiver[myid={}]", self.sid);
        self.says(&thread, "FastLeaderElection", message);
    }

    fn peer(&mut self, class: &str, message: String) {
        let thread = format!(
            "QuorumPeer[myid={}](plain=0.0.0.0:2181)(secure=disabled)",
            self.sid
        );
        self.says(&thread, class, message);
    }

    fn says(&mut self, thread: &str, class: &str, message: String) {
        self.said.push(Line::Said(Said {
            time: self.time,
            sid: self.sid,
            level: "INFO".to_owned(),
            thread: thread.to_owned(),
            class: class.to_owned(),
            message,
        }));
    }
}
