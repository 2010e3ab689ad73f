//! One server: its process, and what it says of itself.

use fle_conformance::history::judge::{configuration, judge};
use fle_conformance::history::log::Logs;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

pub(crate) const JARS: &str = "/usr/share/java";

/// How long one answer may take; the question is then asked again.
const ANSWER: Duration = Duration::from_secs(5);

/// The program under test, built as this test is.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let build = escargot::CargoBuild::new().package("fle").bin("fle");
    let built = build.current_release().run().unwrap();
    built.path().to_owned()
});

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

/// Where a server listens for its peers. Displays as in a configuration.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) quorum: SocketAddr,
    pub(crate) election: SocketAddr,
}

impl Addresses {
    pub(crate) fn choose(host: u8) -> Self {
        Self {
            quorum: free(host),
            election: free(host),
        }
    }
}

/// A port that the system chose, at a loopback address that belongs to one server of this run. So no connection gets it while
/// nobody listens there: those are made from 127.0.0.1.
fn free(host: u8) -> SocketAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    let listener = TcpListener::bind((Ipv4Addr::new(127, high | 0x80, low, host), 0));
    listener.unwrap().local_addr().unwrap()
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
    pub(crate) addresses: Addresses,
    /// Where a ZooKeeper server answers clients.
    client: SocketAddr,
    /// Its data directory, which also holds its configuration and its log.
    pub(crate) folder: PathBuf,
    process: Option<Child>,
    is_paused: bool,
}

impl Server {
    pub(crate) fn new(sid: u8, member: Member, folder: &Path) -> Self {
        Self {
            sid: sid.into(),
            member,
            addresses: Addresses::choose(sid),
            client: free(sid),
            folder: folder.join(sid.to_string()),
            process: None,
            is_paused: false,
        }
    }

    /// Its id, and its configuration with these lines.
    pub(crate) fn write_files(&self, lines: &str) {
        fs::create_dir(&self.folder).unwrap();
        fs::write(self.folder.join("myid"), self.sid.to_string()).unwrap();
        let (folder, client) = (self.folder.display(), self.client);
        let (address, port) = (client.ip(), client.port());
        let config = format!(
            "tickTime=500\ninitLimit=60\nsyncLimit=20\ndataDir={folder}\nclientPortAddress={address}\nclientPort={port}\n\
             admin.enableServer=false\n4lw.commands.whitelist=srvr\n{lines}"
        );
        fs::write(self.config(), config).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("zoo.cfg")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Its log goes on where that of its last life ended.
    pub(crate) fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.log());
        let mut command = match self.member.program {
            Program::Fle => {
                let mut command = Command::new(&*PROGRAM);
                command.args(["serve", "--log", "json", "--config"]);
                command.arg(self.config());
                command
            }
            Program::ZooKeeper => java(&self.config()),
        };
        let command = command.stdout(Stdio::null()).stderr(log.unwrap());
        self.process = Some(command.spawn().unwrap());
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
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
        let process = self.process.as_ref().expect("it runs");
        kill_process(Pid::from_child(process), signal).unwrap();
    }

    /// Whether it can be asked.
    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some() && !self.is_paused
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
        let address = fs::read_to_string(self.folder.join("fle.http")).ok()?;
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

    /// What its log says in so many words of state and leader. The round is as the judge understands the log.
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
        let mut stream = TcpStream::connect_timeout(&self.client, ANSWER).ok()?;
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

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
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

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.quorum, self.election.port())
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

fn java(config: &Path) -> Command {
    let jars = [
        "zookeeper",
        "zookeeper-jute",
        "slf4j-api",
        "slf4j-simple",
        "snappy-java",
        "metrics-core",
        "netty-all",
        "commons-cli",
    ];
    let classpath: Vec<String> = jars.iter().map(|jar| format!("{JARS}/{jar}.jar")).collect();
    let mut command = Command::new("java");
    let quorum = "org.apache.zookeeper.server.quorum";
    let logger = "-Dorg.slf4j.simpleLogger";
    let several =
        fs::read_to_string(config).is_ok_and(|text| text.contains("multiAddress.enabled=true"));
    command
        .args(["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
        .arg(format!("{logger}.showDateTime=true"))
        .arg(format!(
            "{logger}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ"
        ))
        .arg(format!("{logger}.log.{quorum}.FastLeaderElection=debug"))
        .arg(format!("{logger}.log.{quorum}.QuorumCnxManager=debug"))
        .args(["-cp", &classpath.join(":")])
        // Where server lines are read, the key in the file does not count.
        .args(several.then_some("-Dzookeeper.multiAddress.enabled=true"))
        .arg(format!("{quorum}.QuorumPeerMain"))
        .arg(config);
    command
}
