//! One server: what kind it is, and what it says of itself.

use fle_conformance::history::judge::{configuration, judge};
use fle_conformance::history::log::Logs;
use fle_conformance::process::{self, Process};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// How long one answer may take; the question is then asked again.
const ANSWER: Duration = Duration::from_secs(5);

/// The program under test, built as this test is.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let build = escargot::CargoBuild::new().package("fle").bin("fle");
    let built = build.current_release().run().unwrap();
    built.path().to_owned()
});

/// The program with a command that does not serve.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(&*PROGRAM);
    command.arg(name);
    command
}

/// Builds it, which takes longer than any server takes to start.
pub(crate) fn build() {
    LazyLock::force(&PROGRAM);
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Fle,
    ZooKeeper,
}

#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) program: Program,
    pub(crate) observes: bool,
}

pub(crate) const FLE: Member = Member {
    program: Program::Fle,
    observes: false,
};
pub(crate) const ZOOKEEPER: Member = Member {
    program: Program::ZooKeeper,
    observes: false,
};

impl Member {
    pub(crate) const fn observing(self) -> Self {
        Self {
            observes: true,
            ..self
        }
    }
}

/// What a server that has settled says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct View {
    /// `leading`, `following` or `observing`.
    pub(crate) state: String,
    pub(crate) leader: i64,
    pub(crate) round: i64,
}

/// What all servers have in common that have settled together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Settled {
    pub(crate) leader: i64,
    pub(crate) round: i64,
}

pub(crate) struct Server {
    pub(crate) sid: i64,
    pub(crate) member: Member,
    pub(crate) process: Process,
    is_paused: bool,
}

impl Server {
    pub(crate) fn new(sid: u8, member: Member, folder: &Path) -> Self {
        Self {
            sid: sid.into(),
            member,
            process: Process::new(sid, folder).unwrap(),
            is_paused: false,
        }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.process.config()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.process.log()
    }

    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    pub(crate) fn start(&mut self) {
        let config = self.config();
        let is_first_life = !self.log().exists();
        let mut command = match self.member.program {
            Program::Fle => {
                if is_first_life {
                    process::vouch(&PROGRAM, &config).unwrap();
                }
                process::fle(&PROGRAM, &config)
            }
            Program::ZooKeeper => zookeeper(&config),
        };
        self.process.start(&mut command).unwrap();
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.is_paused = false;
    }

    /// SIGSTOP: it says and hears nothing, and all its connections stay.
    pub(crate) fn pause(&mut self) {
        self.signal(Signal::STOP);
        self.is_paused = true;
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) {
        self.signal(Signal::CONT);
        self.is_paused = false;
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.child().expect("it runs");
        kill_process(Pid::from_child(process), signal).unwrap();
    }

    /// Whether it can be asked.
    pub(crate) fn is_running(&self) -> bool {
        self.process.child().is_some() && !self.is_paused
    }

    /// How it behaves under this leader.
    pub(crate) fn state_under(&self, leader: i64) -> &'static str {
        if self.sid == leader {
            "leading"
        } else if self.member.observes {
            "observing"
        } else {
            "following"
        }
    }

    /// What it has settled on, if it has.
    pub(crate) fn view(&self) -> Option<View> {
        match self.member.program {
            Program::Fle => self.status(),
            Program::ZooKeeper => self.decision(),
        }
    }

    /// What `GET /status` says.
    fn status(&self) -> Option<View> {
        let address = fs::read_to_string(self.process.folder.join("fle.http")).ok()?;
        let agent = ureq::Agent::config_builder().timeout_global(Some(ANSWER));
        let agent: ureq::Agent = agent.build().into();
        let asked = agent.get(format!("http://{}/status", address.trim()));
        let status: Value = asked.call().ok()?.into_body().read_json().ok()?;
        assert_eq!(status["sid"], self.sid);
        Some(View {
            state: status["state"].as_str()?.to_owned(),
            leader: status["leader"].as_i64()?,
            round: status["round"].as_i64()?,
        })
    }

    /// What its log says in so many words of state and leader. The round is as the judge
    /// understands the log.
    fn decision(&self) -> Option<View> {
        let log = self.logged();
        let lines = log.lines().rev();
        let last = lines.take_while(|line| !line.contains("Peer state changed: looking"));
        let last = last.take_while(|line| !line.contains("New election. My id"));
        let words = "About to leave FLE instance: ";
        let decision = last.filter_map(|line| line.split_once(words)).next()?.1;
        let fields = || decision.split(", ").filter_map(|it| it.split_once('='));
        let field = |name: &str| fields().find(|(key, _)| *key == name).map(|it| it.1);
        let logs = Logs::read(&[self.log()]).ok()?;
        let elections = judge(&logs, configuration(&self.config()).ok().as_ref()).elections;
        let vote = elections.values().next()?.last()?.vote?;
        Some(View {
            state: field("my state")?.to_lowercase(),
            leader: field("leader")?.parse().ok()?,
            round: vote.round,
        })
    }

    /// Whether it looks, and has waited for the others in vain.
    pub(crate) fn looks_in_vain(&self) -> bool {
        let (begins, waits, ends) = match self.member.program {
            Program::Fle => ("election.started", "wait.expired", "election.decided"),
            Program::ZooKeeper => (
                "New election. My id",
                "Notification time out",
                "About to leave FLE",
            ),
        };
        let log = self.logged();
        log.rsplit_once(begins)
            .is_some_and(|(_, since)| since.contains(waits) && !since.contains(ends))
    }

    /// The mode in which it serves, as `srvr` tells.
    pub(crate) fn mode(&self) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.process.client, ANSWER).ok()?;
        stream.set_read_timeout(Some(ANSWER)).ok()?;
        stream.write_all(b"srvr").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let modes = answer.lines().find_map(|line| line.strip_prefix("Mode: "));
        modes.map(str::to_owned)
    }
}

impl View {
    pub(crate) fn settled(&self) -> Settled {
        let Self { leader, round, .. } = *self;
        Settled { leader, round }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match self.member.program {
            Program::Fle => "fle",
            Program::ZooKeeper => "ZooKeeper",
        };
        write!(f, "{program} {}", self.sid)
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            state,
            leader,
            round,
        } = self;
        write!(f, "{state}, leader {leader}, round {round}")
    }
}

fn zookeeper(config: &Path) -> Command {
    let level = |class: &str| {
        format!("-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum.{class}=debug")
    };
    let (election, connections) = (level("FastLeaderElection"), level("QuorumCnxManager"));
    let mut arguments = vec![election.as_str(), connections.as_str()];
    // Where server lines are read, the key in the file does not count.
    if fs::read_to_string(config).is_ok_and(|text| text.contains("multiAddress.enabled=true")) {
        arguments.push("-Dzookeeper.multiAddress.enabled=true");
    }
    process::zookeeper(config, &arguments)
}
