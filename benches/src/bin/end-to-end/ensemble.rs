//! An ensemble of processes of one kind, and what is done to it.

use crate::Result;
use crate::measure::{Election, election};
use fle_conformance::history::event::{Event, Fact};
use fle_conformance::history::judge::configuration;
use fle_conformance::history::log::{Dialect, Log, Logs};
use fle_conformance::process::{self, Process};
use jiff::Timestamp;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than an election takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the logs are looked at. Rarely, to leave the machine to the servers.
const GLANCE: Duration = Duration::from_millis(100);

/// How long an ensemble that has settled is left alone: whatever connects late does so before the leader is killed.
const REST: Duration = Duration::from_millis(500);

/// Whose servers they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Program {
    Fle,
    ZooKeeper,
}

pub(crate) struct Ensemble {
    program: Program,
    fle: PathBuf,
    processes: Vec<Process>,
    _folder: TempDir,
}

impl Ensemble {
    /// Servers 1 to `voters`, not started yet.
    pub(crate) fn new(program: Program, voters: u8, fle: &Path) -> Result<Self> {
        let folder = TempDir::new()?;
        let processes = (1..=voters).map(|sid| Process::new(sid, folder.path()));
        let processes: Vec<Process> = processes.collect::<std::io::Result<_>>()?;
        let line = |it: &Process| format!("server.{}={}\n", it.sid, it.addresses);
        let lines: String = processes.iter().map(line).collect();
        for process in &processes {
            process.write_files(&lines)?;
        }
        Ok(Self {
            program,
            fle: fle.to_owned(),
            processes,
            _folder: folder,
        })
    }

    /// Starts all of them; their election.
    pub(crate) fn start(&mut self) -> Result<Election> {
        let began = Timestamp::now();
        for process in &mut self.processes {
            let config = process.config();
            let mut command = match self.program {
                Program::Fle => process::fle(&self.fle, &config),
                Program::ZooKeeper => process::zookeeper(&config, &[]),
            };
            process.start(&mut command)?;
        }
        self.settles(began)
    }

    /// Kills the leader; the election of the others.
    pub(crate) fn lose_leader(&mut self, leader: i64) -> Result<Election> {
        std::thread::sleep(REST);
        let began = Timestamp::now();
        let place = self
            .processes
            .iter()
            .position(|it| i64::from(it.sid) == leader);
        let place = place.ok_or_else(|| format!("server {leader} leads and is none of them"))?;
        self.processes.remove(place).kill()?;
        self.settles(began)
    }

    /// Waits until all that run have settled since then, and serve if they can.
    fn settles(&self, since: Timestamp) -> Result<Election> {
        let paths: Vec<PathBuf> = self.processes.iter().map(Process::log).collect();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            std::thread::sleep(GLANCE);
            // A server that has just started may have logged nothing yet.
            let Ok(logs) = Logs::read(&paths) else {
                continue;
            };
            if logs.servers.values().all(|log| is_at_rest(log, since)) {
                let config = configuration(&self.processes[0].config())?;
                return election(&logs, Some(&config), since);
            }
        }
        Err(format!("no election within {} s", PATIENCE.as_secs()).into())
    }
}

/// Whether the last that a server says is that it has settled; ZooKeeper's: that its leader is established, too.
fn is_at_rest(log: &Log, since: Timestamp) -> bool {
    let is_recent = |event: &&Event| event.time.is_some_and(|time| time >= since);
    let recent = log.events.iter().filter(is_recent);
    let mut state = recent.filter_map(|event| match event.fact {
        Fact::ElectionStarted { .. } | Fact::LeadershipLost {} => Some(false),
        Fact::Decided { .. } => Some(log.dialect == Dialect::Own),
        Fact::LeadershipEstablished { .. } => Some(true),
        _ => None,
    });
    state.next_back() == Some(true)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fle => "fle",
            Self::ZooKeeper => "ZooKeeper",
        })
    }
}
